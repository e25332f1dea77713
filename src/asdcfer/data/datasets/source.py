"""What a source is: something that recognizes a path and reads faces from it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from asdcfer.data.pack_writing import PackItem, Skipped
from asdcfer.errors import DataError

if TYPE_CHECKING:
    from asdcfer.data.datasets.folder_walk import Item
    from asdcfer.data.datasets.layout import Layout

TARGETS = ("majority", "plurality", "probability")
"""What FER+ votes can become: labels by two rules, or the votes themselves."""

Crop = Callable[[np.ndarray], Sequence[np.ndarray]]
"""RGB uint8 (H,W,3) -> the aligned square face crops in it, RGB uint8 each; none where no face was
found.
"""


class VideoReader(Protocol):
    """What finds the faces in videos, and in the photos beside them."""

    def __call__(
        self, items: "Sequence[Item]", options: "Options", skipped: list[Skipped], kept_splits: bool
    ) -> "Reading":
        """Return the faces of files.

        Args:
            items: the files, named as in the pack.
            options: of `prepare`.
            skipped: gets the files that give nothing.
            kept_splits: each file stays in its item's split; otherwise the reader divides them.
        """


class DecodedFiles(NamedTuple):
    """Some image files, one after the other, and the faces in them.

    Attributes:
        files: how many.
        faces: of them, in order.
        skipped: those that gave none.
        left_out: faces that were left out, by the reason.
    """

    files: int
    faces: Iterable[PackItem]
    skipped: Sequence[Skipped]
    left_out: Mapping[str, int]


Decoder = Callable[["Iterable[Item]"], Iterable[DecodedFiles]]
"""Decodes image files elsewhere, in their order."""


@dataclass(frozen=True)
class Options:
    """What the user asked of `prepare`; every source reads the part that concerns it.

    Attributes:
        size: side of the square images of the pack, in pixels, 8 to 1024.
        color: RGB instead of gray.
        crop: finds and aligns faces in raw photos; None takes each image as one face that is
            already cropped.
        left_out: filled by `crop`: the faces that it leaves out, by the reason.
        videos: finds the faces in videos; None leaves videos out.
        decode: decodes image files elsewhere; None decodes them in threads of this process.
        expressions: 7, 8, or None for the source's own number of classes.
        targets: FER+ only: "majority", "plurality" (labels) or "probability" (votes).
        votes: FER+ only: path of fer2013new.csv where it does not lie beside the pixels.
        own_classes: keep the names of classes as labels instead of reading expressions from them.
        labels_order: what numbered labels mean: a name in `label_orders.ORDERS`, or the names in
            their order, divided by commas.
        columns: what the columns of a list are called: its name for "path", "label", ...; the rest
            is guessed from the header.
        max_pixels: images with more pixels are skipped before they are decoded.
    """

    size: int = 48
    color: bool = False
    crop: Crop | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    videos: VideoReader | None = None
    decode: Decoder | None = None
    expressions: int | None = None
    targets: str = "majority"
    votes: Path | None = None
    own_classes: bool = False
    labels_order: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    max_pixels: int = 50_000_000

    def __post_init__(self) -> None:
        """Raise DataError where a value is out of range."""
        if self.max_pixels < 1:
            raise DataError(f"max_pixels {self.max_pixels}: expected 1 or more")
        if not 8 <= self.size <= 1024:
            raise DataError(f"size {self.size}: expected 8 to 1024 pixels")
        if self.expressions not in (None, 7, 8):
            raise DataError(f"expressions {self.expressions}: expected 7 or 8")
        if self.targets not in TARGETS:
            raise DataError(f"targets {self.targets!r}: expected {', '.join(TARGETS)}")


@dataclass
class Reading:
    """Faces on their way from a source.

    Attributes:
        faces: consumed once; fills `skipped` while it is.
        expressions: names of the labels.
        skipped: what was left out, and why.
        fraction: how much of the input is read once `n` inputs are done, 0..1, for the progress
            bar.
        about: facts for pack.json: full name, license, hash of the input. No paths and no times:
            the same input gives the same bytes.
        finish: called once the pack is complete.
        stage: what the progress of the faces is called.
        names: returns the files that the faces are read from, as ids name them; None where faces
            lie in tables.
    """

    faces: Iterable[PackItem]
    expressions: tuple[str, ...]
    skipped: list[Skipped]
    fraction: Callable[[], float] = lambda: 0.0
    about: dict[str, Any] = field(default_factory=dict)
    finish: Callable[[], None] = lambda: None
    stage: str = "reading"
    names: Callable[[], Iterable[str]] | None = None


def none_good_enough(left_out: Mapping[str, int]) -> DataError:
    """Return the error of an input of which every face was left out.

    Args:
        left_out: reason -> faces.

    Example:
        >>> print(none_good_enough({"too small": 3}))  # doctest: +ELLIPSIS
        no face is good enough (3 too small); lower `min_face` or `min_sharpness`, ...
    """
    counts = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
    return DataError(
        f"no face is good enough ({counts}); lower `min_face` or `min_sharpness`, or raise "
        "`max_yaw`"
    )


class Claim(NamedTuple):
    """What a source would make of an image: the name of its label, None without, and its split."""

    label: str | None
    split: str


@dataclass(frozen=True)
class Explanation:
    """What a source makes of an input, from names and small files; no picture is opened.

    Attributes:
        by: one line that says by what it was recognized.
        claims: the images that it would read.
        spare: images that it knows and leaves out on purpose.
        faces: that lie in tables and not in images; about.
        notes: lines worth telling: what was understood beyond the letter.
        problem: why it cannot be read without another word of the user, and which.
        own_split: the division into splits is this package's and not the data set's.
    """

    by: str
    claims: Mapping[Path, Claim] = field(default_factory=dict)
    spare: Collection[Path] = ()
    faces: int = 0
    notes: Sequence[str] = ()
    problem: str | None = None
    own_split: bool = False

    @property
    def count(self) -> int:
        """How many faces it would read."""
        return len(self.claims) + self.faces

    @property
    def labeled(self) -> bool:
        """Whether any of them has a label."""
        return self.faces > 0 or any(claim.label is not None for claim in self.claims.values())


@dataclass(frozen=True)
class Source:
    """A data set that `prepare` understands.

    Attributes:
        kind: its name.
        title: one line for help and for messages.
        explain: files and options -> how much of them the source explains, or None where they are
            nothing of its own; quick.
        read: files and options -> Reading; raises DataError where they are nothing of its own.
        photos: whether its images may hold faces still to be found; False where the source holds
            cropped faces by definition.
    """

    kind: str
    title: str
    explain: "Callable[[Layout, Options], Explanation | None]"
    read: "Callable[[Layout, Options], Reading]"
    photos: bool = True
