"""`asdcfer evaluate`: measure a model with a classifier."""

from pathlib import Path
from typing import Annotated

import typer

from asdcfer.cli.shared_options import Device, FerPlusVotes, LabeledFaces, ResultsAsJson


def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            help=(
                "A model: a safetensors file, the folder of a run or a finetune, or a name of "
                "`asdcfer models`."
            ),
            show_default=False,
        ),
    ] = "default",
    data: LabeledFaces = "sample",
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
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness",
            help=(
                "Also measure under blur, noise, rotation, low resolution, brightness and "
                "occlusion."
            ),
        ),
    ] = False,
    robustness_images: Annotated[
        int | None,
        typer.Option(
            "--robustness-images",
            min=1,
            help="Take so many images for it, evenly spaced.",
            show_default="all",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for one JSON file a result.", show_default=False),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Of bootstrap intervals and random damage.")
    ] = 0,
    device: Device = "auto",
    as_json: ResultsAsJson = False,
) -> None:
    """Measure a model as it is, and say whether its card states the same number for these images.

    Examples:

      asdcfer evaluate default --data fer2013

      asdcfer evaluate default --data Downloads/fer2013.csv.gz --without-twins

      asdcfer evaluate runs/a/finetune --data packs/rafdb --tta --robustness --out results

      asdcfer evaluate default --data packs/mine --split train --json
    """
    import json

    from asdcfer.data.open import open_pack, votes_beside
    from asdcfer.data.splits import task_of
    from asdcfer.devices import resolve_device
    from asdcfer.evaluation.evaluate_model import compare_with_card, evaluate_model
    from asdcfer.evaluation.metrics import write_result
    from asdcfer.evaluation.probes.run import file_name, twin_rows
    from asdcfer.evaluation.robustness import robustness as measure_robustness
    from asdcfer.files import write_json
    from asdcfer.models.weights import load_model
    from asdcfer.reporting.console_tables import Bar, print_curves, print_table

    resolve_device(device)
    loaded = load_model(model)
    card = loaded.card
    # The CPU by default: it is where the card's number was made, and a GPU rounds in another way.
    loaded = loaded.to("cuda" if device == "cuda" else "cpu")
    chosen = loaded.tta if tta is None else tta
    curves = None
    with Bar() as bar:
        bar.say(str(loaded.load_report))
        with open_pack(data, loaded.encoder.preprocessing.size, bar.reading, bar.say) as pack:
            bar.stage("measuring")
            twins = twin_rows(pack, task_of(pack)) if without_twins else None
            results = evaluate_model(
                loaded,
                pack,
                tta=chosen,
                split=split,
                votes=ferplus or votes_beside(data),
                twins=twins,
                recipe=card.get("recipe"),
                seed=seed,
                progress=bar.images,
            )
            compare_with_card(results, card)
            if robustness:
                bar.stage("robustness")
                curves = measure_robustness(
                    loaded,
                    pack,
                    split=split,
                    tta=chosen,
                    images=robustness_images,
                    seed=seed,
                    progress=bar.images,
                )
    if out is not None:
        # Measured in another way than the card's numbers are, it lies beside those.
        other = "" if chosen == loaded.tta else "-tta" if chosen else "-no-tta"
        for value in results:
            write_result(out / f"{file_name(value)}{other}.json", value)
        if curves:
            write_json(out / f"robustness{other}.json", curves)
    if as_json:
        print(json.dumps([*results, curves] if curves else results))
        return
    print_table(results, f"{model} on {data}")
    for value in results:
        if value["matches_card"] is not None:
            same = (
                "the same"
                if value["matches_card"]
                else f"NOT the same: {abs(value['card_accuracy'] - value['accuracy']) * value['images']:.0f} images differ"
            )
            print(
                f"{value['evaluated_on']}: measured {100 * value['accuracy']:.2f} %, the card says "
                f"{100 * value['card_accuracy']:.2f} %: {same}"
            )
    if all(value["matches_card"] is None for value in results):
        print("the card states no number for these images measured in this way")
    if curves:
        print_curves(curves)
