"""A disk of a few kilobytes: a mounted one where that is permitted."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path


class SmallDisk:
    """A tmpfs at a folder.

    Attributes:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def option(self, option: str) -> None:
        """Mount it anew with another option: `size=80k`, `ro`, `rw`."""
        subprocess.run(["mount", "-o", f"remount,{option}", str(self.path)], check=True)


@contextlib.contextmanager
def small_disk(path: Path, size: int) -> Iterator[SmallDisk | None]:
    """Give a disk of so many bytes; None where nothing can be mounted."""
    path.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    mounted = (
        shutil.which("mount") is not None
        and subprocess.run(words, capture_output=True).returncode == 0
    )
    try:
        yield SmallDisk(path) if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(path)], check=True)
