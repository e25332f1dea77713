"""Options of how faces are found, and of which are named; no heavy imports here either."""

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Recognition"

Device = Annotated[
    str,
    typer.Option(
        "--device",
        help="auto, cpu, cuda; openvino or coreml for models that have an ONNX file.",
        rich_help_panel=PANEL,
    ),
]
Detector = Annotated[
    str,
    typer.Option("--detector", help="yunet, or lbp (needs scikit-image).", rich_help_panel=PANEL),
]
DetectorModel = Annotated[
    Path | None,
    typer.Option(
        "--detector-model",
        help="YuNet file; that of this package otherwise.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
ScoreThreshold = Annotated[
    float,
    typer.Option(
        "--score-threshold",
        min=0,
        max=1,
        help="Weakest detection to keep.",
        rich_help_panel=PANEL,
    ),
]
MinFace = Annotated[
    float,
    typer.Option(
        "--min-face",
        min=0,
        help="Smaller faces (pixels) are listed as uncertain.",
        rich_help_panel=PANEL,
    ),
]
AbstainBelow = Annotated[
    float | None,
    typer.Option(
        "--abstain-below",
        min=0,
        max=1,
        help="Call answers with less confidence uncertain.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
MaxYaw = Annotated[
    float | None,
    typer.Option(
        "--max-yaw",
        min=0,
        max=90,
        help='Call faces that turn further to a side (degrees) uncertain, status "turned away".',
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
MinSharpness = Annotated[
    float,
    typer.Option(
        "--min-sharpness",
        min=0,
        help='Call faces with less sharpness uncertain, status "blurred"; 0 calls none so.',
        rich_help_panel=PANEL,
    ),
]
MaxPixels = Annotated[
    int,
    typer.Option(
        "--max-pixels",
        min=1,
        help="Refuse larger photos and video frames, unread.",
        rich_help_panel=PANEL,
    ),
]
