"""Where a run writes: never over one of its own inputs, and never over results that are there
unless it is told to.
"""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from asdcfer.errors import InputError
from asdcfer.predict.inputs import Input, copy_names
from asdcfer.predict.journal import legible
from asdcfer.predict.table_io import files_in_table


def partial_path(out: Path) -> Path:
    """Return where the journal of a run lies, beside its table.

    Example:
        >>> str(partial_path(Path("a/r.csv")))
        'a/r.csv.partial'
    """
    return out.with_name(out.name + ".partial")


def refuse_inputs(
    inputs: Sequence[Input], out: Path | None, annotate: Path | None, plot: Path | None
) -> None:
    """Check that no table, timeline or annotated copy would replace a file that is read.

    Raises:
        InputError: one would, under whatever name or link.
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
        for target in _copies(inputs, annotate):
            if os.path.realpath(target) in read:
                raise InputError(
                    f"the annotated copies would replace the input {target}; choose another folder "
                    "for --annotate"
                )


def nothing_left(
    inputs: Sequence[Input],
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
            raise InputError(f"{out} is there already; use --force to replace it")
        if partial.exists():
            raise InputError(
                f"an interrupted run left {partial}; go on with --resume, or start again with "
                "--force"
            )
    if annotate is not None and not going_on and annotate.is_dir() and any(annotate.iterdir()):
        raise InputError(f"the folder {annotate} is not empty; use --force to write into it")
    if plot is not None and (taken := [path for path in _timelines(plot) if path.exists()]):
        raise InputError(f"{taken[0]} is there already; use --force to replace it")
    return False


def _holds_all(out: Path, inputs: Sequence[Input]) -> bool:
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
            f"{out} is complete but does not hold {which}; name those with another --out, or make "
            "the whole table again with --force"
        )
    return True


def _timelines(plot: Path) -> list[Path]:
    """The timeline, and those numbered by video that are there."""
    return [plot, *plot.parent.glob(f"{glob.escape(plot.stem)}_[0-9]*_*{glob.escape(plot.suffix)}")]


def _copies(inputs: Sequence[Input], annotate: Path) -> Iterator[Path]:
    """Annotated copies whose names are taken; a name that is free replaces nothing."""
    if annotate.is_dir():
        yield from (
            annotate / name
            for item in inputs
            for name in copy_names(item.name)
            if os.path.lexists(annotate / name)
        )
