"""`asdcfer audit`: duplicate images inside and across splits and packs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asdcfer.cli import engine_options

if TYPE_CHECKING:
    from asdcfer.api.prepare_audit import Audit


def audit(
    packs: Annotated[
        list[str],
        typer.Argument(
            help="Packs made by asdcfer prepare: paths, or names under ./packs or $ASDCFER_DATA.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for duplicates.csv and duplicates.png.")
    ] = Path("audit"),
    hamming: Annotated[
        int,
        typer.Option(
            "--hamming",
            help="Near duplicates: most differing bits of the 64-bit hash.",
            min=0,
            max=64,
        ),
    ] = 16,
    distance: Annotated[
        float,
        typer.Option(
            "--distance", help="Near duplicates: largest pixel distance, 0 to 1.", min=0, max=1
        ),
    ] = 0.22,
    engine: engine_options.EngineName = "local",
    address: engine_options.Address = "local",
    workers: engine_options.Workers = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Find exact and near duplicates inside and across splits and packs.

    They are written as a CSV, and as a sheet to look at.

    For example:

      asdcfer audit packs/fer2013

      asdcfer audit packs/mine packs/fer2013 --out audits/mine

      asdcfer audit /shared/packs/millions --engine ray --address auto --workers 32
    """
    import json

    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress

    with ConsoleProgress(keep=True) as progress:
        found = api.audit(
            packs,
            out,
            hamming=hamming,
            distance=distance,
            engine=api.Engine(engine, address, workers),
            progress=progress,
        )
    if as_json:
        counts = {"images": found.images, "pairs": len(found.pairs), "exact": found.exact}
        files = {"csv": str(found.csv), "sheet": str(found.sheet)}
        print(json.dumps({**counts, "splits": found.splits, **files}))
    else:
        _print_counts(found)


def _print_counts(found: "Audit") -> None:
    print(f"{found.images:,} images: {found.exact:,} exact and {found.near:,} near pairs")
    if found.splits:
        width = max(len(str(row[side])) for row in found.splits for side in ("a", "b"))
        columns = "  exact    near  twins in a  twins in b  labels differ"
        print(f"  {'a':<{width}}  {'b':<{width}} {columns}")
        for row in found.splits:
            counts = (
                f"{row['exact']:>6,}  {row['near']:>6,}  {row['images_a']:>10,}  "
                f"{row['images_b']:>10,}  {row['labels_differ']:>13,}"
            )
            print(f"  {row['a']:<{width}}  {row['b']:<{width}}  {counts}")
    print(f"wrote {found.csv} and {found.sheet}")
