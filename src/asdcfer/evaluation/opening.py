"""Opening: from what a user calls data (a pack, a data set, "sample") to a pack."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from asdcfer.data.locating import located
from asdcfer.data.pack import Pack, load_pack

VOTES_FILE = "fer2013new.csv"

Progress = Callable[[int, float], None]


@contextmanager
def opened(
    data: str | os.PathLike[str],
    size: int = 48,
    progress: Progress | None = None,
    told: Callable[[str], None] | None = None,
) -> Iterator[Pack]:
    """Give the pack that a user means, its files compared with their hashes; a data set becomes a
    temporary pack, removed afterwards.

    Args:
        data: what `data.locating.located` takes, a path or a name: of a pack, or of anything that
            `asdcfer prepare` understands (a FER-2013 CSV, a folder of a data set).
        size: side of the temporary pack, pixels.
        progress, told: as in `data.sources.names.prepare`.

    Raises:
        DataError: there is nothing, or nothing that is understood, or a pack whose files have
            changed.
    """
    path = located(data)
    if path.is_dir() and ((path / "pack.json").exists() or (path / "images.u8").exists()):
        # Once a command, here: what is measured is named by the hashes in pack.json, in results,
        # cards and cached features.
        yield load_pack(path, verify=True)
        return
    from asdcfer.data.sources.names import prepare

    with tempfile.TemporaryDirectory(prefix="asdcfer-") as folder:
        yield prepare(path, Path(folder) / "pack", size=size, progress=progress, told=told)


def votes_beside(data: str | os.PathLike[str]) -> Path | None:
    """Return the FER+ votes that lie beside a FER-2013 CSV or in its folder, if any; `data` as in
    `opened`.
    """
    path = located(data)
    found = (path if path.is_dir() else path.parent) / VOTES_FILE
    return found if not (path / "pack.json").exists() and found.is_file() else None
