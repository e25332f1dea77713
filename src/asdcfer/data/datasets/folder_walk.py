"""What the folder sources share: a sorted walk, names below a root, the order of a pack."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from asdcfer.data.datasets.places import legible
from asdcfer.data.datasets.split_words import RANK
from asdcfer.data.image_formats import IMAGE_SUFFIXES
from asdcfer.data.pack import UNLABELED


class Box(NamedTuple):
    """Where a face is in its picture.

    Attributes:
        left: of the face, and so on; in pixels of the upright picture.
        relative: the four are parts of the picture's width and height instead, 0..1.
    """

    left: float
    top: float
    right: float
    bottom: float
    relative: bool = False


@dataclass(frozen=True)
class Item:
    """An image file with what its place, its name or a list says about it.

    Attributes:
        path: of the file.
        source_id: its name in the pack.
        split: its split.
        label: index of its expression.
        box: of the face that is meant, where the picture holds more.
        votes: votes or probabilities for each label, where there are any.
        more: whatever else is known: group, valence, arousal.
    """

    path: Path
    source_id: str
    split: str = "train"
    label: int = UNLABELED
    box: Box | None = None
    votes: tuple[float, ...] | None = None
    more: tuple[tuple[str, str | float], ...] = ()


def is_image_name(name: str) -> bool:
    """Whether a file is named like an image."""
    return not _aside(name) and os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES


def source_id(path: Path, root: Path) -> str:
    """Return the path below `root` with forward slashes, bytes that are no UTF-8 as escapes."""
    return legible(path.relative_to(root).as_posix())


def folders_below(
    root: Path, refused: Callable[[OSError], None] | None = None
) -> Iterator[tuple[Path, list[str]]]:
    """Yield each folder below `root`, itself first, with the names of its files in their order.

    Hidden files and packs are passed over. Links to folders are followed once. Pipes and devices
    are passed over, which would be read without end; those called images are told by whoever opens
    them.

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
        path = Path(folder)
        yield (
            path,
            [
                name
                for name in sorted(files)
                if not _aside(name) and (is_image_name(name) or _is_regular(path / name))
            ],
        )


def every_file(root: Path, refused: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield every file below `root` in the order of the names, as `folders_below` finds them.

    Args:
        root: a folder.
        refused: is called for folders that cannot be read.
    """
    for folder, files in folders_below(root, refused):
        for name in files:
            yield folder / name


def in_order(items: Iterable[Item]) -> list[Item]:
    """Return the items by split (train, val, public, private, test, others) and then by id."""
    return sorted(items, key=lambda item: (*split_rank(item.split), item.source_id))


def split_rank(split: str) -> tuple[int, str]:
    """Return what splits are ordered by: train, val, public, private, test, others by name.

    Example:
        >>> sorted(["test", "extra", "train"], key=split_rank)
        ['train', 'test', 'extra']
    """
    return RANK.index(split) if split in RANK else len(RANK), split


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


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True  # whoever opens it says why it cannot be read


def _aside(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"
