"""`asdcfer predict`: expressions in photos, folders, videos and the camera's picture, as rows."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from asdcfer.predict.batch import Summary
    from asdcfer.predict.journal import Journal
    from asdcfer.recognition.recognizer import Recognizer

_SETTING = "Recognition"
_OUTPUT = "Output"


def predict(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT...",
            help="Photos, videos, folders (searched recursively), globs.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Table to write: .csv, .json or .parquet.",
            show_default=False,
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    annotate: Annotated[
        Path | None,
        typer.Option(
            "--annotate",
            metavar="DIR",
            help="Folder for copies with boxes and scores drawn in.",
            show_default=False,
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Lay the attention that led to the answer over the annotated copies.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE.png",
            help="Timeline of a video's scores; with several videos, one file each.",
            show_default=False,
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the rows as JSON.", rich_help_panel=_OUTPUT)
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with an interrupted run of the same --out.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace results that are there.", rich_help_panel=_OUTPUT),
    ] = False,
    webcam: Annotated[
        bool,
        typer.Option("--webcam", help="Take the camera's picture instead of files, until Ctrl-C."),
    ] = False,
    camera: Annotated[int, typer.Option("--camera", help="Number of the camera.")] = 0,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", help="Stop the camera after so long.", show_default=False),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help=(
                "A safetensors or ONNX file, the folder of a run or a finetune, or a name of "
                "`asdcfer models`."
            ),
            rich_help_panel=_SETTING,
        ),
    ] = "default",
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            help="torch or onnx; auto goes by the model's suffix.",
            rich_help_panel=_SETTING,
        ),
    ] = "auto",
    device: Annotated[
        str, typer.Option("--device", help="auto, cpu, cuda, ...", rich_help_panel=_SETTING)
    ] = "auto",
    no_detect: Annotated[
        bool,
        typer.Option(
            "--no-detect",
            help="Each picture is one face already cropped.",
            rich_help_panel=_SETTING,
        ),
    ] = False,
    detector: Annotated[
        str,
        typer.Option(
            "--detector", help="yunet, or lbp (needs scikit-image).", rich_help_panel=_SETTING
        ),
    ] = "yunet",
    detector_model: Annotated[
        Path | None,
        typer.Option(
            "--detector-model",
            help="YuNet file; that of this package otherwise.",
            show_default=False,
            rich_help_panel=_SETTING,
        ),
    ] = None,
    score_threshold: Annotated[
        float,
        typer.Option(
            "--score-threshold",
            min=0,
            max=1,
            help="Weakest detection to keep.",
            rich_help_panel=_SETTING,
        ),
    ] = 0.8,
    min_face: Annotated[
        float,
        typer.Option(
            "--min-face",
            min=0,
            help="Smaller faces (pixels) are listed as uncertain.",
            rich_help_panel=_SETTING,
        ),
    ] = 24,
    abstain_below: Annotated[
        float | None,
        typer.Option(
            "--abstain-below",
            min=0,
            max=1,
            help="Call answers with less confidence uncertain.",
            show_default=False,
            rich_help_panel=_SETTING,
        ),
    ] = None,
    every: Annotated[
        int,
        typer.Option(
            "--every", min=1, help="Every nth frame of a video only.", rich_help_panel=_SETTING
        ),
    ] = 1,
    tracking: Annotated[
        bool,
        typer.Option(
            "--tracking/--no-tracking",
            help="Video: follow faces, so that a face id stays with a person.",
            rich_help_panel=_SETTING,
        ),
    ] = True,
    smoothing: Annotated[
        float,
        typer.Option(
            "--smoothing",
            min=0,
            help="Video: seconds over which a face's scores are averaged; 0 is off.",
            rich_help_panel=_SETTING,
        ),
    ] = 0.3,
) -> None:
    """Recognize expressions in photos, folders and videos.

    One row a face and frame: file, frame, time in seconds, face id, box (x, y, width, height in
    pixels of the picture), the probability of each expression, the expression, its confidence, and
    a status. Without --out a small table is printed.

    No face gives one row with the status "no face". Several faces give a row each, the largest
    first. A face under --min-face pixels is listed with its scores but named "uncertain", status
    "too small". A file that cannot be read is a row with the reason ("error: ..."); a video that
    breaks off keeps its rows and ends with "broken off: ...". Animated pictures give their first
    frame; EXIF rotation is applied.

    Copies in --annotate keep their files' names below the folder that was named, or below the one
    that holds all inputs where names would be equal. No input is ever replaced, not even with
    --force.

    Exit status: 0, or 1 when no file at all could be read, or 2 for a wrong option.

    Examples:

      asdcfer predict photo.jpg

      asdcfer predict holiday/ --out results.csv --annotate drawn/ --explain

      asdcfer predict interview.mp4 --out scores.parquet --plot timeline.png

      asdcfer predict "faces/*.png" --no-detect --abstain-below 0.5 --json

      asdcfer predict --webcam
    """
    from asdcfer.errors import InputError
    from asdcfer.files import sha256
    from asdcfer.predict.inputs import collect
    from asdcfer.predict.output_paths import nothing_left, refuse_inputs
    from asdcfer.predict.table_io import check_table_path
    from asdcfer.predict.timeline import check_can_draw

    if webcam == bool(inputs):
        raise InputError(
            "name photos, videos or folders, or use --webcam (not both); see: asdcfer predict "
            "--help"
        )
    if webcam and (annotate or plot or resume):
        raise InputError("--annotate, --plot and --resume go with files, not with --webcam")
    if explain and annotate is None:
        raise InputError("--explain draws into annotated copies; add --annotate DIR")
    if resume and out is None:
        raise InputError("--resume goes on with the run of an --out file; add --out")
    if out is not None:
        check_table_path(out)
    if plot is not None:
        check_can_draw(plot)
    files = [] if webcam else collect(inputs or [], [annotate] if annotate else [])
    if plot is not None and all(item.kind == "photo" for item in files):
        raise InputError("--plot draws the timeline of a video, and no video is among the inputs")
    refuse_inputs(files, out, annotate, plot)
    if not force and nothing_left(files, out, annotate, plot, resume):
        typer.echo(f"{out} is complete already; use --force to make it again", err=True)
        return

    from asdcfer.predict.batch import Settings
    from asdcfer.predict.progress import predict_camera_with_display, predict_files_with_progress
    from asdcfer.recognition.recognizer import Recognizer

    recognizer = Recognizer(
        model,
        device,
        backend,  # type: ignore[arg-type]
        detect=not no_detect,
        detector=detector,
        detector_model=detector_model,
        score_threshold=score_threshold,
        min_face=min_face,
        abstain_below=abstain_below,
        tracking=tracking,
        smoothing=smoothing,
    )
    if explain and not recognizer.explains:
        raise InputError(
            f"--explain needs gradients, which {recognizer.runtime.name} does not give; choose a "
            "model that runs by torch, or leave it away"
        )
    settings = {
        "model": recognizer.card.get("hashes", {}).get("weights")
        or recognizer.card.get("weights_hash")
        or model,
        "precision": recognizer.card.get("precision"),
        "detect": not no_detect,
        "detector": detector,
        "score_threshold": score_threshold,
        "detector_model": sha256(detector_model)
        if detector_model is not None and detector_model.is_file()
        else None,
        "min_face": min_face,
        "abstain_below": abstain_below,
        "every": every,
        "tracking": tracking,
        "smoothing": smoothing,
        "annotate": None if annotate is None else os.path.realpath(annotate),
        "explain": explain,
        "camera": camera if webcam else None,
    }
    with _journal(out, settings, resume) as journal:
        try:
            if webcam:
                summary = predict_camera_with_display(recognizer, journal, camera, seconds)
            else:
                summary = predict_files_with_progress(
                    recognizer, files, journal, Settings(every, annotate, explain)
                )
        except InputError:
            if webcam:
                journal.delete()  # the camera gave nothing
            raise
        except KeyboardInterrupt:
            if out is None:
                _print(recognizer, journal, as_json)
            _tell_interrupted(out, journal)
            raise typer.Exit(130) from None
        try:
            _results(recognizer, journal, out, plot, as_json, summary)
        except KeyboardInterrupt:
            _tell_interrupted(out, journal)
            raise typer.Exit(130) from None
    if summary.files and summary.failed == summary.files:
        raise typer.Exit(1)


def _journal(out: Path | None, settings: dict[str, Any], resume: bool) -> Any:
    """Open the journal beside the output, or in a temporary folder where there is none."""
    import contextlib
    import tempfile

    from asdcfer.predict.journal import Journal
    from asdcfer.predict.output_paths import partial_path

    stack = contextlib.ExitStack()
    path = (
        partial_path(out)
        if out is not None
        else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="asdcfer-"))) / "rows"
    )

    @contextlib.contextmanager
    def opened() -> Any:
        with stack, Journal(path, settings, resume) as journal:
            yield journal

    return opened()


def _results(
    recognizer: "Recognizer",
    journal: "Journal",
    out: Path | None,
    plot: Path | None,
    as_json: bool,
    summary: "Summary",
) -> None:
    """Write the table, print what was asked for, draw the timelines; a table that is complete has
    no journal beside it, whatever becomes of these.
    """
    from asdcfer.predict.display import write_timelines
    from asdcfer.predict.journal import columns
    from asdcfer.predict.table_io import write_table

    if out is not None:
        write_table(out, journal.rows(), columns(recognizer.expressions))
    try:
        if as_json or out is None:
            _print(recognizer, journal, as_json)
        if out is not None:
            notes = [f"{summary.failed} could not be read"] * bool(summary.failed) + [
                f"{summary.broken} broke off"
            ] * bool(summary.broken)
            notes += [f"{summary.resumed} were done before"] * bool(summary.resumed)
            count = summary.files + summary.resumed
            typer.echo(
                (
                    f"{out}: {count} "
                    f"file{'s' if count != 1 else ''}{' (' + ', '.join(notes) + ')' if notes else ''}"
                ),
                err=True,
            )
        if plot is not None:
            write_timelines(plot, journal, recognizer.expressions)
    finally:
        if out is not None:
            journal.delete()


def _print(recognizer: "Recognizer", journal: "Journal", as_json: bool) -> None:
    from asdcfer.predict.display import print_json, print_table
    from asdcfer.predict.journal import columns

    if as_json:
        print_json(journal, columns(recognizer.expressions))
    else:
        print_table(journal)


def _tell_interrupted(out: Path | None, journal: "Journal") -> None:
    if out is None:
        left = "only what is printed was recognized, and nothing of it is kept (--out keeps it)"
    elif not journal.path.exists():
        left = f"{out} is complete"
    elif any(name.startswith("webcam:") for name in journal.finished):
        left = f"the rows are in {journal.path}"
    else:
        left = f"finished files are kept, go on with: --out {out} --resume"
    typer.echo(f"asdcfer: interrupted; {left}", err=True)
