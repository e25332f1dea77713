"""`asdcfer predict`: expressions in photos, folders, videos and the camera's picture, as rows."""

import typer

from asdcfer.cli import engine_options, prediction_options
from asdcfer.cli import recognition_options as options
from asdcfer.cli.option_words import as_typed
from asdcfer.cli.shared_options import Labels, under_labels


def predict(
    inputs: prediction_options.Inputs = None,
    out: prediction_options.Out = None,
    annotate: prediction_options.Annotate = None,
    explain: prediction_options.Explain = False,
    blur: prediction_options.Blur = False,
    sound: prediction_options.Sound = True,
    plot: prediction_options.Plot = None,
    people: prediction_options.People = None,
    as_json: prediction_options.Json = False,
    resume: prediction_options.Resume = False,
    force: prediction_options.Force = False,
    webcam: prediction_options.Webcam = False,
    seconds: prediction_options.Seconds = None,
    retry: prediction_options.Retry = 30.0,
    model: prediction_options.Model = "default",
    labels: Labels = None,
    backend: prediction_options.Backend = "auto",
    device: options.Device = "auto",
    no_detect: prediction_options.NoDetect = False,
    detector: options.Detector = "yunet",
    detector_model: options.DetectorModel = None,
    score_threshold: options.ScoreThreshold = 0.8,
    min_face: options.MinFace = 24,
    abstain_below: options.AbstainBelow = None,
    max_yaw: options.MaxYaw = None,
    min_sharpness: options.MinSharpness = 0.2,
    max_pixels: options.MaxPixels = 80_000_000,
    every: prediction_options.Every = 1,
    fps: prediction_options.Fps = None,
    start: prediction_options.Start = None,
    end: prediction_options.End = None,
    tracking: prediction_options.Tracking = True,
    smoothing: prediction_options.Smoothing = 0.3,
    detect_every: prediction_options.DetectEvery = None,
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
