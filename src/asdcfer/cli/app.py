"""`asdcfer app`: the web page and the HTTP interface."""

from pathlib import Path
from typing import Annotated

import typer

from asdcfer.cli.shared_options import Labels, under_labels


def app(
    host: Annotated[
        str,
        typer.Option(
            help=(
                "Address to listen on. Any other than this machine's own opens the page to the "
                "network, without a password."
            )
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 7860,
    model: Annotated[
        str,
        typer.Option(
            help=(
                "A safetensors or ONNX file, the folder of a run or a finetune, or a name of "
                "`asdcfer models` or of a hub, hf:user/name."
            )
        ),
    ] = "default",
    labels: Labels = None,
    device: Annotated[
        str,
        typer.Option(help="auto, cpu, cuda; openvino or coreml for models that have an ONNX file."),
    ] = "auto",
    detector_model: Annotated[
        Path | None,
        typer.Option(help="YuNet file; that of this package otherwise.", show_default=False),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label",
            help=(
                "Label faces by the keyboard, at /label: those of a pack, or of a folder that "
                "`asdcfer pick` made."
            ),
            show_default=False,
        ),
    ] = None,
    label_file: Annotated[
        Path | None,
        typer.Option(
            "--label-file",
            help="CSV that each label is saved to at once; one that is there is gone on with.",
            show_default="labels.csv, or to_label.csv in a folder of pick",
        ),
    ] = None,
    label_order: Annotated[
        Path | None,
        typer.Option(
            "--label-order",
            help="A folder that `asdcfer pick` made of the pack: its faces, in its order.",
            show_default="the pack's order",
        ),
    ] = None,
    label_words: Annotated[
        str,
        typer.Option(
            "--label-words",
            help="The labels to choose from, at most nine: calm,tense.",
            show_default="the expressions of the data",
        ),
    ] = "",
    max_upload_mb: Annotated[
        float, typer.Option(min=0.001, help="Largest upload in megabytes.")
    ] = 200.0,
    max_pixels: Annotated[
        int, typer.Option(min=1, help="Largest photo or video frame, width times height.")
    ] = 50_000_000,
    max_seconds: Annotated[float, typer.Option(min=0.1, help="Longest video in seconds.")] = 600.0,
    max_rate: Annotated[
        float, typer.Option(min=0.1, help="Most requests a second from one address.")
    ] = 100.0,
    max_work: Annotated[
        float, typer.Option(min=1, help="Longest time that one video is worked on, seconds.")
    ] = 3600.0,
) -> None:
    """Serve the web page and the HTTP interface on this machine.

    Pictures stay on this machine: the page loads nothing from other hosts, and uploads are deleted
    after the answer.

    For example:

      asdcfer app

      asdcfer app --port 8000 --model runs/mine/model --max-seconds 60

      asdcfer app --label to_label

      asdcfer app --label packs/mine --label-order to_label --label-file labels.csv

      asdcfer app --device openvino

      curl --data-binary @photo.jpg http://127.0.0.1:7860/recognize
    """
    from asdcfer.extras import require

    for package in ("fastapi", "python_multipart", "uvicorn"):
        require(package, "the web page")
    from asdcfer.app.labeling import LabelingSettings
    from asdcfer.app.limits import Limits
    from asdcfer.app.serve import serve

    words = [word.strip() for word in label_words.split(",") if word.strip()]
    if label is None and (label_file or label_order or words):
        raise typer.BadParameter(
            "it says how faces are labeled; --label says which",
            param_hint="--label-file, --label-order, --label-words",
        )
    limits = Limits(
        max_upload_mb=max_upload_mb,
        max_pixels=max_pixels,
        max_seconds=max_seconds,
        max_rate=max_rate,
        max_work=max_work,
    )
    labeling = None if label is None else LabelingSettings(label, label_file, label_order, words)
    serve(host, port, under_labels(model, labels), limits, detector_model, labeling, device)
