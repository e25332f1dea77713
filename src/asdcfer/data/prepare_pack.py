"""Make a pack from a data set: recognize what a path holds, read its faces, write them."""

import os
from collections.abc import Iterator
from pathlib import Path

from asdcfer.data.datasets.registry import SOURCES, source_of
from asdcfer.data.datasets.source import Options, Reading, Source
from asdcfer.data.pack import Pack, PackItem, load_pack, write_pack
from asdcfer.errors import DataError
from asdcfer.progress import SILENT, Progress


def recognize(path: Path) -> tuple[Source, str]:
    """Return the source that a path holds, and one line that says by what it was recognized.

    Raises:
        DataError: the path is missing, empty, or nothing that a source knows.
    """
    if not path.exists():
        raise DataError(f"there is nothing at {path}")
    if (path / "pack.json").is_file():
        raise DataError(f"{path} is a pack already; prepare wants the data it was made from")
    for kind in SOURCES:
        source = source_of(kind)
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
    options: Options | None = None,
    *,
    kind: str = "auto",
    progress: Progress = SILENT,
) -> Pack:
    """Turn a data set or a folder of images into a pack, whole or not at all.

    The same input gives the same bytes.

    Args:
        source: CSV file or folder.
        out: the pack to make; an existing pack there is replaced once the new one is complete.
        options: size, color, cropping, classes and limits; None for the defaults.
        kind: a name in `SOURCES`; "auto" tries them all, and is "ferplus" where `options.votes`
            are given.
        progress: is told of each face, and what the source was recognized as. The number of faces
            is estimated from the share of the input that is read.

    Returns:
        The pack, opened.

    Raises:
        DataError: the source is missing, empty, unknown or malformed, or an option is out of range.
    """
    path, options = Path(source), options or Options()
    if not path.exists():
        raise DataError(f"there is nothing at {path}")
    if options.votes is not None and kind == "auto":
        kind = "ferplus"
    if kind != "auto" and kind not in SOURCES:
        raise DataError(f"unknown kind {kind!r}; expected auto, {', '.join(SOURCES)}")
    try:
        chosen, reason = recognize(path) if kind == "auto" else (source_of(kind), "as asked")
        if options.crop is not None and not chosen.photos:
            raise DataError(
                f"{path} is {chosen.kind}, whose images are cropped faces already; leave "
                "`detect=True` away"
            )
        progress.message(
            f"{path}: {'recognized' if kind == 'auto' else 'read'} as {chosen.kind} "
            f"({chosen.title}): {reason}"
        )
        reading = chosen.read(path, options)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    about = {
        "kind": chosen.kind,
        **reading.about,
        "size": options.size,
        "color": options.color,
        "detected": options.crop is not None,
    }
    write_pack(
        out,
        _watched(reading, progress),
        expressions=reading.expressions,
        source=about,
        skipped=reading.skipped,
    )
    return load_pack(out)


def _watched(reading: Reading, progress: Progress) -> Iterator[PackItem]:
    for done, face in enumerate(reading.faces, 1):
        yield face
        fraction = reading.fraction()
        progress("reading", done, done / fraction if fraction > 0 else 0)
