"""`asdcfer prepare`: a data set or a folder of images becomes a pack."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asdcfer.data.datasets.registry import SOURCES

if TYPE_CHECKING:
    from asdcfer.data.pack import Pack


def prepare(
    source: Annotated[Path, typer.Argument(help="CSV file or folder.", show_default=False)],
    out: Annotated[
        Path,
        typer.Argument(
            help=(
                "Pack to make (a folder). A pack that is there is replaced once the new one is "
                "complete."
            ),
            show_default=False,
        ),
    ],
    kind: Annotated[
        str, typer.Option("--kind", help=f"What SOURCE is: {', '.join(('auto', *SOURCES))}.")
    ] = "auto",
    size: Annotated[
        int, typer.Option("--size", help="Side of the images in pixels, 8 to 1024.")
    ] = 48,
    color: Annotated[
        bool, typer.Option("--color/--gray", help="Keep color, or make everything gray.")
    ] = False,
    detect: Annotated[
        bool,
        typer.Option(
            "--detect",
            help=(
                "Find and align the faces first: for raw photos. Without it each image is one "
                "cropped face."
            ),
        ),
    ] = False,
    detector_model: Annotated[
        Path | None,
        typer.Option(
            "--detector-model", help="Another YuNet file for --detect.", show_default=False
        ),
    ] = None,
    expressions: Annotated[
        int | None,
        typer.Option(
            "--expressions",
            help="7, or 8 with contempt, where SOURCE has both.",
            show_default=False,
        ),
    ] = None,
    targets: Annotated[
        str, typer.Option("--targets", help="FER+: majority, plurality or probability.")
    ] = "majority",
    votes: Annotated[
        Path | None,
        typer.Option(
            "--votes",
            help="FER+: fer2013new.csv, unless it lies beside SOURCE.",
            show_default=False,
        ),
    ] = None,
    own_classes: Annotated[
        bool, typer.Option("--own-classes", help="Keep the names of classes as labels.")
    ] = False,
    labels_order: Annotated[
        str | None,
        typer.Option(
            "--labels-order",
            help=(
                "What numbered labels mean: fer, affectnet, alphabetical, ferplus, rafdb, ckplus, "
                "or NAME,NAME,..."
            ),
            show_default=False,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            help=(
                "Lists of images: path=NAME,label=NAME,..., also split, group, valence, arousal, "
                "box, left, top, right, bottom, width, height."
            ),
            show_default=False,
        ),
    ] = None,
    max_pixels: Annotated[
        int, typer.Option("--max-pixels", help="Skip larger images, unread.")
    ] = 50_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Turn a data set or a folder of images into a pack.

    A pack is a memory-mapped store of equal faces with labels, splits and ids.

    For example:

      asdcfer prepare fer2013.csv.gz packs/fer2013

      asdcfer prepare fer2013/ packs/ferplus --kind ferplus --targets probability

      asdcfer prepare RAF-DB/basic packs/rafdb --size 100 --color

      asdcfer prepare ~/Photos packs/mine --detect

      asdcfer prepare faces/labels.csv packs/mine --columns path=file,label=feeling
    """
    import json

    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.data.datasets.list_columns import asked_columns

    settings = api.PrepareSettings(
        kind=kind,
        size=size,
        color=color,
        detect=detect,
        detector_model=detector_model,
        expressions=expressions,
        targets=targets,
        votes=votes,
        own_classes=own_classes,
        labels_order=labels_order,
        columns=asked_columns(columns) if columns else None,
        max_pixels=max_pixels,
    )
    with ConsoleProgress(keep=True) as progress:
        pack = api.prepare(source, out, settings, progress=progress)
        progress("reading", len(pack), len(pack))
    if as_json:
        keys = ("shape", "expressions", "splits", "source", "counts", "skipped")
        told = {key: pack.info[key] for key in keys}
        print(json.dumps({"pack": str(out), "images": len(pack), **told}))
    else:
        _print_summary(pack, out)


def _print_summary(pack: "Pack", out: Path) -> None:
    from collections import Counter

    from asdcfer.data.pack import counted_as

    print(f"{out}: {len(pack):,} images of {' x '.join(str(n) for n in pack.images.shape[1:])}")
    width = max(len(name) for name in ("split", *pack.splits))
    table = pack.info["counts"]
    columns = [
        name
        for name in ("images", *map(counted_as, pack.expressions), "unlabeled")
        if name == "images" or any(row[name] for row in table.values())
    ]
    print("  " + "split".ljust(width) + "".join(f"  {name:>8}" for name in columns))
    for split, row in table.items():
        cells = (f"  {row[name]:>{max(8, len(name))},}" for name in columns)
        print("  " + split.ljust(width) + "".join(cells))
    skipped = pack.info["skipped"]
    if skipped:
        print(f"  skipped {len(skipped):,} (listed with reasons in {out / 'pack.json'}):")
        reasons = Counter(entry["reason"].split(":")[0] for entry in skipped)
        for reason, count in reasons.most_common():
            print(f"    {count:,}  {reason}")
