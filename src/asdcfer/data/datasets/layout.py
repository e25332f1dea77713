"""What lies below a path: images, other files, folders; one walk that all sources share."""

import filecmp
from collections import defaultdict
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from asdcfer.data.datasets.folder_walk import folders_below, is_image_name, source_id
from asdcfer.data.datasets.label_words import expression_in
from asdcfer.data.datasets.places import Block, Folder, Parts, Place, Places, blocks_of
from asdcfer.data.datasets.split_words import split_in
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError


class Layout:
    """The files below a path, named from inside the wrappers of an archive.

    A wrapper is a folder that holds a single one, of no split's or class's name, and no image
    beside it. Of a tree that lies in the path twice the second copy is left out, and told.

    Args:
        path: a file or a folder.

    Attributes:
        path: as given.
        root: the folder inside the wrappers; the path itself where it is a file.
    """

    def __init__(self, path: Path) -> None:
        self.path = self.root = path
        self._images, self._others = Places(), Places()
        self._skipped: list[tuple[Path, str]] = []
        if path.is_dir():
            self._walk()
            self.root = self._inside_wrappers()
        self._wrappers = self.root.parts[len(path.parts) :]

    def _walk(self) -> None:
        def refused(error: OSError) -> None:
            self._skipped.append(
                (Path(error.filename), f"unreadable folder: {error.strerror or error}")
            )

        images: list[Block] = []
        others: list[Block] = []
        for path, files in folders_below(self.path, refused):
            folder = Folder(path, path.parts[len(self.path.parts) :])
            named = [file for file in files if is_image_name(file)]
            # A pipe or a device would block the reader for ever; a link may point nowhere.
            odd = {file for file in named if not (path / file).is_file()}
            self._skipped += [
                (path / file, "unreadable: not a regular file") for file in named if file in odd
            ]
            images += blocks_of(folder, [file for file in named if file not in odd])
            others += blocks_of(folder, [file for file in files if not is_image_name(file)])
        self._images, self._others = Places(images), Places(others)

    def _inside_wrappers(self) -> Path:
        root, below = self.path, self._images.folders
        while below and all(below):
            names = {parts[0] for parts in below}
            name = names.pop()
            if names or split_in(name) or expression_in(name):
                break
            root, below = root / name, {parts[1:] for parts in below}
        return root

    @cached_property
    def images(self) -> Places:
        """The files named like images, in the order of the names, without second copies."""
        return self._all.without(self.copies) if self.copies else self._all

    @cached_property
    def whole(self) -> Places:
        """The same named from `path`, wrappers included."""
        if not self._wrappers:
            return self.images
        return self.images.renamed(lambda parts: (*self._wrappers, *parts))

    @cached_property
    def others(self) -> list[Place]:
        """The files below `path` that are not named like images."""
        others = self._others.renamed(self._below_wrappers)
        return [place for place in others if place.file != "Thumbs.db"]

    @cached_property
    def _all(self) -> Places:
        return self._images.renamed(self._below_wrappers) if self._wrappers else self._images

    def _below_wrappers(self, parts: Parts) -> Parts:
        depth = len(self._wrappers)
        return parts[depth:] if parts[:depth] == self._wrappers else parts

    def skipped(self, besides: Collection[Path] = ()) -> list[Skipped]:
        """Return what lies beside the images, with the reason why each is none.

        Args:
            besides: files that were of use, and are not listed.
        """
        return [
            Skipped(place.name, f"not an image file: suffix {place.path.suffix or 'missing'}")
            for place in self.others
            if place.path not in besides
        ] + [Skipped(self.name_of(file), why) for file, why in self._skipped]

    @cached_property
    def copies(self) -> list[Place]:
        """The images of second copies: the same files once more, deeper in the same tree."""
        return second_copies(self._all)

    def require_folder(self) -> None:
        """Raise the DataError that says a folder was expected, where the path is a file."""
        if not self.path.is_dir():
            raise DataError(f"{self.path} is a file; expected a folder")

    def name_of(self, file: Path) -> str:
        """Return what a file is called in the pack: its path below `root`, or else below `path`."""
        root = self.root if file.is_relative_to(self.root) else self.path
        if not file.is_relative_to(root):
            return file.as_posix()
        return source_id(file, root)


def second_copies(images: Places) -> list[Place]:
    """Return the images of folders that lie in a tree twice, as archives of data sets do.

    Two folders are one and its copy where they have the same files, byte by byte, and either the
    same name, folders in them, and a path to one that goes on to the other (images/train and
    images/images/train), or lie side by side and hold splits (data/train and "data copy"/train).

    Args:
        images: all of a tree.
    """
    marks, inside = _marks(images)
    copies: set[Place] = set()
    beside: dict[tuple[Parts, int], Parts] = {}
    for other, mark in sorted(marks.items(), key=lambda one: (len(one[0]), one[0])):
        above = [(*other[:depth], other[-1]) for depth in range(len(other) - 1)]
        if all(map(split_in, inside[other])):
            above.append(beside.setdefault((other[:-1], mark), other))
        for first in above:
            if marks.get(first) == mark and _may_be_copies(first, other):
                files = _below(images, other)
                if _equal(_below(images, first), files):
                    copies |= set(files.values())
                    break
    return [place for place in images if place in copies] if copies else []


def _marks(images: Places) -> tuple[dict[Parts, int], dict[Parts, set[str]]]:
    """Return, of each folder of folders with images, what tells apart what lies below it.

    Returns:
        A number, equal where all names below are, and the names of the folders in it.
    """
    marks: dict[Parts, int] = defaultdict(int)
    inside: dict[Parts, set[str]] = defaultdict(set)
    for folder, _, text in images.blocks:
        for depth in range(1, len(folder.parts)):
            # A sum, since two folders may be walked in other orders.
            marks[folder.parts[:depth]] += hash((folder.parts[depth:], text))
            inside[folder.parts[:depth]].add(folder.parts[depth])
    return marks, inside


def _below(images: Places, folder: Parts) -> dict[Parts, Place]:
    """The images in the folders of a folder, by their names from there."""
    depth = len(folder)
    return {
        place.parts[depth:]: place
        for block in images.blocks
        if len(block.folder.parts) > depth and block.folder.parts[:depth] == folder
        for place in (Place(block.folder, file) for file in block.files)
    }


def _equal(ones: dict[Parts, Place], others: dict[Parts, Place]) -> bool:
    """Whether two folders hold the same files, byte by byte."""
    return ones.keys() == others.keys() and all(
        filecmp.cmp(place.path, others[name].path, shallow=False) for name, place in ones.items()
    )


def _may_be_copies(first: Parts, other: Parts) -> bool:
    """Whether the second of two folders says no more of its images than the first.

    One inside the other is a folder, not a copy of it; nor is one that lies in a split or a class
    of its own.
    """
    between = other[len(first) - 1 :] if first[-1] != other[-1] else other[len(first) - 1 : -1]
    own = any(split_in(name) or expression_in(name) or name.isdecimal() for name in between)
    return other[: len(first) - 1] == first[:-1] and other[: len(first)] != first and not own
