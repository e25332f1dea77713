"""Make a pack from a data set: recognize what a path holds, read its faces, write them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asdcfer.data.choose_source import Choice, choose, tell
from asdcfer.data.datasets.decode_ahead import Decoded
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.registry import SOURCES, source_of
from asdcfer.data.datasets.source import Options, Reading, Source, none_good_enough
from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.replaced_pack import unless_of_another
from asdcfer.data.sharded_pack import write_sharded_pack
from asdcfer.errors import DataError
from asdcfer.progress import SILENT, Progress

READ_BY = {
    "columns": ("list", "parquet"),
    "votes": ("ferplus",),
    "targets": ("ferplus", "ferplus_folders"),
}
"""Option -> the kinds of source that read it; under any other it would do nothing unseen."""


def recognize(path: Path, options: Options | None = None) -> Choice:
    """Return the source that a path holds, with what it makes of it.

    Args:
        path: file or folder.
        options: of `prepare`; None for the defaults.

    Raises:
        DataError: the path is missing, empty, or nothing that a source knows, or the user has to
            say how it is meant.
    """
    return choose(_layout(path), options or Options())


def _layout(path: Path) -> Layout:
    if not path.exists():
        raise DataError(f"there is nothing at {path}")
    if (path / "pack.json").is_file():
        raise DataError(f"{path} is a pack already; prepare wants the data it was made from")
    return Layout(path)


def prepare(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: Options | None = None,
    *,
    kind: str = "auto",
    per_shard: int | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Pack:
    """Turn a data set or a folder of images into a pack, whole or not at all.

    The same input gives the same bytes.

    Args:
        source: CSV file or folder.
        out: the pack to make; an existing pack of the same source is replaced once the new one is
            complete.
        options: size, color, cropping, classes and limits; None for the defaults.
        kind: a name in `SOURCES`; "auto" tries them all, and is "ferplus" where `options.votes`
            are given.
        per_shard: make a pack of shards of so many faces, for sets of millions; None makes one.
        force: replace a pack of another source too.
        progress: is told of each face, what the source was recognized as, what was understood
            beyond the letter, and how much is left out. The number of faces is estimated from the
            share of the input that is read.

    Returns:
        The pack, opened.

    Raises:
        DataError: the source is missing, empty, unknown or malformed, an option is out of range,
            the user has to say how the source is meant, or another source's pack is at `out`.
    """
    path, options = Path(source), options or Options()
    if not path.exists():
        raise DataError(f"there is nothing at {path}")
    if options.votes is not None and kind == "auto":
        kind = "ferplus"
    if options.labels_order is not None:
        # It reads YAML too, which the small install that recognizes goes without.
        from asdcfer.data.datasets.label_orders import check_order

        check_order(options.labels_order)
    if kind != "auto" and kind not in SOURCES:
        raise DataError(f"unknown kind {kind!r}; expected auto, {', '.join(SOURCES)}")
    try:
        layout = Layout(path) if kind != "auto" else _layout(path)
        choice = choose(layout, options) if kind == "auto" else None
        chosen = choice.source if choice else source_of(kind)
        if options.crop is not None and not chosen.photos:
            raise DataError(
                f"{path} is {chosen.kind}, whose images are cropped faces already; leave "
                "`detect=True` away"
            )
        _check_read(options, chosen, path)
        _tell(layout, chosen, choice, options, progress)
        reading = chosen.read(layout, options)
        if options.decode is not None and not isinstance(reading.faces, Decoded):
            raise DataError(
                f"{path} is {chosen.kind}, and workers decode image files only; leave `engine=ray` "
                "away"
            )
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    about = {
        "kind": chosen.kind,
        **reading.about,
        "size": options.size,
        "color": options.color,
        "detected": options.crop is not None,
    }
    if options.crop is not None:
        about.setdefault("left_out", options.left_out)
    faces = _watched(reading, progress, options)
    if not force:
        faces = unless_of_another(Path(out), faces, about, reading.names)
    known: dict[str, Any] = {
        "expressions": reading.expressions,
        "source": about,
        "skipped": reading.skipped,
    }
    if per_shard is None:
        write_pack(out, faces, **known)
    else:
        write_sharded_pack(out, faces, per_shard, **known)
    reading.finish()
    return load_pack(out)


def _check_read(options: Options, chosen: Source, path: Path) -> None:
    """Raise DataError where an option was given that this source does not read."""
    for name, kinds in READ_BY.items():
        if getattr(options, name) != getattr(_DEFAULTS, name) and chosen.kind not in kinds:
            raise DataError(
                f"`{name}` is for {' and '.join(kinds)}, and {path} is read as {chosen.kind}; "
                "leave it away, or say by `kind` what it is"
            )


_DEFAULTS = Options()


def _tell(
    layout: Layout,
    chosen: Source,
    choice: Choice | None,
    options: Options,
    progress: Progress,
) -> None:
    how = choice.explanation.by if choice else "as asked"
    verb = "recognized" if choice else "read"
    progress.message(f"{layout.path}: {verb} as {chosen.kind} ({chosen.title}): {how}")
    explained = choice.explanation if choice else chosen.explain(layout, options)
    if explained is not None:
        images = len(layout.images) + explained.faces
        tell(layout, choice or Choice(chosen, explained, images), progress)


def _watched(reading: Reading, progress: Progress, options: Options) -> Iterator[PackItem]:
    done = 0
    for done, face in enumerate(reading.faces, 1):
        yield face
        fraction = reading.fraction()
        progress(reading.stage, done, done / fraction if fraction > 0 else 0)
    if not done and options.left_out:
        raise none_good_enough(options.left_out)
