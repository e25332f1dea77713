"""`asdcfer finetune`: train an encoder and a classifier on labels."""

from pathlib import Path
from typing import Annotated, Any

import typer

from asdcfer.cli.shared_options import (
    Device,
    FerPlusVotes,
    LabeledFaces,
    PoolingOptions,
    ResultsAsJson,
)


def finetune(
    encoder: Annotated[
        str,
        typer.Argument(
            help=(
                "Weights to start from: a safetensors file, the folder of a run or a finetune, or "
                "a name of `asdcfer models`."
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
    """Train an encoder and a classifier on labels; the epoch is chosen on PublicTest, PrivateTest
    is touched once, with the saved file.

    For example:

      asdcfer finetune runs/a/student/encoder.safetensors --data packs/fer2013 --out runs/a/finetune

      asdcfer finetune resnet18 --data packs/mine --out runs/quick epochs=0 classifier_start=probe   (frozen encoder and linear probe, in a minute)

      asdcfer finetune resnet18 --data packs/fer2013 --like resnet18_finetuned --out runs/again classifier_start=probe

      asdcfer finetune resnet18 --data packs/fer2013 --teacher resnet18_finetuned --out runs/born_again teacher_weight=0.5

      asdcfer finetune resnet18_finetuned --data packs/fer2013 --like resnet18_finetuned --out runs/on classifier_start=own side=64 epochs=10

      asdcfer finetune runs/a --data packs/fer2013 --labels-per-class 250 --out runs/few epochs=100

      asdcfer finetune runs/a --data packs/fer2013 --labels-per-class 250 --unlabeled --out runs/few epochs=20 batch_size=64

      asdcfer finetune runs/a --data packs/fer2013 --out runs/a/finetune --resolution '[[0, 32], [0.4, 40], [0.7, 48]]' cutmix=1

      asdcfer finetune runs/a --data packs/fer2013 --out runs/a/finetune --resume
    """
    import json

    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.cli.shared_options import named_values
    from asdcfer.data.open import open_pack, votes_beside
    from asdcfer.devices import resolve_device
    from asdcfer.errors import RecipeError
    from asdcfer.evaluation.probes.features import repooled
    from asdcfer.files import make_folder
    from asdcfer.models.weights import load_encoder, load_model
    from asdcfer.reporting.console_tables import print_table
    from asdcfer.training.engine.hardware import Hardware
    from asdcfer.training.engine.trainer import Workplace
    from asdcfer.training.finetune.finetune import MODEL, STATE, FinetuneContext
    from asdcfer.training.finetune.finetune import finetune as train
    from asdcfer.training.finetune.options import FinetuneOptions
    from asdcfer.validation import validate_options

    where = resolve_device(device)
    values = (options_of(like) if like is not None else {}) | (
        named_values(overrides, "option") or {}
    )
    if labels_per_class is not None:
        values["labels_per_class"] = labels_per_class
    if unlabeled:
        values["unlabeled"] = True
    if resolution is not None:
        values |= named_values([f"resolution={resolution}"], "--resolution") or {}
    if tta:
        values["tta"] = True
    options = validate_options(FinetuneOptions, values)
    if (
        not resume
        and not force
        and ((out / f"{MODEL}.safetensors").exists() or (out / STATE).exists())
    ):
        raise RecipeError(
            f"{out} holds a fine-tuned model or an unfinished one; use --resume, --force, or "
            "another --out"
        )
    begun = load_model(encoder) if options.classifier_start == "own" else None
    loaded = load_encoder(encoder) if begun is None else begun.encoder
    teachers = [load_model(name) for name in teacher or []]
    make_folder(out)
    card = loaded.load_report.card
    start = repooled(loaded, pooling, named_values(pooling_options, "--pooling-option"))
    with ConsoleProgress("steps") as progress:
        progress.message(str(loaded.load_report))
        progress.message(
            "options: "
            + ", ".join(
                f"{name}={value}" for name, value in options.effective(where).model_dump().items()
            )
        )

        def reading(_: int, share: float) -> None:
            progress("reading", 100 * share, 100)

        with open_pack(data, loaded.preprocessing.size, reading, progress.message) as pack:
            place = Workplace(out, hardware=Hardware(device), resume=resume, progress=progress)
            context = FinetuneContext(
                begun=begun,
                teachers=teachers,
                votes=ferplus or votes_beside(data),
                float16=float16,
                recipe=card.get("recipe"),
            )
            results = train(start, pack, place, options, context)
    if as_json:
        print(json.dumps([result.as_json() for result in results]))
    else:
        print_table(results, f"{out / MODEL}.safetensors")


def options_of(model: str) -> dict[str, Any]:
    """Return the options that a fine-tuned model was trained with, from its card.

    Raises:
        WeightsError: there is no such model.
        RecipeError: it was not fine-tuned.
    """
    from asdcfer.errors import RecipeError
    from asdcfer.models.cards import find_model, read_card

    options = read_card(find_model(model)).get("finetune")
    if not options:
        raise RecipeError(
            f"--like {model}: its card names no options of fine-tuning; give a model made by: "
            "asdcfer finetune"
        )
    return dict(options)
