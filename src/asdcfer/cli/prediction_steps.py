"""Steps of `asdcfer predict`: what is named, the run, and what is printed at once."""

import contextlib
import functools
import signal
from collections.abc import Callable, Iterator

import typer

from asdcfer.api.prediction_inputs import Camera
from asdcfer.api.prediction_run import PredictionRun
from asdcfer.cli.console_progress import ConsoleProgress
from asdcfer.cli.prediction_lines import (
    line_of_a_live_picture,
    line_of_what_is_left,
    line_of_what_is_written,
    lines_of_what_is_missing,
)
from asdcfer.cli.prediction_rows import print_frame, print_json, print_table
from asdcfer.errors import InputError
from asdcfer.recognition.stream import is_address, public_address
from asdcfer.recognition.video import Frame


def live_source(inputs: list[str], seconds: float | None, retry: float) -> Camera:
    """Return the camera or stream that is meant; camera 0 where none is named.

    Raises:
        InputError: more than one is named.
    """
    if len(inputs) > 1:
        raise InputError("--webcam takes one camera or stream, and no files beside it")
    source = inputs[0] if inputs else "0"
    return Camera(int(source) if source.isdecimal() else source, seconds, retry)


def named_files(inputs: list[str] | None) -> list[str]:
    """Return what is named as files.

    Raises:
        InputError: nothing is, or a stream is.
    """
    if not inputs:
        raise InputError(
            "name photos, videos or folders, or use --webcam; see: asdcfer predict --help"
        )
    for one in inputs:
        if is_address(one):
            shown = public_address(one)
            raise InputError(f"{shown} is the address of a stream: --webcam {shown}")
    return inputs


def recognize(run: PredictionRun, as_json: bool) -> None:
    """Recognize, write the table, print what was asked for, draw; each as soon as it is known."""
    try:
        try:
            with ConsoleProgress("files") as progress, _ended_by_a_supervisor(run):
                run.recognize(progress, _printing(run) if as_json else None)
        except KeyboardInterrupt:
            if run.table is None:
                _print_rows(run, as_json)
            raise
        run.write_table()
        lines = as_json and run.camera is not None
        if not lines and (as_json or run.table is None):
            _print_rows(run, as_json)
        if run.camera is not None:
            typer.echo(line_of_a_live_picture(run), err=True)
        if run.table is not None:
            typer.echo(line_of_what_is_written(run), err=True)
        run.draw_timelines(progress)
    except KeyboardInterrupt:
        typer.echo(f"asdcfer: interrupted; {line_of_what_is_left(run)}", err=True)
        raise typer.Exit(130) from None


def tell_what_is_missing(run: PredictionRun) -> None:
    """Print what is left out, missing or lost.

    Raises:
        Exit: with status 1, where the run failed.
    """
    for line in lines_of_what_is_missing(run):
        typer.echo(line, err=True)
    if run.failed:
        raise typer.Exit(1)


@contextlib.contextmanager
def _ended_by_a_supervisor(run: PredictionRun) -> Iterator[None]:
    """Take the signal TERM for Ctrl-C in a live picture, which may run for months unattended."""
    if run.camera is None:
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _printing(run: PredictionRun) -> Callable[[Frame], None] | None:
    """Return what prints each frame of a live picture; None for files."""
    return None if run.camera is None else functools.partial(print_frame, run.camera.name)


def _print_rows(run: PredictionRun, as_json: bool) -> None:
    if as_json:
        print_json(run.faces)
    else:
        print_table(run.faces)
