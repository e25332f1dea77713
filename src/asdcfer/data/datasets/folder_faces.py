"""Faces of which their folder says everything: its split and its label, once for all in it."""

import heapq
from collections.abc import (
    Collection,
    ItemsView,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    ValuesView,
)
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, overload

from asdcfer.data.datasets.folder_walk import Item, split_rank
from asdcfer.data.datasets.places import Block, Parts, Place, Places
from asdcfer.data.datasets.source import Claim
from asdcfer.data.pack import UNLABELED


class Meant(NamedTuple):
    """What a folder says of its images.

    Attributes:
        label: name of their label, None where they have none.
        split: their split.
    """

    label: str | None
    split: str


class FolderFaces(Sequence[tuple[Item, str | None]]):
    """Images with the names of their labels, made when they are asked for.

    Args:
        blocks: files, some of a folder at a time.
        meant: what is known of those of each block.

    Example:
        >>> from asdcfer.data.datasets.places import Folder
        >>> places = Places.of([(Folder(Path("data/sad"), ("sad",)), ["1.png", "2.png"])])
        >>> faces = FolderFaces(places.blocks, [Meant("sad", "train")])
        >>> len(faces), faces[1][0].source_id, faces[1][1]
        (2, 'sad/2.png', 'sad')
    """

    def __init__(self, blocks: Sequence[Block], meant: Sequence[Meant]) -> None:
        self.places, self.meant = Places(blocks), list(meant)

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[tuple[Item, str | None]]:
        for block, meant in zip(self.places.blocks, self.meant, strict=True):
            for file in block.files:
                place = Place(block.folder, file)
                yield Item(place.path, place.name, meant.split), meant.label

    @overload
    def __getitem__(self, row: int) -> tuple[Item, str | None]: ...

    @overload
    def __getitem__(self, row: slice) -> list[tuple[Item, str | None]]: ...

    def __getitem__(
        self, row: int | slice
    ) -> tuple[Item, str | None] | list[tuple[Item, str | None]]:
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        place = self.places[row]
        meant = self._by_folder[place.folder.parts]
        return Item(place.path, place.name, meant.split), meant.label

    @property
    def _by_folder(self) -> dict[Parts, Meant]:
        blocks = zip(self.places.blocks, self.meant, strict=True)
        return {block.folder.parts: meant for block, meant in blocks}

    @property
    def labels(self) -> set[str]:
        """The names of labels that occur."""
        return {meant.label for meant in self.meant if meant.label is not None}

    def claims(self) -> Mapping[Path, Claim]:
        """Return label and split by file."""
        return _Claims(self)

    def items(self, labels: Sequence[str]) -> Collection[Item]:
        """Return the images with their labels as numbers, in the order of a pack.

        Args:
            labels: their names; images of other labels are left out.
        """
        return _Items(
            (block, meant.split, UNLABELED if meant.label is None else labels.index(meant.label))
            for block, meant in zip(self.places.blocks, self.meant, strict=True)
            if meant.label is None or meant.label in labels
        )


class _Claims(Mapping[Path, Claim]):
    """What folders claim, by file; of one folder's files a set is kept while they are asked for."""

    def __init__(self, faces: FolderFaces) -> None:
        self._faces = faces
        self._rows: dict[Path, list[int]] = {}
        for row, block in enumerate(faces.places.blocks):
            self._rows.setdefault(block.folder.path, []).append(row)
        self._last: tuple[Path | None, frozenset[str]] = (None, frozenset())

    def __len__(self) -> int:
        return len(self._faces)

    def __iter__(self) -> Iterator[Path]:
        return (place.path for place in self._faces.places)

    def __getitem__(self, path: Path) -> Claim:
        folder = path.parent
        rows = self._rows[folder]
        if self._last[0] != folder:
            blocks = self._faces.places.blocks
            self._last = folder, frozenset(file for row in rows for file in blocks[row].files)
        if path.name not in self._last[1]:
            raise KeyError(path)
        return Claim(*self._faces.meant[rows[0]])

    def items(self) -> ItemsView[Path, Claim]:
        """Return the files with their claims, in their order."""
        return _Pairs(self)

    def values(self) -> ValuesView[Claim]:
        """Return the claims, in the order of the files."""
        return _Each(self)

    def each(self) -> Iterator[tuple[Place, Claim]]:
        """Yield the files with their claims, without a look at the one before."""
        for block, meant in zip(self._faces.places.blocks, self._faces.meant, strict=True):
            claim = Claim(*meant)
            for file in block.files:
                yield Place(block.folder, file), claim


class _Pairs(ItemsView[Path, Claim]):
    _mapping: _Claims

    def __iter__(self) -> Iterator[tuple[Path, Claim]]:
        return ((place.path, claim) for place, claim in self._mapping.each())


class _Each(ValuesView[Claim]):
    _mapping: _Claims

    def __iter__(self) -> Iterator[Claim]:
        return (claim for _, claim in self._mapping.each())


class _Items(Collection[Item]):
    """Images by split and then by id, as `folder_walk.in_order` has them."""

    def __init__(self, blocks: Iterable[tuple[Block, str, int]]) -> None:
        blocks = sorted(blocks, key=lambda one: split_rank(one[1]))
        self._count = sum(block.size for block, _, _ in blocks)
        self._splits: dict[str, list[tuple[Block, int]]] = {}
        for block, split, label in blocks:
            self._splits.setdefault(split, []).append((block, label))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, item: object) -> bool:
        return any(item == one for one in self)

    def __iter__(self) -> Iterator[Item]:
        for split, blocks in self._splits.items():
            for (name, place), label in _in_order(blocks):
                yield Item(place.path, name, split, label)


_Named = tuple[tuple[str, Place], int]


def _in_order(blocks: Sequence[tuple[Block, int]]) -> Iterator[_Named]:
    """Yield files by name; those of a walk mostly are in that order, or each folder's are."""
    if _ascending(_each(blocks)):
        return _each(blocks)
    folders: dict[Parts, list[tuple[Block, int]]] = {}
    for block, label in blocks:
        folders.setdefault(block.folder.parts, []).append((block, label))
    if all(_ascending(_each(some)) for some in folders.values()):
        return heapq.merge(*map(_each, folders.values()), key=_name)
    return iter(sorted(_each(blocks), key=_name))


def _each(blocks: Iterable[tuple[Block, int]]) -> Iterator[_Named]:
    """Yield files one by one: their names are not taken apart all at once."""
    for block, label in blocks:
        start = 0
        for _ in range(block.size):
            end = block.text.find("/", start)
            file = block.text[start:] if end < 0 else block.text[start:end]
            start = end + 1
            place = Place(block.folder, file)
            yield (place.name, place), label


def _name(one: _Named) -> str:
    return one[0][0]


def _ascending(files: Iterable[_Named]) -> bool:
    return all(_name(a) <= _name(b) for a, b in pairwise(files))
