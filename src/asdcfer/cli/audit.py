"""`asdcfer audit`: duplicate images inside and across splits and packs."""

from pathlib import Path
from typing import Annotated

import typer


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
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Find exact and near duplicates inside and across splits and packs, as a CSV and a sheet to
    look at.

    Examples:

      asdcfer audit packs/fer2013

      asdcfer audit packs/mine packs/fer2013 --out audits/mine
    """
    import json

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    from asdcfer.data.contact_sheet import contact_sheet
    from asdcfer.data.duplicates import find_duplicates, summary, write_csv
    from asdcfer.data.open import resolve_data_path
    from asdcfer.data.pack import load_pack
    from asdcfer.files import make_folder

    opened = [load_pack(resolve_data_path(pack)) for pack in packs]
    make_folder(out)
    images = sum(len(pack) for pack in opened)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("time left"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(f"comparing {images:,} images", total=1.0, rate="")

        def progress(fraction: float) -> None:
            elapsed = bar.tasks[task].elapsed or 0.0
            bar.update(
                task,
                completed=fraction,
                rate=f"{fraction * images / elapsed:,.0f} images/s" if elapsed > 0 else "",
            )

        pairs = find_duplicates(opened, hamming, distance, progress)
    rows = summary(opened, pairs)
    table = write_csv(out / "duplicates.csv", opened, pairs)
    sheet = contact_sheet(out / "duplicates.png", opened, pairs)
    if as_json:
        print(
            json.dumps(
                {
                    "images": images,
                    "pairs": len(pairs),
                    "exact": int(pairs.exact.sum()),
                    "splits": rows,
                    "csv": str(table),
                    "sheet": str(sheet),
                }
            )
        )
        return
    print(
        f"{images:,} images: {int(pairs.exact.sum()):,} exact and {int((~pairs.exact).sum()):,} "
        "near pairs"
    )
    if rows:
        width = max(len(str(row[side])) for row in rows for side in ("a", "b"))
        print(
            f"  {'a':<{width}}  {'b':<{width}}   exact    near  twins in a  twins in b  labels "
            "differ"
        )
        for row in rows:
            counts = f"{row['exact']:>6,}  {row['near']:>6,}  {row['images_a']:>10,}  {row['images_b']:>10,}  {row['labels_differ']:>13,}"
            print(f"  {row['a']:<{width}}  {row['b']:<{width}}  {counts}")
    print(f"wrote {table} and {sheet}")
