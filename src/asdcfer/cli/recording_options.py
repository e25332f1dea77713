"""Options of `asdcfer prepare` for faces that are still to be found; no heavy imports either."""

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Photos and videos"

Detect = Annotated[
    bool,
    typer.Option(
        "--detect",
        help=(
            "Find and align the faces first: for raw photos and videos. Without it each image is "
            "one cropped face."
        ),
        rich_help_panel=PANEL,
    ),
]
DetectorModel = Annotated[
    Path | None,
    typer.Option(
        "--detector-model",
        help="Another YuNet file.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
ScoreThreshold = Annotated[
    float | None,
    typer.Option(
        "--score-threshold",
        min=0,
        max=1,
        help="Weakest detection to keep.",
        show_default="0.8",
        rich_help_panel=PANEL,
    ),
]
MinFace = Annotated[
    float | None,
    typer.Option(
        "--min-face",
        min=0,
        help="Leave out smaller faces (pixels).",
        show_default="24",
        rich_help_panel=PANEL,
    ),
]
MaxYaw = Annotated[
    float | None,
    typer.Option(
        "--max-yaw",
        min=0,
        max=90,
        help="Leave out faces that turn further to a side (degrees); 90 keeps all.",
        show_default="45 with videos, else 90",
        rich_help_panel=PANEL,
    ),
]
MinSharpness = Annotated[
    float | None,
    typer.Option(
        "--min-sharpness",
        min=0,
        help="Leave out faces with less sharpness; 0 keeps all.",
        show_default="0.2 with videos, else 0",
        rich_help_panel=PANEL,
    ),
]
Fps = Annotated[
    float | None,
    typer.Option(
        "--fps",
        help="Videos: look at so many frames a second.",
        show_default="2",
        rich_help_panel=PANEL,
    ),
]
MinChange = Annotated[
    float | None,
    typer.Option(
        "--min-change",
        min=0,
        max=2,
        help="Videos: leave out faces that differ less from the one kept before; 0 keeps all.",
        show_default="0.05",
        rich_help_panel=PANEL,
    ),
]
SplitBy = Annotated[
    str | None,
    typer.Option(
        "--split-by",
        help=(
            "Videos: never divide people (videos with a face that looks alike stay together), "
            "video, folder; none makes one split."
        ),
        show_default="people",
        rich_help_panel=PANEL,
    ),
]
