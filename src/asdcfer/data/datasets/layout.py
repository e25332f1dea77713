"""What lies below a path: images, other files, folders; one walk that all sources share."""

import filecmp
import os
from collections import defaultdict
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from asdcfer.data.datasets.folder_walk import (
    Place,
    every_file,
    is_image_name,
    legible,
    source_id,
)
from asdcfer.data.datasets.label_words import expression_in
from asdcfer.data.datasets.split_words import split_in
from asdcfer.data.pack import Skipped
from asdcfer.errors import DataError

Parts = tuple[str, ...]


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
        self._images: list[tuple[Path, Parts]] = []
        self._others: list[tuple[Path, Parts]] = []
        self._skipped: list[tuple[Path, str]] = []
        if path.is_dir():
            self._walk()
            self.root = self._inside_wrappers()
        self._wrappers = len(self.root.parts) - len(path.parts)

    def _walk(self) -> None:
        def refused(error: OSError) -> None:
            self._skipped.append(
                (Path(error.filename), f"unreadable folder: {error.strerror or error}")
            )

        # By text: a hundred thousand paths taken apart by `Path` are seconds.
        start = len(os.path.join(self.path, "")) if str(self.path) != "." else 0
        for file in every_file(self.path, refused):
            parts = tuple(os.fspath(file)[start:].split(os.sep))
            if not is_image_name(parts[-1]):
                self._others.append((file, parts))
            elif not file.is_file():
                # A pipe or a device would block the reader for ever; a link may point nowhere.
                self._skipped.append((file, "unreadable: not a regular file"))
            else:
                self._images.append((file, parts))

    def _inside_wrappers(self) -> Path:
        root, below = self.path, {parts[:-1] for _, parts in self._images}
        while below and all(below):
            names = {parts[0] for parts in below}
            name = names.pop()
            if names or split_in(name) or expression_in(name):
                break
            root, below = root / name, {parts[1:] for parts in below}
        return root

    @cached_property
    def images(self) -> list[Place]:
        """The files named like images, in the order of the names, without second copies."""
        copies = {place.path for place in self.copies}
        return [place for place in self._all if place.path not in copies]

    @cached_property
    def whole(self) -> list[Place]:
        """The same named from `path`, wrappers included."""
        if not self._wrappers:
            return self.images
        parts = dict(self._images)
        return [
            Place(place.path, legible("/".join(parts[place.path])), parts[place.path])
            for place in self.images
        ]

    @cached_property
    def others(self) -> list[Place]:
        """The files below `path` that are not named like images."""
        return [
            Place(file, *self._named(file)) for file, _ in self._others if file.name != "Thumbs.db"
        ]

    @cached_property
    def _all(self) -> list[Place]:
        parts = ((file, parts[self._wrappers :]) for file, parts in self._images)
        return [Place(file, legible("/".join(below)), below) for file, below in parts]

    def skipped(self, besides: Collection[Path] = ()) -> list[Skipped]:
        """Return what lies beside the images, with the reason why each is none.

        Args:
            besides: files that were of use, and are not listed.
        """
        return [
            Skipped(place.name, f"not an image file: suffix {place.path.suffix or 'missing'}")
            for place in self.others
            if place.path not in besides
        ] + [Skipped(self._named(file)[0], why) for file, why in self._skipped]

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

    def _named(self, file: Path) -> tuple[str, Parts]:
        root = self.root if file.is_relative_to(self.root) else self.path
        return source_id(file, root), file.relative_to(root).parts


def second_copies(images: list[Place]) -> list[Place]:
    """Return the images of folders that lie in a tree twice, as archives of data sets do.

    Two folders are one and its copy where they have the same files, byte by byte, and either the
    same name, folders in them, and a path to one that goes on to the other (images/train and
    images/images/train), or lie side by side and hold splits (data/train and "data copy"/train).

    Args:
        images: all of a tree.
    """
    inside: dict[Parts, dict[Parts, Path]] = defaultdict(dict)
    for place in images:
        for depth in range(1, len(place.parts) - 1):
            inside[place.parts[:depth]][place.parts[depth:]] = place.path
    copies: dict[Path, Place] = {}
    places = {place.path: place for place in images}
    beside: dict[tuple[Parts, frozenset[Parts]], Parts] = {}
    for other, files in sorted(inside.items(), key=lambda one: (len(one[0]), one[0])):
        above = [(*other[:depth], other[-1]) for depth in range(len(other) - 1)]
        if all(split_in(name[0]) for name in files):
            above.append(beside.setdefault((other[:-1], frozenset(files)), other))
        if any(
            first in inside and _may_be_copies(first, other) and _equal(inside[first], files)
            for first in above
        ):
            copies |= {file: places[file] for file in files.values()}
    return [place for place in images if place.path in copies]


def _equal(ones: dict[Parts, Path], others: dict[Parts, Path]) -> bool:
    """Whether two folders hold the same files, byte by byte."""
    return ones.keys() == others.keys() and all(
        filecmp.cmp(file, others[name], shallow=False) for name, file in ones.items()
    )


def _may_be_copies(first: Parts, other: Parts) -> bool:
    """Whether the second of two folders says no more of its images than the first.

    One inside the other is a folder, not a copy of it; nor is one that lies in a split or a class
    of its own.
    """
    between = other[len(first) - 1 :] if first[-1] != other[-1] else other[len(first) - 1 : -1]
    own = any(split_in(name) or expression_in(name) or name.isdecimal() for name in between)
    return other[: len(first) - 1] == first[:-1] and other[: len(first)] != first and not own
