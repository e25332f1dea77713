"""`asdcfer predict`: expressions in photos, folders, videos and the camera's picture, as rows."""

from pathlib import Path
from typing import Annotated

import typer

from asdcfer.cli import engine_options
from asdcfer.cli import recognition_options as options
from asdcfer.cli.option_words import as_typed
from asdcfer.cli.shared_options import Labels, under_labels

_OUTPUT = "Output"


def predict(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT...",
            help="Photos, videos, folders (searched recursively), globs; with --webcam a camera.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Table to write: .csv, .tsv, .json, .jsonl or .parquet; with --shard a folder.",
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
    blur: Annotated[
        bool,
        typer.Option(
            "--blur",
            help="Make the faces in the annotated copies unrecognizable; see above.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    sound: Annotated[
        bool,
        typer.Option(
            "--sound/--no-sound",
            help="Annotated copies of videos keep their sound.",
            rich_help_panel=_OUTPUT,
        ),
    ] = True,
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
    people: Annotated[
        Path | None,
        typer.Option(
            "--people",
            metavar="NAMES.csv",
            help="Join faces into persons; a file in which you name and join them, see above.",
            show_default=False,
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the rows as JSON; of a live picture one line a frame, at once.",
            rich_help_panel=_OUTPUT,
        ),
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
        typer.Option(
            "--webcam",
            help=(
                "Take a live picture until Ctrl-C: INPUT is the number of a camera (0 where none "
                "is named) or the address of a stream (rtsp://, http://, ...)."
            ),
        ),
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", help="Stop the live picture after so long.", show_default=False),
    ] = None,
    retry: Annotated[
        float,
        typer.Option("--retry", min=0, help="Seconds for which a lost stream is tried again."),
    ] = 30.0,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help=(
                "A safetensors or ONNX file, the folder of a run or a finetune, or a name of "
                "`asdcfer models` or of a hub, hf:user/name."
            ),
            rich_help_panel=options.PANEL,
        ),
    ] = "default",
    labels: Labels = None,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            help="torch or onnx; auto takes ONNX where the model has it and there is no GPU.",
            rich_help_panel=options.PANEL,
        ),
    ] = "auto",
    device: options.Device = "auto",
    no_detect: Annotated[
        bool,
        typer.Option(
            "--no-detect",
            help="Each picture is one face already cropped.",
            rich_help_panel=options.PANEL,
        ),
    ] = False,
    detector: options.Detector = "yunet",
    detector_model: options.DetectorModel = None,
    score_threshold: options.ScoreThreshold = 0.8,
    min_face: options.MinFace = 24,
    abstain_below: options.AbstainBelow = None,
    max_yaw: options.MaxYaw = None,
    min_sharpness: options.MinSharpness = 0.2,
    max_pixels: options.MaxPixels = 80_000_000,
    every: Annotated[
        int,
        typer.Option(
            "--every", min=1, help="Every nth frame of a video only.", rich_help_panel=options.PANEL
        ),
    ] = 1,
    fps: Annotated[
        float | None,
        typer.Option(
            "--fps",
            help="Video: so many frames a second, in place of --every.",
            show_default=False,
            rich_help_panel=options.PANEL,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start",
            help="Video: where to begin: 80, 1:20.",
            show_default="its beginning",
            rich_help_panel=options.PANEL,
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(
            "--end",
            help="Video: where to end: 4:00.",
            show_default="its end",
            rich_help_panel=options.PANEL,
        ),
    ] = None,
    tracking: Annotated[
        bool,
        typer.Option(
            "--tracking/--no-tracking",
            help="Video: follow faces, so that a face id stays with a person.",
            rich_help_panel=options.PANEL,
        ),
    ] = True,
    smoothing: Annotated[
        float,
        typer.Option(
            "--smoothing",
            min=0,
            help="Video: seconds over which a face's scores are averaged; 0 is off.",
            rich_help_panel=options.PANEL,
        ),
    ] = 0.3,
    detect_every: Annotated[
        int | None,
        typer.Option(
            "--detect-every",
            min=1,
            help="Video: search whole frames every so many frames, and near known faces between.",
            show_default="where something changed, and every 0.4 s",
            rich_help_panel=options.PANEL,
        ),
    ] = None,
    shard: engine_options.Shard = None,
    engine: engine_options.EngineName = "local",
    address: engine_options.Address = "local",
    workers: engine_options.Workers = 2,
) -> None:
    """Recognize expressions in photos, folders and videos.

    One row a face and frame: file, frame, time in seconds, face id, box (x, y, width, height in
    pixels of the picture), the probability of each expression, the expression, its confidence, and
    a status. Then come measures of quality: score of the detector, yaw (to the right of the
    picture), pitch (up) and roll (clockwise) in degrees, sharpness, and the distance of the eyes in
    pixels. Without --out a small table is printed.

    No face gives one row with the status "no face". Several faces give a row each, the largest
    first. A face under --min-face pixels is listed with its scores but named "uncertain", status
    "too small"; so is one beyond --max-yaw, "turned away", or under --min-sharpness, "blurred". A
    file that cannot be read is a row with the reason ("error: ..."); a video that breaks off keeps
    its rows and ends with "broken off: ...". Animated pictures give their first frame; EXIF
    rotation is applied.

    Copies in --annotate keep their files' names below the folder that was named, or below the one
    that holds all inputs where names would be equal. No input is ever replaced, not even with
    --force.

    The copy of a video keeps its sound; that of a part (--start, --end) begins at 0. --blur leaves
    at most 36 colors of each face, also in the frames shortly before and after those in which it
    was found. It cannot promise that every face is found: one that is turned away, covered or tiny
    may stay as it is (a lower --score-threshold finds more), and so do voices (--no-sound), bodies,
    clothes, places, writing and file names. Look at the copies before you give them away.

    --people joins the tracks of a face into persons, which are columns of the table, and writes one
    row a person with a picture of each. Change the names there: persons of one name are one, for
    `asdcfer summarize --names` and when you predict again. Persons are told apart by features
    that were learnt without names, within one recording: it is no face identification. Look-alikes
    are joined, and one face in another light, pose or photo becomes another person.

    A live picture gives its newest frame each time; frames that come meanwhile are left out. A
    stream that is lost is tried again for --retry seconds. Passwords in an address are not shown.
    Ctrl-C, or the signal TERM, ends it with its table and a summary.

    A folder's photos and videos are known by their suffixes; links to folders are followed. What is
    left out is counted at the end; a file that is named outright is tried whatever its suffix.

    Exit status: 0, or 1 when no file at all could be read, an annotated copy not written or a live
    picture lost, or 2 for a wrong option.

    For example:

      asdcfer predict photo.jpg

      asdcfer predict holiday/ --out results.csv --annotate drawn/ --explain

      asdcfer predict interview.mp4 --out scores.parquet --plot timeline.png

      asdcfer predict interview.mp4 --out scores.csv --fps 3 --start 1:20 --end 4:00

      asdcfer predict interview.mp4 --out scores.csv --people names.csv

      asdcfer predict interview.mp4 --annotate to_show/ --blur --no-sound

      asdcfer predict "faces/*.png" --no-detect --abstain-below 0.5 --json

      asdcfer predict holiday/ --model hf:user/name@v1 --device openvino --out results.csv

      asdcfer predict /shared/videos --engine ray --address auto --workers 32 --out results.parquet

      asdcfer predict --webcam

      asdcfer predict --webcam rtsp://10.0.0.7/live --json
    """
    from asdcfer import api
    from asdcfer.api.prediction_run import PredictionRun
    from asdcfer.cli import prediction_steps as steps
    from asdcfer.recognition.frame_sampling import seconds_of_clock

    settings = api.PredictSettings(
        model=under_labels(model, labels),
        device=device,
        backend=backend,  # type: ignore[arg-type]  # checked by the runtime
        detect=not no_detect,
        detector=detector,
        detector_model=detector_model,
        score_threshold=score_threshold,
        min_face=min_face,
        abstain_below=abstain_below,
        max_yaw=max_yaw,
        min_sharpness=min_sharpness,
        every=every,
        fps=fps,
        start=0.0 if start is None else seconds_of_clock(start),
        end=None if end is None else seconds_of_clock(end),
        tracking=tracking,
        smoothing=smoothing,
        detect_every=detect_every,
        max_pixels=max_pixels,
        engine=api.Engine(engine, address, workers),
    )
    outputs = api.PredictOutputs(
        out, annotate, explain, plot, resume, force, blur, sound, people, shard
    )
    given = steps.live_source(inputs or [], seconds, retry) if webcam else steps.named_files(inputs)
    run = PredictionRun(given, settings, outputs, as_typed)
    if run.complete:
        typer.echo(f"{out} is complete already; use --force to make it again", err=True)
        return
    with run:
        steps.recognize(run, as_json)
    steps.tell_what_is_missing(run)
