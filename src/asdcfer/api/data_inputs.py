"""What a caller may give as data: a pack, or where it is found."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.resolve_data import open_pack, resolve_data_path, votes_beside
from asdcfer.progress import Progress

PathLike: TypeAlias = str | os.PathLike[str]
DataLike: TypeAlias = PathLike | Pack
"""A pack, its path, its name under ./packs or $ASDCFER_DATA, or "sample"."""


def pack_of(data: DataLike) -> Pack:
    """Return a pack, opened and compared with its hashes where its path or name is given.

    Raises:
        DataError: there is none, or its files have changed.
    """
    return data if isinstance(data, Pack) else load_pack(resolve_data_path(data), verify=True)


@contextlib.contextmanager
def open_data(data: DataLike, size: int, progress: Progress) -> Iterator[Pack]:
    """Give a pack; a data set becomes a temporary one of this side, removed afterwards."""
    if isinstance(data, Pack):
        yield data
        return
    with open_pack(data, size, progress) as pack:
        yield pack


def votes_of(given: PathLike | None, data: DataLike) -> Path | None:
    """Return the FER+ votes that were given, or that lie beside the data."""
    if given is not None:
        return Path(given)
    if isinstance(data, Pack):
        return None
    return votes_beside(data)


def name_of(data: DataLike) -> str:
    """Return how a message calls the data."""
    return str(data.path) if isinstance(data, Pack) else os.fspath(data)
