"""`asdcfer adapt`: from your own faces and few labels to a model."""

from pathlib import Path
from typing import Annotated

import typer

from asdcfer.cli.shared_options import Device


def adapt(
    data: Annotated[
        str,
        typer.Argument(
            help="A pack: its path, its name under ./packs or $ASDCFER_DATA, or `sample`.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the model.", show_default=False)],
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            help=(
                "List with the columns file (or id) and label, the folder that pick made, folder "
                "with a subfolder for each class, or `pack` for the labels in the pack. A column "
                "person, subject or group keeps faces together."
            ),
            show_default="none: the encoder alone",
        ),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="What is adapted: a name of `asdcfer models`, or a file.")
    ] = "default",
    budget: Annotated[
        str, typer.Option("--budget", help="Time for all stages together: 30m, 2h30m.")
    ] = "30m",
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs",
            help="Passes over the unlabeled faces; 0 trains no encoder.",
            min=0,
            show_default="what ends in the budget",
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(
            "--images",
            help="Learn from so many unlabeled faces.",
            min=1,
            show_default="what the budget allows",
        ),
    ] = None,
    splits: Annotated[
        str,
        typer.Option(
            "--splits",
            help="Learn from the faces of these: train,rest.",
            show_default="all but test and validation",
        ),
    ] = "",
    folds: Annotated[
        int, typer.Option("--folds", help="Of the cross-validation that chooses.", min=2)
    ] = 5,
    finetune: Annotated[
        bool, typer.Option("--finetune/--no-finetune", help="Also try fine-tuned models.")
    ] = True,
    seed: Annotated[int, typer.Option("--seed", help="Of everything random.")] = 0,
    device: Device = "auto",
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with what is in --out; the labels may be new."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is in --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Adapt a model to your own faces: without labels its encoder, with few labels all of it.

    The encoder learns from the faces without labels, under itself, so that it forgets nothing. From
    the labels classifiers are made, on it and on the shipped one; cross-validation, in whose folds
    no person or video appears twice, says what each is worth. The best one that learnt no labels is
    kept, be it the shipped model, unless one that did is better by more than a standard error. It
    knows the classes that are labeled, and no others; they may have names of your own.

    For example:

      asdcfer adapt packs/mine --labels few.csv --out runs/mine/model

      asdcfer adapt packs/mine --labels sorted/ --out runs/mine/model --budget 2h

    First the encoder, then the labels, with the encoder that is there:

      asdcfer adapt packs/mine --out runs/mine/model

      asdcfer adapt packs/mine --labels few.csv --out runs/mine/model --resume
    """
    import json

    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.cli.option_words import as_typed
    from asdcfer.reporting.console_tables import print_candidates

    settings = api.AdaptSettings(
        model=model,
        budget=budget,
        epochs=epochs,
        images=images,
        splits=[name for name in splits.split(",") if name],
        folds=folds,
        finetune=finetune,
        seed=seed,
        device=device,
    )
    with ConsoleProgress("") as progress:
        done = api.adapt(data, out, labels, settings, resume=resume, force=force, progress=progress)
    if as_json:
        told = {"weights": str(done.weights), "kept": done.kept, "note": as_typed(done.note)}
        print(json.dumps(told | {"results": [result.as_json() for result in done.results]}))
        return
    print_candidates(done.results, done.kept, str(done.weights))
    print(as_typed(done.note))
