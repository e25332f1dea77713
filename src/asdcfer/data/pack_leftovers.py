"""What runs that were killed while they made a pack left beside it: cleared away, or put back."""

import glob
import os
import re
import shutil
from pathlib import Path

from asdcfer.files import short_name


def sweep(target: Path) -> list[Path]:
    """Remove what killed runs that were making a pack left beside it, and return those paths.

    A run killed in the very moment of replacing an older pack leaves that pack under a temporary
    name: it is put back.

    Args:
        target: the pack. The caller holds its `OutputLock`, so that no run is alive that makes it.

    Example:
        >>> import tempfile
        >>> left = Path(tempfile.mkdtemp()) / ".mine.x7.tmp"
        >>> left.mkdir()
        >>> (left / "images.u8").touch()
        >>> [path.name for path in sweep(left.with_name("mine"))]
        ['.mine.x7.tmp']
    """
    removed: list[Path] = []
    if not target.parent.is_dir():
        return removed
    name = short_name(target.name)
    for folder in sorted(target.parent.glob(f".{glob.escape(name)}.*.tmp")):
        if not folder.is_dir():
            continue
        set_aside = re.fullmatch(rf"\.{re.escape(name)}\.\d+\.old\.tmp", folder.name)
        if set_aside and (folder / "pack.json").is_file() and not target.exists():
            os.replace(folder, target)
            continue
        shutil.rmtree(folder, ignore_errors=True)
        removed.append(folder)
    return removed
