"""What the folder sources share: a sorted walk, the names of splits, decoding in threads."""

import itertools
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asdcfer.data.datasets.source import Options
from asdcfer.data.image_formats import IMAGE_SUFFIXES
from asdcfer.data.image_io import ImageError, fit, read_image
from asdcfer.data.pack import UNLABELED, PackItem, Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import expression_of

SPLIT_NAMES: dict[str, str] = {
    "train": "train",
    "training": "train",
    "train_set": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "val_set": "val",
    "dev": "val",
    "public": "public",
    "publictest": "public",
    "private": "private",
    "privatetest": "private",
    "test": "test",
    "testing": "test",
    "test_set": "test",
}
"""Folder name in lower case -> split."""

_RANK = ("train", "val", "public", "private", "test")


@dataclass(frozen=True)
class Item:
    """An image file with what its place or name says about it."""

    path: Path
    source_id: str
    split: str = "train"
    label: int = UNLABELED


class Place(NamedTuple):
    """An image file and where it lies below the root of its data set.

    Attributes:
        path: of the file.
        name: its path below the root with forward slashes, what `source_id` gives.
        parts: the same, folder by folder; the last one is the file.
    """

    path: Path
    name: str
    parts: tuple[str, ...]


def visible_folders(folder: Path) -> list[Path]:
    """Return the visible sub-folders in the order of their names, none where there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(
        (p for p in folder.iterdir() if p.is_dir() and not _aside(p.name)), key=lambda p: p.name
    )


def descend(folder: Path) -> Path:
    """Return the folder inside the wrappers of an archive.

    A wrapper holds a single sub-folder, of no split's or class's name, and no image beside it.
    """
    while folder.is_dir():
        inside = visible_folders(folder)
        if (
            len(inside) != 1
            or split_of(inside[0].name)
            or expression_of(inside[0].name)
            or holds_images(folder)
        ):
            break
        folder = inside[0]
    return folder


def split_folders(path: Path) -> list[Path]:
    """Return the folders of a data set that are named like splits."""
    return [folder for folder in visible_folders(descend(path)) if split_of(folder.name)]


def split_of(name: str) -> str | None:
    """Return the split that a folder name means, or None."""
    return SPLIT_NAMES.get(name.lower())


def holds_images(folder: Path) -> bool:
    """Whether a file directly in `folder` is named like an image."""
    with os.scandir(folder) as entries:
        return any(is_image_name(entry.name) and entry.is_file() for entry in entries)


def is_image_name(name: str) -> bool:
    """Whether a file is named like an image."""
    return not _aside(name) and Path(name).suffix.lower() in IMAGE_SUFFIXES


def source_id(path: Path, root: Path) -> str:
    """Return the path below `root` with forward slashes, bytes that are no UTF-8 as escapes."""
    return (
        path.relative_to(root)
        .as_posix()
        .encode("utf-8", "surrogateescape")
        .decode("utf-8", "backslashreplace")
    )


def walk(root: Path, skipped: list[Skipped]) -> list[Place]:
    """Return every file below `root` that is named like an image, in the order of the names.

    What is not goes to `skipped`. Hidden files and folders and packs are passed over. Links to
    folders are followed once.
    """
    found: list[Place] = []

    def refused(error: OSError) -> None:
        skipped.append(
            Skipped(source_id(Path(error.filename), root), f"unreadable folder: {error.strerror}")
        )

    for path in every_file(root, refused):
        name = source_id(path, root)
        if not is_image_name(path.name):
            skipped.append(Skipped(name, f"not an image file: suffix {path.suffix or 'missing'}"))
        elif not path.is_file():
            # A pipe or a device would block the reader for ever; a link may point nowhere.
            skipped.append(Skipped(name, "unreadable: not a regular file"))
        else:
            found.append(Place(path, name, path.relative_to(root).parts))
    return found


def every_file(root: Path, refused: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield every file below `root` in the order of the names, under the rules of `walk`.

    Args:
        root: a folder.
        refused: is called for folders that cannot be read.
    """
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, onerror=refused, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen or ("pack.json" in files and "images.u8" in files):
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not _aside(name))
        yield from (Path(folder, name) for name in sorted(files) if not _aside(name))


