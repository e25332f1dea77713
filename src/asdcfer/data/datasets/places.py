"""The files of a tree, kept by folder in a few bytes each; each is named when it is asked for.

A set of a million files is walked many times and held all along. A path with its parts takes some
700 bytes; the names of a folder in one text take as many bytes as they have letters.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, overload

Parts = tuple[str, ...]
_BLOCK = 1000
"""Names in one text: so many are taken apart at a time."""


def legible(name: str) -> str:
    r"""Return a name whose bytes that are no UTF-8 are written as escapes.

    Example:
        >>> legible("caf\udce9.png") == "caf\\xe9.png"
        True
    """
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class Folder(NamedTuple):
    """A folder that holds files.

    Attributes:
        path: of the folder.
        parts: its names below the root of its data set.
    """

    path: Path
    parts: Parts


class Place:
    """A file and where it lies below the root of its data set.

    Args:
        folder: that holds it.
        file: its name there.

    Example:
        >>> place = Place(Folder(Path("data/train"), ("train",)), "1.png")
        >>> path, name, parts = place
        >>> path.as_posix(), name, parts
        ('data/train/1.png', 'train/1.png', ('train', '1.png'))
    """

    __slots__ = ("file", "folder")

    def __init__(self, folder: Folder, file: str) -> None:
        self.folder, self.file = folder, file

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and (self.file, self.folder) == (other.file, other.folder)

    def __hash__(self) -> int:
        return hash((self.file, self.folder))

    def __iter__(self) -> Iterator[Any]:
        """Yield path, name and parts."""
        return iter((self.path, self.name, self.parts))

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self.folder.path / self.file

    @property
    def parts(self) -> Parts:
        """The names below the root, folder by folder; the last one is the file."""
        return (*self.folder.parts, self.file)

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        dot = self.file.rfind(".")
        return self.file[:dot] if 0 < dot < len(self.file) - 1 else self.file

    @property
    def name(self) -> str:
        """The path below the root with forward slashes, bytes that are no UTF-8 as escapes."""
        return legible("/".join(self.parts))


class Block(NamedTuple):
    """Some files of one folder.

    Attributes:
        folder: that holds them.
        size: how many.
        text: their names, divided by what no name holds.
    """

    folder: Folder
    size: int
    text: str

    @property
    def files(self) -> list[str]:
        """Names of the files."""
        return self.text.split("/")

    @property
    def first(self) -> Place:
        """The first of them."""
        return Place(self.folder, self.files[0])


def blocks_of(folder: Folder, files: Sequence[str]) -> Iterator[Block]:
    """Yield the files of a folder, a thousand at a time."""
    for at in range(0, len(files), _BLOCK):
        names = files[at : at + _BLOCK]
        yield Block(folder, len(names), "/".join(names))


class Places(Sequence[Place]):
    """Files in the order of a walk, one after the other without end of memory.

    Args:
        blocks: of them.

    Example:
        >>> found = Places.of([(Folder(Path("data"), ()), ["a.png", "b.png"])])
        >>> len(found), found[1].name, [place.file for place in found]
        (2, 'b.png', ['a.png', 'b.png'])
    """

    def __init__(self, blocks: Iterable[Block] = ()) -> None:
        self.blocks = list(blocks)
        self._ends = array("q", accumulate(block.size for block in self.blocks))

    @classmethod
    def of(cls, folders: Iterable[tuple[Folder, Sequence[str]]]) -> "Places":
        """Return the files of some folders."""
        return cls(block for folder, files in folders for block in blocks_of(folder, files))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Place]:
        for block in self.blocks:
            for file in block.files:
                yield Place(block.folder, file)

    @overload
    def __getitem__(self, row: int) -> Place: ...

    @overload
    def __getitem__(self, row: slice) -> list[Place]: ...

    def __getitem__(self, row: int | slice) -> Place | list[Place]:
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        row = row + len(self) if row < 0 else row
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of {len(self)} files")
        number = bisect_right(self._ends, row)
        block = self.blocks[number]
        return Place(block.folder, block.files[row - self._ends[number] + block.size])

    @property
    def folders(self) -> set[Parts]:
        """The folders that hold files, each by its names below the root."""
        return {block.folder.parts for block in self.blocks}

    def renamed(self, parts: Callable[[Parts], Parts]) -> "Places":
        """Return the same files, their folders named from another root."""
        known: dict[Folder, Folder] = {}
        for block in self.blocks:
            if block.folder not in known:
                known[block.folder] = Folder(block.folder.path, parts(block.folder.parts))
        return Places(block._replace(folder=known[block.folder]) for block in self.blocks)

    def without(self, left_out: Collection[Place]) -> "Places":
        """Return the files but for some."""
        return Places.of(
            (block.folder, [file for file in block.files if Place(block.folder, file) not in gone])
            for gone in (frozenset(left_out),)
            for block in self.blocks
        )
