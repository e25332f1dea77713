"""The sources by name, recognition of a path, and `prepare`: path -> pack."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from asdcfer.data.datasets import (
    affectnet,
    ckplus,
    fer2013,
    fer2013_folders,
    ferplus,
    jaffe,
    rafdb,
    tree,
    unlabeled,
)
from asdcfer.data.datasets.source import Crop, Options, Reading, Source
from asdcfer.data.pack import Pack, PackItem, load_pack, write_pack
from asdcfer.errors import DataError

SOURCES: dict[str, Source] = {
    source.kind: source
    for source in (
        fer2013.SOURCE,
        ferplus.SOURCE,
        rafdb.SOURCE,
        fer2013_folders.SOURCE,
        affectnet.SOURCE,
        ckplus.SOURCE,
        jaffe.SOURCE,
        tree.SOURCE,
        unlabeled.SOURCE,
    )
}
"""Kind -> source, in the order in which `recognize` tries them: the most specific first."""

Progress = Callable[[int, float], None]
"""Called after each face with the number of faces so far and the fraction of the input that is
read.
"""


def recognize(path: Path) -> tuple[Source, str]:
    """Return the source that a path holds, and one line that says by what it was recognized.

    Raises:
        DataError: the path is missing, empty, or nothing that a source knows.
    """
    if not path.exists():
        raise DataError(f"there is nothing at {path}")
    if (path / "pack.json").is_file():
        raise DataError(f"{path} is a pack already; prepare wants the data it was made from")
    for source in SOURCES.values():
        reason = source.recognize(path)
        if reason:
            return source, reason
    if path.is_dir():
        raise DataError(
            f"{path} holds no images; expected a data set ({', '.join(SOURCES)}) or a folder of "
            "images"
        )
    raise DataError(
        f"{path} is no data set that prepare knows; expected a FER-2013 CSV (emotion,pixels,Usage; "
        "plain or gzip) or a folder"
    )


def prepare(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    kind: str = "auto",
    size: int = 48,
    crop: Crop | None = None,
    *,
    color: bool = False,
    expressions: int | None = None,
    targets: str = "majority",
    votes: str | os.PathLike[str] | None = None,
    own_classes: bool = False,
    max_pixels: int = 50_000_000,
    progress: Progress | None = None,
    told: Callable[[str], None] | None = None,
) -> Pack:
    """Turn a data set or a folder of images into a pack, whole or not at all; the same input gives
    the same bytes.

    Args:
        source: CSV file or folder.
        out: the pack to make; an existing pack there is replaced once the new one is complete.
        kind: a name in `SOURCES`, or "auto".
        size: side of the pack's square images in pixels, 8..1024.
        crop: RGB uint8 (H,W,3) -> aligned face crops, for raw photos; None takes each image as one
            cropped face.
        color: RGB instead of gray.
        expressions: 7 or 8 classes, where the source leaves the choice.
        targets: FER+: "majority", "plurality" or "probability".
        votes: FER+: fer2013new.csv, where it does not lie beside the pixels; given, it means kind
            "ferplus".
        own_classes: `tree`: keep the folder names as labels.
        max_pixels: larger images are skipped.
        progress: called after each face with (faces so far, fraction of the input read).
        told: called with one line that says what was recognized.

    Returns:
        The pack, opened.

    Raises:
        DataError: the source is missing, empty, unknown or malformed.
    """
    path = Path(source)
    if max_pixels < 1:
        raise DataError(f"max_pixels {max_pixels}: expected 1 or more")
    if not 8 <= size <= 1024:
        raise DataError(f"size {size}: expected 8 to 1024 pixels")
    if expressions not in (None, 7, 8):
        raise DataError(f"expressions {expressions}: expected 7 or 8")
    if targets not in ferplus.TARGETS:
        raise DataError(f"targets {targets!r}: expected {', '.join(ferplus.TARGETS)}")
    if not path.exists():
        raise DataError(f"there is nothing at {path}")
    if votes is not None and kind == "auto":
        kind = "ferplus"
    if kind != "auto" and kind not in SOURCES:
        raise DataError(f"unknown kind {kind!r}; expected auto, {', '.join(SOURCES)}")
    options = Options(
        size,
        color,
        crop,
        expressions,
        targets,
        Path(votes) if votes else None,
        own_classes,
        max_pixels,
    )
    try:
        chosen, reason = recognize(path) if kind == "auto" else (SOURCES[kind], "as asked")
        if crop is not None and not chosen.photos:
            raise DataError(
                f"{path} is {chosen.kind}, whose images are cropped faces already; leave --detect "
                "away"
            )
        if told:
            told(
                f"{path}: {'recognized' if kind == 'auto' else 'read'} as {chosen.kind} "
                f"({chosen.title}): {reason}"
            )
        reading = chosen.read(path, options)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    about = {
        "kind": chosen.kind,
        **reading.about,
        "size": size,
        "color": color,
        "detected": crop is not None,
    }
    write_pack(
        out,
        _watched(reading, progress),
        expressions=reading.expressions,
        source=about,
        skipped=reading.skipped,
    )
    return load_pack(out)


def _watched(reading: Reading, progress: Progress | None) -> Iterator[PackItem]:
    for done, face in enumerate(reading.faces, 1):
        yield face
        if progress:
            progress(done, reading.fraction())
