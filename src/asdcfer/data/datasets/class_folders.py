"""Which folders of a tree are splits and which are classes, at whatever depth they lie."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from asdcfer.data.datasets.label_words import (
    abbreviated,
    all_misspelt,
    expression_in,
    misspelt,
    number_in,
    words_of,
)
from asdcfer.data.datasets.split_words import split_of, splits_among

Parts = tuple[str, ...]

_HOLDERS = frozenset(
    [
        "image",
        "images",
        "img",
        "imgs",
        "face",
        "faces",
        "photo",
        "photos",
        "pictures",
        "frames",
        "data",
    ]
)
"""Folders that hold images and say nothing of them."""
_MARKS = frozenset(["label", "labels", "annotation", "annotations", "mask", "masks"])
"""Folders that say something of the images beside them."""


@dataclass(frozen=True)
class Place:
    """What the folders above an image say.

    Attributes:
        split: its split, None where no folder names one.
        name: the folder that is its class, None where none is.
        expression: that the name means, None where it means none.
        outside: the folder in whose stead a split is named elsewhere, None where there is none.
    """

    split: str | None = None
    name: str | None = None
    expression: str | None = None
    outside: str | None = None


class ClassFolders:
    """The splits and classes among the folders of a tree.

    A folder holds classes where at least two of its folders name different expressions, or one does
    and the folder is a split, or half of them do in the root. In such company misspelt names and
    abbreviations are read as well.

    Args:
        folders: that hold images, each by its names from the root down.
        own: the names are classes whatever they mean: the folders in each split, or in the root.
    """

    def __init__(self, folders: Iterable[Parts], own: bool = False) -> None:
        self.folders = set(folders)
        self.own = own
        self._places: dict[Parts, Place] = {}
        self._children: dict[Parts, set[str]] = defaultdict(set)
        for folder in self.folders:
            for depth in range(len(folder)):
                self._children[folder[:depth]].add(folder[depth])
        self._splits = {parent: splits_among(names) for parent, names in self._children.items()}
        self._meaning: dict[Parts, dict[str, str]] = {}
        for parent in self._children:
            self._meaning[parent] = self._read(parent)
        below = self._below_splits()
        self._numbered = set() if own else self._number_parents(below)
        self._own = below if own or not (self.expressions or self._numbered) else set()

    @property
    def expressions(self) -> bool:
        """Whether any folder is a class that names an expression."""
        return any(self._meaning.values())

    @property
    def read_as(self) -> dict[str, str]:
        """What the class folders were read as, by their names."""
        return {
            name: meant for names in self._meaning.values() for name, meant in sorted(names.items())
        }

    @property
    def splits_read_as(self) -> dict[str, str]:
        """What the split folders were read as where their names are longer than a split's."""
        return {
            name: meant
            for names in self._splits.values()
            for name, meant in sorted(names.items())
            if split_of(name) is None
        }

    def of(self, folder: Parts) -> Place:
        """Return what a folder that holds images says about them."""
        if folder not in self._places:
            self._places[folder] = self._place(folder)
        return self._places[folder]

    def _place(self, folder: Parts) -> Place:
        index = self._class_index(folder)
        split = self._split(folder)
        if index is None:
            return Place(split)
        parent, name = folder[:index], folder[index]
        expression = None if self.own else self._meaning[parent].get(name)
        # Beside train and test, "extra" is a part of its own and no training.
        aside = None
        if split is None:
            aside = next(
                (part for i, part in enumerate(folder) if i != index and self._splits[folder[:i]]),
                None,
            )
        return Place(split, name, expression, aside)

    def _split(self, folder: Parts) -> str | None:
        named = [
            (name, self._splits[folder[:i]][name])
            for i, name in enumerate(folder)
            if name in self._splits.get(folder[:i], ())
        ]
        exact = [split for name, split in named if split_of(name)]
        inexact = [split for _, split in named]
        return next(reversed(exact or inexact), None)

    def _read(self, parent: Parts) -> dict[str, str]:
        names = {
            name
            for name in self._children[parent]
            # A split is no class, but "happy_train" is both.
            if name not in self._splits[parent] or expression_in(name)
        }
        meaning = {name: meant for name in names if (meant := expression_in(name))}
        kinds = len(set(meaning.values()))
        in_split = bool(parent) and parent[-1] in self._splits.get(parent[:-1], ())
        half = not parent and 2 * len(meaning) >= len(names)
        if not (kinds > 1 or (kinds and (in_split or half))):
            return abbreviated(names) or all_misspelt(names)
        meaning |= {name: meant for name in names - meaning.keys() if (meant := misspelt(name))}
        if meaning.keys() < names:
            # "sad" is a word, and beside "ang" and "hap" a beginning of one.
            meaning = abbreviated(names) or meaning
        return dict(sorted(meaning.items()))

    def _class_index(self, folder: Parts) -> int | None:
        best, score = None, 0
        for i, name in enumerate(folder):
            meaning = {} if self.own else self._meaning[folder[:i]]
            kinds = len(set(meaning.values()))
            is_split = name in self._splits[folder[:i]] and name not in meaning
            if kinds > score and not is_split:
                best, score = i, kinds
        if best is not None:
            return best
        holding = self._own | self._numbered
        return next(
            (
                i
                for i, name in enumerate(folder)
                if folder[:i] in holding and name not in self._splits[folder[:i]]
            ),
            None,
        )

    def _number_parents(self, below: set[Parts]) -> set[Parts]:
        """The folders that hold numbered classes: those of splits, or 0 to 6 and the like."""
        found = set()
        for parent, names in self._children.items():
            classes = names - self._splits[parent].keys()
            given = {name: number_in(name) for name in classes}
            if not classes or None in given.values():
                continue
            numbers = sorted(
                number
                for name, number in given.items()
                # "01" to "07" are days, sequences, persons.
                if number is not None and not (name.isdecimal() and name != str(number))
            )
            in_order = numbers in [list(range(a, a + n)) for a in (0, 1) for n in (6, 7, 8)]
            if parent in below or (len(parent) < 2 and in_order):
                found.add(parent)
        return found

    def _below_splits(self) -> set[Parts]:
        """The folders that would hold classes whatever their names: each split, or the root."""
        splits = {(*parent, name) for parent, names in self._splits.items() for name in names}
        parents = splits or ({()} if self.own else set())
        found = set()
        for parent in parents:
            if any(other[: len(parent)] == parent and other != parent for other in splits):
                continue
            inside = self._children.get(parent, set())
            while len(inside) == 1 and _all_in(inside, _HOLDERS):
                parent = (*parent, *inside)
                inside = self._children.get(parent, set())
            if inside and not _all_in(inside, _HOLDERS | _MARKS):
                found.add(parent)
        return found


def _all_in(names: set[str], words: frozenset[str]) -> bool:
    """Whether every name consists of such words alone."""
    return all(words_of(name) and set(words_of(name)) <= words for name in names)
