"""Open the data that a user names: a path, the bundled sample, or a pack by its bare name."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asdcfer.data.datasets.source import Options
from asdcfer.data.pack import Pack, is_pack, load_pack
from asdcfer.data.prepare_pack import prepare
from asdcfer.data.sample import sample_pack
from asdcfer.errors import DataError
from asdcfer.progress import SILENT, Progress

SAMPLE = "sample"
"""The name of the bundled faces; a folder of that name is reached as ./sample."""
VARIABLE = "ASDCFER_DATA"
"""Environment variable: a folder of packs and data sets, searched after ./packs."""


def resolve_data_path(data: str | os.PathLike[str]) -> Path:
    """Return the path that a user means by what they give as data.

    `sample` is the bundled pack. Anything that exists is taken as it is. A bare name (no slash in
    it) is then looked for in ./packs and in the folder that $ASDCFER_DATA names, in this order.

    Args:
        data: path, or name.

    Returns:
        A path that exists: a pack, or a data set that `prepare` may understand.

    Raises:
        DataError: there is nothing; the message says where it was looked for.

    Example:
        >>> resolve_data_path("sample").name
        'fer2013'
        >>> resolve_data_path("fer2O13")
        Traceback (most recent call last):
            ...
        asdcfer.errors.DataError: there is no data called 'fer2O13': nothing at ./fer2O13 and ...
    """
    name = os.fspath(data)
    if name == SAMPLE:
        return sample_pack().path
    path = _at_home(name)
    if name and path.exists():
        return path
    separators = {os.sep, os.altsep or os.sep}
    if not name or separators & set(name):
        raise DataError(
            f"there is nothing at {name!r}; give a pack, a FER-2013 CSV, a data set's folder, or: "
            f"{SAMPLE}"
        )
    shared = os.environ.get(VARIABLE)
    places = [Path("packs"), *([_at_home(shared)] if shared else [])]
    for place in places:
        if (place / name).exists():
            return place / name
    looked = [f"./{name}", f"./packs/{name}", *(str(place / name) for place in places[1:])]
    raise DataError(
        f"there is no data called {name!r}: nothing at {', '.join(looked[:-1])} and {looked[-1]}"
        f" ({f'the folder of ${VARIABLE}' if shared else f'${VARIABLE} is not set'}); make a pack "
        f"with: asdcfer prepare SOURCE packs/{name}"
    )


def _at_home(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # no such user, or one without a home
        return Path(name)


VOTES_FILE = "fer2013new.csv"


@contextmanager
def open_pack(
    data: str | os.PathLike[str],
    size: int = 48,
    progress: Progress = SILENT,
) -> Iterator[Pack]:
    """Give the pack that a user means, its files compared with their hashes.

    A data set becomes a temporary pack, removed afterwards.

    Args:
        data: a path or a name, as in `resolve_data_path`: of a pack, or of anything that `asdcfer
            prepare` understands (a FER-2013 CSV, a folder of a data set).
        size: side of the temporary pack, pixels.
        progress: as in `data.prepare_pack.prepare`.

    Raises:
        DataError: there is nothing, or nothing that is understood, or a pack whose files have
            changed.
    """
    path = resolve_data_path(data)
    if is_pack(path):
        # Once a command, here: what is measured is named by the hashes in pack.json, in results,
        # cards and cached features.
        yield load_pack(path, verify=True)
        return
    with tempfile.TemporaryDirectory(prefix="asdcfer-") as folder:
        try:
            pack = prepare(path, Path(folder) / "pack", Options(size), progress=progress)
        except DataError as error:
            if "`" not in str(error):
                raise
            # The options it names are those of `prepare`.
            raise DataError(f"{error}; make a pack of it first: asdcfer prepare") from error
        yield pack


def votes_beside(data: str | os.PathLike[str]) -> Path | None:
    """Return the FER+ votes that lie beside a FER-2013 CSV or in its folder, if any.

    Args:
        data: as in `open_pack`.
    """
    path = resolve_data_path(data)
    found = (path if path.is_dir() else path.parent) / VOTES_FILE
    return found if not (path / "pack.json").exists() and found.is_file() else None
