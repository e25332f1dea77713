"""Signs of labels beside images that no source understands, so that none are lost unseen."""

import re
from pathlib import Path
from typing import NamedTuple

from asdcfer.data.datasets.label_words import words_of
from asdcfer.data.datasets.labels_in_names import in_names
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.list_table import SUFFIXES, looks_like_image, start_of
from asdcfer.expressions import expression_of

_SUFFIXES = frozenset(
    (*SUFFIXES, ".xml", ".npy", ".mat", ".arff", ".xlsx", ".xls", ".parquet", ".pts", ".pkl")
)
_PACKED = frozenset(
    (".npz", ".pickle", ".h5", ".hdf5", ".feather", ".ods", ".sqlite", ".db", ".gz", ".zip", ".7z")
)
"""Suffixes of files whose names alone can say that they hold labels."""

_LABELS = """
label labels labeled annotation annotations annotated emotion emotions expression expressions
groundtruth truth targets
"""
_CALLED = frozenset(_LABELS.split())
"""Words in the name of a file of labels."""
_MOST = 50
"""Files that are looked into."""


class Evidence(NamedTuple):
    """What looks like labels, and how to read it as such."""

    what: str
    way: str


def looks_labeled(layout: Layout) -> Evidence | None:
    """Return what looks like labels of a layout's images, or None where nothing does.

    Those are files called labels; files of an image's name and more
    ("S005_001_00000011_emotion.txt"); texts that name images; and names of images that hold
    expressions, or their abbreviations, beside other words. A text of an image's whole file name
    ("IMG_1.jpg.json") is what cameras and photo archives write, and none.
    """
    files = [place.path for place in layout.others]
    readable = [file for file in files if file.suffix.lower() in _SUFFIXES]
    names = {place.file for place in layout.images if files}
    stems = {place.stem for place in layout.images if files}
    called = [file for file in files if _is_called_labels(file) and file.stem not in names]
    beside = [file for file in readable if file.stem not in names and _begins(file.stem) & stems]
    listing = [file for file in readable[:_MOST] if _names_images(file, names)]
    found = list(dict.fromkeys(called + beside + listing))
    if found:
        first = found[0].relative_to(layout.path).as_posix()
        return Evidence(
            f"{len(found)} files beside the images look like labels, the first {first}, which no "
            "source understands",
            'for a list: `kind="list"` and `columns` path=NAME,label=NAME',
        )
    meant = in_names(layout)
    if not meant:
        return None
    path, expression = next(iter(meant.items()))
    return Evidence(
        f"the names of {len(meant)} of {len(layout.images)} images look like labels, as "
        f"{path.name} does ({expression}), but may say something else",
        'for those in the names: `kind="names"`',
    )


def _is_called_labels(file: Path) -> bool:
    suffix = file.suffix.lower()
    return suffix in _SUFFIXES | _PACKED and bool(_CALLED & set(words_of(file.name)))


def _begins(stem: str) -> set[str]:
    """The name of a file and its beginnings up to a sign."""
    # A beginning of one letter is the beginning of anything.
    return {stem} | {stem[: match.start()] for match in re.finditer(r"(?<=..)[_.\- ]", stem)}


def _names_images(file: Path, names: set[str]) -> bool:
    """Whether a text names images that are there, or others beside expressions."""
    words = re.split(r"[\s,;|\"'<>:()\[\]{}]+", start_of(file))
    ends = {word.replace("\\", "/").rsplit("/", 1)[-1] for word in words}
    if len(ends & names) > 1:
        return True
    images = sum(map(looks_like_image, ends))
    return images > 1 and any(expression_of(word) for word in words)
