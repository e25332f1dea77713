"""`asdcfer evaluate`: measure a model with a classifier."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asdcfer.cli.shared_options import (
    Device,
    FerPlusVotes,
    LabeledFaces,
    Labels,
    ResultsAsJson,
    under_labels,
)
from asdcfer.evaluation.axes import AXES

if TYPE_CHECKING:
    from asdcfer.api.probe_evaluate import Evaluation


def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            help=(
                "A model: a safetensors file, the folder of a run or a finetune, or a name of "
                "`asdcfer models` or of a hub, hf:user/name."
            ),
            show_default=False,
        ),
    ] = "default",
    data: LabeledFaces = "sample",
    labels: Labels = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            help="Measure this split only.",
            show_default="private or test, and the union",
        ),
    ] = None,
    tta: Annotated[
        bool | None,
        typer.Option(
            "--tta/--no-tta",
            help="Average image and mirror image.",
            show_default="as the card says",
        ),
    ] = None,
    ferplus: FerPlusVotes = None,
    without_twins: Annotated[
        bool,
        typer.Option(
            "--without-twins",
            help="Print every number again without images that have a twin in training.",
        ),
    ] = False,
    axes: Annotated[
        str,
        typer.Option(
            "--axes",
            help=f"Also measure along these, of {', '.join(AXES)}; with commas.",
            show_default="none",
        ),
    ] = "",
    axis_images: Annotated[
        int | None,
        typer.Option(
            "--axis-images",
            min=1,
            help="Take so many images for each axis, evenly spaced.",
            show_default="all",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for one JSON file a result.", show_default=False),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Of bootstrap intervals and random corruption.")
    ] = 0,
    device: Device = "auto",
    as_json: ResultsAsJson = False,
) -> None:
    """Measure a model as it is, and say whether its card states the same number for these images.

    For example:

      asdcfer evaluate default --data fer2013

      asdcfer evaluate default --labels fer2013 --data fer2013

      asdcfer evaluate default --data Downloads/fer2013.csv.gz --without-twins

      asdcfer evaluate runs/a/finetune --data packs/rafdb --tta --axes robustness --out results

      asdcfer evaluate light:fer2013 --data packs/rafdb --axes transfer,subgroups

      asdcfer evaluate default --data packs/mine --split train --json
    """
    import json

    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress

    settings = api.EvaluateSettings(
        split=split,
        tta=tta,
        votes=ferplus,
        without_twins=without_twins,
        axes=[name.strip() for name in axes.split(",") if name.strip()],
        axis_images=axis_images,
        seed=seed,
        device=device,
    )
    with ConsoleProgress() as progress:
        measured = under_labels(model, labels)
        found = api.evaluate(measured, data, settings, out=out, progress=progress)
    if as_json:
        print(json.dumps([result.as_json() for result in [*found.results, *found.axes]]))
    else:
        _print_evaluation(found, f"{measured} on {data}")


def _print_evaluation(found: "Evaluation", title: str) -> None:
    from asdcfer.reporting.console_tables import print_curves, print_table
    from asdcfer.reporting.subgroup_views import print_groups

    print_table(found.results, title)
    for value in found.results:
        if value.card_accuracy is not None:
            off = abs(value.card_accuracy - value.accuracy) * value.images
            same = "the same" if value.matches_card else f"NOT the same: {off:.0f} images differ"
            print(
                f"{value.test_set}: measured {100 * value.accuracy:.2f} %, the card says "
                f"{100 * value.card_accuracy:.2f} %: {same}"
            )
    if all(value.matches_card is None for value in found.results):
        print("the card states no number for these images measured in this way")
    for value in found.axes:
        if value.curves:
            print_curves(value)
        elif value.groups:
            print_groups(value)
        else:
            print_table([value], value.kind)
