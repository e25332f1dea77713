"""Where a run writes: never over its own inputs, nor over results unless it is told to."""

import glob
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asdcfer.errors import InputError
from asdcfer.predict.journal import legible
from asdcfer.predict.table_io import files_in_table

if TYPE_CHECKING:
    from asdcfer.predict.inputs import Input

AnyPath = str | os.PathLike[str]
_WRITTEN_PHOTOS = (".jpg", ".jpeg", ".png")
_LONGEST_JPEG = 65_500
"""Longest side of a JPEG file, pixels."""


def partial_path(out: Path) -> Path:
    """Return where the journal of a run lies, beside its table.

    Example:
        >>> str(partial_path(Path("a/r.csv")))
        'a/r.csv.partial'
    """
    return _with(out, ".partial")


def photo_copy_name(name: Path, long_side: int) -> Path:
    """Return the name of the annotated copy of a photo.

    Args:
        name: of the photo; JPEG and PNG keep it, others get .png added.
        long_side: of the photo, pixels; one too long for a JPEG gets .png added, too.

    Example:
        >>> str(photo_copy_name(Path("a/b.jpg"), 640)), str(photo_copy_name(Path("c.gif"), 640))
        ('a/b.jpg', 'c.gif.png')
    """
    suffix = name.suffix.lower()
    fits = suffix == ".png" or long_side <= _LONGEST_JPEG
    return name if fits and suffix in _WRITTEN_PHOTOS else _with(name, ".png")


def video_copy_name(name: Path) -> Path:
    """Return the name of the annotated copy of a video: its own, with .mp4 added to others.

    Example:
        >>> str(video_copy_name(Path("a.mov")))
        'a.mov.mp4'
    """
    return name if name.suffix.lower() == ".mp4" else _with(name, ".mp4")


def copy_names(name: Path) -> tuple[Path, Path, Path]:
    """Return all names that the annotated copy of a file may get.

    Example:
        >>> [str(copy) for copy in copy_names(Path("a/b.gif"))]
        ['a/b.gif', 'a/b.gif.png', 'a/b.gif.mp4']
    """
    return name, _with(name, ".png"), _with(name, ".mp4")


def _with(name: Path, suffix: str) -> Path:
    """Return a name with a suffix added, cut and numbered where it would become too long."""
    raw = os.fsencode(name.name)
    if len(raw) + len(suffix) <= _LONGEST_NAME:
        return name.with_name(name.name + suffix)
    mark = f"~{zlib.crc32(raw):08x}{suffix}"
    kept = raw[: _LONGEST_NAME - len(mark)].decode("utf-8", "ignore")  # no half letter at its end
    return name.with_name(kept + mark)


_LONGEST_NAME = 255
"""Bytes of a file's name, on nearly every file system."""


def timeline_path(plot: Path, video: Path, number: int | None) -> Path:
    """Return where the timeline of a video goes.

    Args:
        plot: the path that was asked for.
        video: whose timeline it is.
        number: of the video among several; None where it is the only one.

    Example:
        >>> str(timeline_path(Path("t.png"), Path("in/a.mp4"), 1))
        't_1_a.png'
    """
    return (
        plot
        if number is None
        else _with(plot.with_name(f"{plot.stem}_{number}_{video.stem}"), plot.suffix)
    )


def keep_apart(
    outputs: Mapping[str, AnyPath | None], inputs: Iterable[AnyPath | None] = ()
) -> None:
    """Check that each output has a place of its own, which is none of the inputs.

    Args:
        outputs: argument -> where it is written; None is not written.
        inputs: files that are read.

    Raises:
        InputError: one output would replace another or an input, under whatever name or link.

    Example:
        >>> keep_apart({"table": Path("a.csv"), "people": Path("./a.csv")})
        Traceback (most recent call last):
        asdcfer.errors.InputError: `table` and `people` would both write a.csv; name two files
    """
    read = {os.path.realpath(path) for path in inputs if path is not None}
    taken: dict[str, str] = {}
    for name, path in outputs.items():
        if path is None:
            continue
        place = os.path.realpath(path)
        if place in read:
            raise InputError(
                f"{path} is one of the inputs and would be replaced; choose another name for "
                f"`{name}`"
            )
        if place in taken:
            raise InputError(
                f"`{taken[place]}` and `{name}` would both write {path}; name two files"
            )
        taken[place] = name


def refuse_inputs(
    inputs: "Sequence[Input]", out: Path | None, annotate: Path | None, plot: Path | None
) -> None:
    """Check that no table, timeline or annotated copy would replace a file that is read.

    Raises:
        InputError: one would, under whatever name or link; or `annotate` is a file.
    """
    read = {item.key for item in inputs}
    for target in [
        *([] if out is None else [out, partial_path(out)]),
        *([] if plot is None else _timelines(plot)),
    ]:
        if os.path.realpath(target) in read:
            raise InputError(
                f"{target} is one of the inputs and would be replaced; choose another name for the "
                "results"
            )
    if annotate is not None:
        if annotate.is_file():
            raise InputError(f"{annotate} is a file; the annotated copies want a folder")
        for target in _copies(inputs, annotate):
            if os.path.realpath(target) in read:
                raise InputError(
                    f"the annotated copies would replace the input {target}; choose another folder "
                    "for `annotate`"
                )


def nothing_left(
    inputs: "Sequence[Input]",
    out: Path | None,
    annotate: Path | None,
    plot: Path | None,
    resume: bool,
) -> bool:
    """Return whether a resumed run was complete.

    Raises:
        InputError: results of another run are there; or the table is complete but lacks inputs that
            came later.
    """
    partial = None if out is None else partial_path(out)
    going_on = resume and partial is not None and partial.exists()
    if out is not None and partial is not None and not going_on:
        if out.exists() and resume:
            return _holds_all(out, inputs)
        if out.exists():
            raise InputError(f"{out} is there already; use `force=True` to replace it")
        if partial.exists():
            raise InputError(
                f"an interrupted run left {partial}; go on with `resume=True`, or start again "
                "with `force=True`"
            )
    if annotate is not None and not going_on and annotate.is_dir() and any(annotate.iterdir()):
        raise InputError(f"the folder {annotate} is not empty; use `force=True` to write into it")
    if plot is not None and (taken := [path for path in _timelines(plot) if path.exists()]):
        raise InputError(f"{taken[0]} is there already; use `force=True` to replace it")
    return False


def _holds_all(out: Path, inputs: "Sequence[Input]") -> bool:
    names = files_in_table(out)
    keys = {os.path.realpath(name) for name in names}
    # Which model and settings made a finished table is not written in it, so that rows of this run
    # are not put under its rows.
    missing = [
        item for item in inputs if item.key not in keys and legible(str(item.path)) not in names
    ]
    if missing:
        which = f"{missing[0].path}" + (
            f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        )
        raise InputError(
            f"{out} is complete but does not hold {which}; name those with another `table`, or "
            "make the whole table again with `force=True`"
        )
    return True


def _timelines(plot: Path) -> list[Path]:
    """Return the timeline, and those numbered by video (see `timeline_path`) that are there."""
    return [plot, *plot.parent.glob(f"{glob.escape(plot.stem)}_[0-9]*_*{glob.escape(plot.suffix)}")]


def _copies(inputs: "Sequence[Input]", annotate: Path) -> Iterator[Path]:
    """Yield annotated copies whose names are taken; a name that is free replaces nothing."""
    if annotate.is_dir():
        yield from (
            annotate / name
            for item in inputs
            for name in copy_names(item.name)
            if os.path.lexists(annotate / name)
        )