def in_order(items: Iterable[Item]) -> list[Item]:
    """Return the items by split (train, val, public, private, test, others) and then by id."""
    return sorted(
        items,
        key=lambda item: (
            _RANK.index(item.split) if item.split in _RANK else len(_RANK),
            item.split,
            item.source_id,
        ),
    )


def by_subject(subjects: Iterable[str]) -> dict[str, str]:
    """Return the split of each subject: every fifth by name is "test", the others "train".

    NOTE: our reading. Data sets without an official split are divided by person, because faces of
        one person in both parts inflate the accuracy.

    Example:
        >>> by_subject("ABCDEF").values()
        dict_values(['train', 'train', 'train', 'train', 'test', 'train'])
    """
    return {
        subject: "test" if i % 5 == 4 else "train"
        for i, subject in enumerate(sorted(set(subjects)))
    }


class Decoded:
    """The faces of image files, decoded ahead in a few threads, in the order of the items.

    Args:
        items: the files.
        options: size, color, crop, pixel limit.
        skipped: filled with the files that cannot be used, while iterating.
    """

    def __init__(self, items: Sequence[Item], options: Options, skipped: list[Skipped]) -> None:
        self.items, self.options, self.skipped, self.done = items, options, skipped, 0

    def fraction(self) -> float:
        """Return how much is read, 0..1."""
        return self.done / max(len(self.items), 1)

    def __iter__(self) -> Iterator[PackItem]:
        workers = min(4, os.cpu_count() or 1)
        waiting: deque[tuple[Item, Future[np.ndarray]]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            for item in self.items:
                waiting.append((item, pool.submit(self._load, item.path)))
                # Whole photographs wait for the detector, small squares otherwise.
                if len(waiting) >= (8 if self.options.crop is None else 2) * workers:
                    yield from self._faces(*waiting.popleft())
            while waiting:
                yield from self._faces(*waiting.popleft())

    def _load(self, path: Path) -> np.ndarray:
        options = self.options
        if options.crop is not None:
            return read_image(path, options.max_pixels)
        image = read_image(path, options.max_pixels, color=options.color, at_least=options.size)
        return fit(image, options.size, color=options.color)

    def _faces(self, item: Item, future: Future[np.ndarray]) -> Iterator[PackItem]:
        self.done += 1
        options = self.options
        try:
            image = future.result()
        except ImageError as error:
            self.skipped.append(Skipped(item.source_id, error.reason))
            return
        if options.crop is None:
            yield PackItem(image, item.source_id, item.split, item.label)
            return
        # Detectors are not safe in several threads, so they run here. A label belongs to one face:
        # the first.
        crops = options.crop(image)
        if len(crops) == 0:
            self.skipped.append(Skipped(item.source_id, "no face found"))
        for number, crop in enumerate(crops if item.label == UNLABELED else crops[:1]):
            name = item.source_id if number == 0 else f"{item.source_id}#{number + 1}"
            yield PackItem(
                fit(crop, options.size, color=options.color), name, item.split, item.label
            )


def require_folder(path: Path) -> Path:
    """Return `path`, or raise the DataError that says a folder was expected."""
    if not path.is_dir():
        raise DataError(f"{path} is a file; expected a folder")
    return path


def any_file(root: Path, pattern: str, limit: int = 2000) -> str | None:
    """Return a name that matches, of the first files below a folder, or None.

    Args:
        root: a folder.
        pattern: regular expression of the whole name; case does not matter.
        limit: how many files are looked at.
    """
    regex = re.compile(pattern, re.IGNORECASE)
    return next(
        (
            path.name
            for path in itertools.islice(every_file(root), limit)
            if regex.fullmatch(path.name)
        ),
        None,
    )


def _aside(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"
