"""Lines that `predict` tells about a run: what is written, missing, and left."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from asdcfer.predict.inputs import as_words
from asdcfer.predict.journal import legible
from asdcfer.predict.live import LiveSummary

if TYPE_CHECKING:
    from asdcfer.api.prediction_run import PredictionRun


def lines_of_what_is_missing(run: "PredictionRun") -> Iterator[str]:
    """Yield a line for a lost stream, files left out, copies that are missing, and lost sound."""
    if isinstance(run.summary, LiveSummary) and run.summary.fault:
        yield f"asdcfer: {run.summary.fault}"
    if run.passed_over:
        yield (
            f"asdcfer: left out of the folders, as no photo or video: {as_words(run.passed_over)}; "
            "name a file outright to try it"
        )
    for lines, what in (
        (run.summary.uncopied, ("annotated copy is missing", "annotated copies are missing")),
        (run.summary.silent, ("annotated copy lacks sound", "annotated copies lack sound")),
    ):
        if lines:
            yield f"asdcfer: {len(lines)} {what[len(lines) > 1]}: {legible(lines[0])}"
    bare = run.summary.uncovered
    if bare:
        yield (
            f"asdcfer: in {len(bare)} blurred cop{'ies' if len(bare) > 1 else 'y'} nothing is "
            f"covered, as no face was found; look at {'them' if len(bare) > 1 else 'it'}: "
            f"{legible(bare[0])}"
        )


def line_of_a_live_picture(run: "PredictionRun") -> str:
    """Return a line that says how many frames a camera or a stream gave."""
    assert run.camera is not None
    assert isinstance(run.summary, LiveSummary)
    live = run.summary
    rate = f" ({live.frames / live.seconds:.1f} a second)" if live.seconds else ""
    notes = [f"{live.with_face:,} with a face"]
    if live.left_out:
        notes.append(f"{live.left_out:,} left out for newer ones")
    return (
        f"asdcfer: {run.camera.name}: {live.frames:,} frames in {live.seconds:.1f} s{rate}, "
        f"{', '.join(notes)}"
    )


def line_of_what_is_written(run: "PredictionRun") -> str:
    """Return a line that says how many files are in the table, and what its rows say."""
    summary = run.summary
    notes = [
        f"{count} {words}"
        for count, words in (
            (summary.failed, "could not be read"),
            (summary.broken, "broke off"),
            (summary.resumed, "were done before"),
        )
        if count
    ]
    count = summary.files + summary.resumed
    note = f" ({', '.join(notes)})" if notes else ""
    rows = run.statuses.total()
    words = ", ".join(f"{count:,} {status}" for status, count in run.statuses.most_common())
    return (
        f"{run.table}: {count:,} file{'s' if count != 1 else ''}{note}; "
        f"{rows:,} row{'s' if rows != 1 else ''}: {words}"
    )


def line_of_what_is_left(run: "PredictionRun") -> str:
    """Return what an interrupted run leaves."""
    if run.table is None:
        return "only what is printed was recognized, and nothing of it is kept (--out keeps it)"
    if not run.journal.path.exists() or run.written:
        return f"{run.table} is complete"
    if run.camera is not None:
        return f"the rows are in {run.journal.path}"
    return f"finished files are kept, go on with: --out {run.table} --resume"
