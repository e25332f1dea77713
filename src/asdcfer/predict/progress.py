"""Progress of `asdcfer predict`: a bar for files, one line for the camera."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asdcfer.predict.batch import Settings, Summary
    from asdcfer.predict.inputs import Input
    from asdcfer.predict.journal import Journal
    from asdcfer.recognition.recognizer import Recognizer


def predict_files_with_progress(
    recognizer: "Recognizer", files: "list[Input]", journal: "Journal", settings: "Settings"
) -> "Summary":
    """Recognize files under a progress bar; its unit is the file, with the share of a video counted
    in.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from asdcfer.predict.batch import predict_files

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]}/{task.total:.0f} files  {task.fields[rate]}"),
        TextColumn("time left"),
    )
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        finished = sum(item.key in journal.finished for item in files)
        task = bar.add_task("reading", total=len(files), completed=finished, done=finished, rate="")
        frames = 0

        def progress(name: str, share: float, new: int) -> None:
            nonlocal finished, frames
            frames += new
            finished += share >= 1
            elapsed = bar.tasks[task].elapsed or 0.0
            rate = f"{frames / elapsed:,.1f} frames/s" if elapsed > 0 else ""
            bar.update(
                task,
                description=Path(name).name[-28:],
                completed=finished + (share if share < 1 else 0),
                done=finished,
                rate=rate,
            )

        return predict_files(recognizer, files, journal, settings, progress)


def predict_camera_with_display(
    recognizer: "Recognizer", journal: "Journal", camera: int, seconds: float | None
) -> "Summary":
    """Recognize the camera's pictures and show each frame's faces on one line."""
    from rich.console import Console
    from rich.live import Live

    from asdcfer.predict.batch import predict_frames
    from asdcfer.recognition.camera import camera_frames

    with Live(console=Console(stderr=True), transient=True) as live:

        def told(frame: Any) -> None:
            rate = (frame.index + 1) / frame.time if frame.time else 0.0
            faces = "   ".join(
                f"face {face.id}: {face.expression} {face.confidence:.0%}" for face in frame.faces
            )
            live.update(
                f"{frame.time:7.1f} s  {rate:5.1f} frames/s  {faces or 'no face'}  (Ctrl-C ends)"
            )

        return predict_frames(
            recognizer, camera_frames(camera, seconds), f"webcam:{camera}", journal, told
        )
