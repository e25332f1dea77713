"""`asdcfer finetune`: train an encoder and a classifier on labels."""

from pathlib import Path
from typing import Annotated

import typer

from asdcfer.cli.shared_options import (
    Device,
    FerPlusVotes,
    LabeledFaces,
    PoolingOptions,
    ResultsAsJson,
    named_values,
)


def finetune(
    encoder: Annotated[
        str,
        typer.Argument(
            help=(
                "Weights to start from: a safetensors file, the folder of a run or a finetune, or "
                "a name of `asdcfer models` or of a hub, hf:user/name."
            ),
            show_default=False,
        ),
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            help="Options to change: epochs=60 optimizer=adamw mixup=0", show_default=False
        ),
    ] = None,
    data: LabeledFaces = "sample",
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the model, its log and its results.")
    ] = Path("runs/finetune"),
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            help=(
                "Begin with the options of this fine-tuned model: a name of `asdcfer models`, a "
                "file or a folder."
            ),
            show_default="the defaults",
        ),
    ] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(
            "--teacher",
            help=(
                "Blend the labels with what this fine-tuned model says (repeatable: their mean); "
                "see teacher_weight."
            ),
            show_default="labels alone",
        ),
    ] = None,
    labels_per_class: Annotated[
        int | None,
        typer.Option(
            "--labels-per-class",
            min=1,
            help="Use so many labels of each expression.",
            show_default="all",
        ),
    ] = None,
    unlabeled: Annotated[
        bool,
        typer.Option(
            "--unlabeled",
            help=(
                "Also learn from the training images without a label (those not drawn, and rows "
                "labeled -1); their labels are never read."
            ),
        ),
    ] = False,
    resolution: Annotated[
        str | None,
        typer.Option(
            "--resolution",
            help=(
                "Train on small views first: '[[0, 32], [0.4, 40], [0.7, 48]]' (share of the run, "
                "side)."
            ),
            show_default="full size",
        ),
    ] = None,
    tta: Annotated[
        bool,
        typer.Option(
            "--tta", help="Average image and mirror image when measured (named in the protocol)."
        ),
    ] = False,
    pooling: Annotated[
        str | None,
        typer.Option(
            "--pooling",
            help="Another pooling: global, stages, grid, parts.",
            show_default="the encoder's own",
        ),
    ] = None,
    pooling_options: PoolingOptions = None,
    ferplus: FerPlusVotes = None,
    float16: Annotated[
        bool, typer.Option("--float16", help="Save the weights in 16 bits.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an interrupted run in --out.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a model that is in --out.")
    ] = False,
    device: Device = "auto",
    as_json: ResultsAsJson = False,
) -> None:
    """Train an encoder and a classifier on labels.

    The epoch is chosen on PublicTest; PrivateTest is touched once, with the saved file.

    For example:

      asdcfer finetune runs/a --data packs/fer2013 --out runs/a/finetune

      asdcfer finetune runs/a --data packs/fer2013 --out runs/a/finetune --resume

    A frozen encoder and a linear probe, in a minute:

      asdcfer finetune resnet18 --data packs/mine --out runs/quick epochs=0 classifier_start=probe

    With the options of a shipped model; under a teacher; from a model that goes on:

      asdcfer finetune resnet18 --data fer2013 --like resnet18_finetuned --out runs/again

      asdcfer finetune resnet18 --data fer2013 --teacher light:fer2013 teacher_weight=0.5

      asdcfer finetune light:fer2013 --data fer2013 classifier_start=own side=64 epochs=10

    With few labels; with few labels and all faces; on small views first:

      asdcfer finetune runs/a --data fer2013 --labels-per-class 250 epochs=100

      asdcfer finetune runs/a --data fer2013 --labels-per-class 250 --unlabeled epochs=20

      asdcfer finetune runs/a --data fer2013 --resolution '[[0, 32], [0.7, 48]]' cutmix=1
    """
    import json

    from asdcfer import api
    from asdcfer.api.fine_tuning import options_of
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.reporting.console_tables import print_table
    from asdcfer.training.engine.hardware import Hardware

    options = {
        **(options_of(like) if like is not None else {}),
        **(named_values(overrides, "option") or {}),
        **({} if labels_per_class is None else {"labels_per_class": labels_per_class}),
        **({"unlabeled": True} if unlabeled else {}),
        **(named_values([f"resolution={resolution}"], "--resolution") or {} if resolution else {}),
        **({"tta": True} if tta else {}),
    }
    settings = api.FinetuneSettings(
        teachers=teacher or (),
        pooling=pooling,
        pooling_arguments=named_values(pooling_options, "--pooling-option"),
        votes=ferplus,
        float16=float16,
        hardware=Hardware(device),
    )
    with ConsoleProgress("") as progress:
        found = api.finetune(
            encoder,
            data,
            out,
            options,
            settings,
            resume=resume,
            force=force,
            progress=progress,
        )
    if as_json:
        print(json.dumps([result.as_json() for result in found.results]))
    else:
        print_table(found.results, str(found.weights))
