"""Options of `predict` alone: inputs and outputs, live pictures, the model, frames of videos."""

from pathlib import Path
from typing import Annotated

import typer

from asdcfer.cli.recognition_options import PANEL

OUTPUT = "Output"
"""The panel of the help for what is written."""

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUT...",
        help="Photos, videos, folders (searched recursively), globs; with --webcam a camera.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="Table to write: .csv, .tsv, .json, .jsonl or .parquet; with --shard a folder.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Annotate = Annotated[
    Path | None,
    typer.Option(
        "--annotate",
        metavar="DIR",
        help="Folder for copies with boxes and scores drawn in.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Explain = Annotated[
    bool,
    typer.Option(
        "--explain",
        help="Lay the attention that led to the answer over the annotated copies.",
        rich_help_panel=OUTPUT,
    ),
]
Blur = Annotated[
    bool,
    typer.Option(
        "--blur",
        help="Make the faces in the annotated copies unrecognizable; see above.",
        rich_help_panel=OUTPUT,
    ),
]
Sound = Annotated[
    bool,
    typer.Option(
        "--sound/--no-sound",
        help="Annotated copies of videos keep their sound.",
        rich_help_panel=OUTPUT,
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE.png",
        help="Timeline of a video's scores; with several videos, one file each.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
People = Annotated[
    Path | None,
    typer.Option(
        "--people",
        metavar="NAMES.csv",
        help="Join faces into persons; a file in which you name and join them, see above.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the rows as JSON; of a live picture one line a frame, at once.",
        rich_help_panel=OUTPUT,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with an interrupted run of the same --out.",
        rich_help_panel=OUTPUT,
    ),
]
Force = Annotated[
    bool,
    typer.Option("--force", help="Replace results that are there.", rich_help_panel=OUTPUT),
]
Webcam = Annotated[
    bool,
    typer.Option(
        "--webcam",
        help=(
            "Take a live picture until Ctrl-C: INPUT is the number of a camera (0 where none "
            "is named) or the address of a stream (rtsp://, http://, ...)."
        ),
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option("--seconds", help="Stop the live picture after so long.", show_default=False),
]
Retry = Annotated[
    float,
    typer.Option("--retry", min=0, help="Seconds for which a lost stream is tried again."),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        help=(
            "A safetensors or ONNX file, the folder of a run or a finetune, or a name of "
            "`asdcfer models` or of a hub, hf:user/name."
        ),
        rich_help_panel=PANEL,
    ),
]
Backend = Annotated[
    str,
    typer.Option(
        "--backend",
        help="torch or onnx; auto takes ONNX where the model has it and there is no GPU.",
        rich_help_panel=PANEL,
    ),
]
NoDetect = Annotated[
    bool,
    typer.Option(
        "--no-detect",
        help="Each picture is one face already cropped.",
        rich_help_panel=PANEL,
    ),
]
Every = Annotated[
    int,
    typer.Option("--every", min=1, help="Every nth frame of a video only.", rich_help_panel=PANEL),
]
Fps = Annotated[
    float | None,
    typer.Option(
        "--fps",
        help="Video: so many frames a second, in place of --every.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start",
        help="Video: where to begin: 80, 1:20.",
        show_default="its beginning",
        rich_help_panel=PANEL,
    ),
]
End = Annotated[
    str | None,
    typer.Option(
        "--end",
        help="Video: where to end: 4:00.",
        show_default="its end",
        rich_help_panel=PANEL,
    ),
]
Tracking = Annotated[
    bool,
    typer.Option(
        "--tracking/--no-tracking",
        help="Video: follow faces, so that a face id stays with a person.",
        rich_help_panel=PANEL,
    ),
]
Smoothing = Annotated[
    float,
    typer.Option(
        "--smoothing",
        min=0,
        help="Video: seconds over which a face's scores are averaged; 0 is off.",
        rich_help_panel=PANEL,
    ),
]
DetectEvery = Annotated[
    int | None,
    typer.Option(
        "--detect-every",
        min=1,
        help="Video: search whole frames every so many frames, and near known faces between.",
        show_default="where something changed, and every 0.4 s",
        rich_help_panel=PANEL,
    ),
]
