"""`asdcfer probe`: measure a frozen encoder."""

from pathlib import Path
from typing import Annotated

import typer

from asdcfer.cli.shared_options import (
    FerPlusVotes,
    LabeledFaces,
    PoolingOptions,
    ResultsAsJson,
    named_values,
    numbers,
    whole_numbers,
)
from asdcfer.evaluation.probes.registry import PROBES


def probe(
    encoder: Annotated[
        str,
        typer.Argument(
            help=(
                "An encoder: a safetensors file, the folder of a run or a finetune, or a name of "
                "`asdcfer models` or of a hub, hf:user/name."
            ),
            show_default=False,
        ),
    ],
    data: LabeledFaces = "sample",
    kinds: Annotated[
        str,
        typer.Option("--kinds", help=f"Of {', '.join(PROBES)}; with commas."),
    ] = "knn,linear",
    pooling: Annotated[
        str | None,
        typer.Option(
            "--pooling",
            help="global, stages, grid, parts or flattened.",
            show_default="the encoder's own",
        ),
    ] = None,
    pooling_options: PoolingOptions = None,
    tta: Annotated[
        str,
        typer.Option(
            "--tta",
            help=(
                "none; features: mean feature of image and mirror; logits: train on both, mean "
                "logits."
            ),
        ),
    ] = "none",
    scaling: Annotated[
        str,
        typer.Option(
            "--scaling", help="each, whole, or both: then chosen on the validation split."
        ),
    ] = "each",
    shares: Annotated[
        str, typer.Option("--shares", help="Parts of the labels for `few_labels`, in percent.")
    ] = "1,5,10,25",
    labels_per_class: Annotated[
        str,
        typer.Option(
            "--labels-per-class",
            help="Numbers of labels of each expression for `few_labels`: 25,250",
        ),
    ] = "",
    draws: Annotated[int, typer.Option("--draws", min=1, help="Random draws of each part.")] = 1,
    prior: Annotated[
        str,
        typer.Option(
            "--prior",
            help=(
                "labeled: answer for the mix of expressions of the labels; estimated: for that of "
                "the training faces whose labels are not used. For linear probes."
            ),
        ),
    ] = "labeled",
    ferplus: FerPlusVotes = None,
    without_twins: Annotated[
        bool,
        typer.Option(
            "--without-twins",
            help="Print every number again without test images that have a twin in training.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for one JSON file a result.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of bootstrap intervals.")] = 0,
    as_json: ResultsAsJson = False,
) -> None:
    """Measure a frozen encoder with labels that it never saw: kNN, linear probe, few labels.

    Whatever is chosen is chosen on PublicTest (or a part of training); PrivateTest is touched once,
    at the end.

    For example:

      asdcfer probe runs/a/student/encoder.safetensors --data packs/fer2013

      asdcfer probe resnet18 --data fer2013.csv.gz --kinds linear --pooling global --tta logits

      asdcfer probe runs/a --data fer2013 --kinds few_labels --labels-per-class 250 --draws 3

      asdcfer probe resnet18 --data packs/few --kinds linear --prior estimated
    """
    import json

    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.reporting.console_tables import print_table

    settings = api.ProbeSettings(
        kinds=[kind.strip() for kind in kinds.split(",") if kind.strip()],
        pooling=pooling,
        pooling_arguments=named_values(pooling_options, "--pooling-option"),
        tta=tta,  # type: ignore[arg-type]  # checked by what it is for
        scaling=scaling,  # type: ignore[arg-type]
        shares=[share / 100 for share in numbers(shares, "--shares")],
        labels_per_class=whole_numbers(labels_per_class, "--labels-per-class"),
        draws=draws,
        prior=prior,  # type: ignore[arg-type]
        votes=ferplus,
        without_twins=without_twins,
        seed=seed,
    )
    with ConsoleProgress() as progress:
        results = api.probe(encoder, data, settings, out=out, progress=progress)
    if as_json:
        print(json.dumps([result.as_json() for result in results]))
    else:
        print_table(results, f"{encoder} on {data}")
        if out is not None:
            print(f"written to {out}")
