"""Signs of labels beside images that no source understands, so that none are lost unseen."""

import re
from pathlib import Path

from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.list_table import SUFFIXES

_SUFFIXES = frozenset(
    (*SUFFIXES, ".xml", ".npy", ".mat", ".arff", ".xlsx", ".xls", ".parquet", ".pts", ".pkl")
)
_READ = 1 << 16
_MOST = 50
"""Files that are looked into."""


def looks_labeled(layout: Layout) -> str | None:
    """Return what looks like labels of a layout's images, or None where nothing does.

    Those are files of an image's name and more ("S005_001_00000011_emotion.txt"), and texts that
    name images. A text of an image's whole file name ("IMG_1.jpg.json") is what cameras and photo
    archives write, and none.
    """
    files = [place.path for place in layout.others if place.path.suffix.lower() in _SUFFIXES]
    names = {place.path.name for place in layout.images}
    stems = {place.path.stem for place in layout.images}
    beside = [file for file in files if file.stem not in names and _begins(file.stem) & stems]
    listing = [file for file in files[:_MOST] if file not in beside and _names_images(file, names)]
    found = beside + listing
    if not found:
        return None
    first = found[0].relative_to(layout.path).as_posix()
    return f"{len(found)} files beside the images look like labels, the first {first}"


def _begins(stem: str) -> set[str]:
    """The name of a file and its beginnings up to a sign."""
    # A beginning of one letter is the beginning of anything.
    return {stem} | {stem[: match.start()] for match in re.finditer(r"(?<=..)[_.\- ]", stem)}


def _names_images(file: Path, names: set[str]) -> bool:
    try:
        with open(file, "rb") as content:
            text = content.read(_READ).decode("utf-8", "replace")
    except OSError:
        return False
    words = re.split(r"[\s,;|\"'<>:()\[\]{}]+", text)
    return len({word.replace("\\", "/").rsplit("/", 1)[-1] for word in words} & names) > 1
