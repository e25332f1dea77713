"""`asdcfer compare`: methods under one budget, in one table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asdcfer.cli.shared_options import (
    Device,
    FerPlusVotes,
    LabeledFaces,
    named_values,
    numbers,
    whole_numbers,
)

if TYPE_CHECKING:
    from asdcfer.api.comparison.compare import Comparison


def compare(
    contestants: Annotated[
        list[str],
        typer.Argument(
            metavar="METHOD|RECIPE|ENCODER...",
            help=(
                "What is compared: a method, a recipe (name or .yaml), an own method "
                "(mymodule:MyMethod), an encoder as it is (a file, a run's folder, a name of "
                "`asdcfer models` or of a hub, hf:user/name; timm/NAME with timm's weights)."
            ),
            show_default=False,
        ),
    ],
    data: LabeledFaces = "sample",
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            help="Time of training of each method and seed: 15m, 1h30m.",
            show_default="15m",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            min=1,
            help="Updates instead, rounded up to whole passes.",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[str, typer.Option("--seeds", help="With commas: 0,1,2.")] = "0",
    out: Annotated[Path, typer.Option("--out", help="Folder of the comparison.")] = Path(
        "runs/compare"
    ),
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder",
            help="What every method trains: a name, timm/NAME, or mymodule:MyEncoder.",
        ),
    ] = "resnet18",
    encoder_options: Annotated[
        list[str] | None,
        typer.Option(
            "--encoder-option",
            help="An argument of the encoder: width=16",
            show_default="width=32 and stem=stride2 of resnet18",
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            "--teacher",
            help="Weights that teach the methods which need a teacher.",
            show_default="as their recipe says, or resnet18",
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=2, help="Images of a step.")] = 128,
    images: Annotated[
        int | None,
        typer.Option("--images", min=2, help="Train on so many faces.", show_default="all"),
    ] = None,
    views: Annotated[
        list[str] | None,
        typer.Option(
            "--view-option", help="A setting of the augmentation: rotate=5", show_default=False
        ),
    ] = None,
    references: Annotated[
        str,
        typer.Option("--references", help="Encoders for orientation, with commas; '' for none."),
    ] = "random,light_encoder,resnet18",
    shots: Annotated[
        str, typer.Option("--shots", help="Labeled faces of each expression, for few shots.")
    ] = "1,5,10",
    trials: Annotated[
        int, typer.Option("--trials", min=2, help="Random draws of each number of shots.")
    ] = 20,
    shares: Annotated[str, typer.Option("--shares", help="Parts of the labels, percent.")] = "1,10",
    draws: Annotated[int, typer.Option("--draws", min=1, help="Random draws of each part.")] = 3,
    robustness: Annotated[
        int,
        typer.Option(
            "--robustness-images", min=0, help="Test images of robustness; 0 leaves it out."
        ),
    ] = 500,
    finetune: Annotated[
        int,
        typer.Option(
            "--finetune-epochs", min=0, help="Also fine-tune each encoder; 0 leaves it out."
        ),
    ] = 0,
    without_twins: Annotated[
        bool,
        typer.Option(
            "--without-twins", help="Also without test images that have a twin in training."
        ),
    ] = False,
    ferplus: FerPlusVotes = None,
    transfer: Annotated[
        list[str] | None,
        typer.Option(
            "--transfer", help="Also measure on this labeled data; repeatable.", show_default=False
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Begin anew where --out holds other settings.")
    ] = False,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Train methods under one budget and measure them alike: one table, and a page with plots.

    Every method has the same time (or steps), encoder, augmentation, faces, seeds and probes; its
    own are its loss, its optimizer, its number of views, and its teacher. A method that fails is a
    row with its reason. The same command goes on where Ctrl-C or a kill stopped it; finished rows
    are kept, and further methods or seeds may be added.

    For example:

      asdcfer compare moco asdc --steps 40 --images 400 --out runs/try

      asdcfer compare moco asdc feature_distillation --data packs/fer2013 --budget 15m --seeds 0,1,2

      asdcfer compare moco mine.yaml mymodule:MyMethod --data packs/mine --budget 1h

      asdcfer compare moco --encoder timm/resnet10t --data packs/fer2013

      asdcfer compare moco asdc --data packs/fer2013 --transfer packs/rafdb --without-twins
    """
    import json

    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.reporting.comparison_files import as_tree

    settings = api.CompareSettings(
        budget=budget,
        steps=steps,
        seeds=whole_numbers(seeds, "--seeds", least=0),
        references=[name.strip() for name in references.split(",") if name.strip()],
        training=api.SharedTraining(
            encoder=encoder,
            encoder_arguments=named_values(encoder_options, "--encoder-option"),
            teacher=teacher,
            batch_size=batch_size,
            images=images,
            views=named_values(views, "--view-option") or {},
        ),
        measures=api.Measures(
            shots=whole_numbers(shots, "--shots"),
            trials=trials,
            shares=[share / 100 for share in numbers(shares, "--shares")],
            draws=draws,
            robustness_images=robustness,
            finetune_epochs=finetune,
            without_twins=without_twins,
            votes=ferplus,
            transfer=transfer or (),
        ),
        device=device,
    )
    with ConsoleProgress("") as progress:
        found = api.compare(contestants, data, settings, out, force=force, progress=progress)
    if as_json:
        print(json.dumps(as_tree(found.summaries, found.shared, found.title)))
    else:
        _print_comparison(found)
    if all(row.status == "failed" for row in found.rows if row.kind == "trained"):
        raise typer.Exit(1)


def _print_comparison(found: "Comparison") -> None:
    from asdcfer.reporting.comparison_console import print_summaries

    print_summaries(found.summaries, found.title)
    print(f"page: {found.page}")
