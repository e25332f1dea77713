"""What the folder sources share: a sorted walk, names below a root, the order of a pack."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

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


def is_image_name(name: str) -> bool:
    """Whether a file is named like an image."""
    return not _aside(name) and os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES


def source_id(path: Path, root: Path) -> str:
    """Return the path below `root` with forward slashes, bytes that are no UTF-8 as escapes."""
    return legible(path.relative_to(root).as_posix())


def legible(name: str) -> str:
    r"""Return a name whose bytes that are no UTF-8 are written as escapes.

    Example:
        >>> legible("caf\udce9.png") == "caf\\xe9.png"
        True
    """
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def every_file(root: Path, refused: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield every file below `root` in the order of the names, hidden ones and packs passed over.

    Links to folders are followed once. Pipes and devices are passed over, which would be read
    without end; those called images are told by whoever opens them.

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
        for name in sorted(files):
            path = Path(folder, name)
            if not _aside(name) and (is_image_name(name) or _is_regular(path)):
                yield path


def in_order(items: Iterable[Item]) -> list[Item]:
    """Return the items by split (train, val, public, private, test, others) and then by id."""
    return sorted(
        items,
        key=lambda item: (
            RANK.index(item.split) if item.split in RANK else len(RANK),
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


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True  # whoever opens it says why it cannot be read


def _aside(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"
