"""`asdcfer prepare`: a data set or a folder of images becomes a pack."""

from pathlib import Path
from typing import Annotated, Any

import typer

from asdcfer.data.datasets.registry import SOURCES


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
        bool, typer.Option("--own-classes", help="Folder trees: keep the folder names as labels.")
    ] = False,
    max_pixels: Annotated[
        int, typer.Option("--max-pixels", help="Skip larger images, unread.")
    ] = 50_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Turn a data set or a folder of images into a pack: a memory-mapped store of equal faces with
    labels, splits and ids.

    Examples:

      asdcfer prepare fer2013.csv.gz packs/fer2013

      asdcfer prepare fer2013/ packs/ferplus --kind ferplus --targets probability

      asdcfer prepare RAF-DB/basic packs/rafdb --size 100 --color

      asdcfer prepare ~/Photos packs/mine --detect
    """
    import json

    from asdcfer.data.datasets.source import Options
    from asdcfer.data.prepare_pack import prepare as prepare_pack
    from asdcfer.errors import AsdcferError

    if detector_model is not None and not detect:
        raise AsdcferError("--detector-model is for --detect; give both, or neither")
    crop = _detector_crop(size, detector_model) if detect else None
    options = Options(size, color, crop, expressions, targets, votes, own_classes, max_pixels)
    with _bar() as bar:
        task = bar.add_task("reading", total=1.0, images=0, rate="", visible=False)

        def progress(done: int, fraction: float) -> None:
            if done % 64 == 0 or fraction >= 1:
                elapsed = bar.tasks[task].elapsed or 0.0
                bar.update(
                    task,
                    completed=fraction,
                    images=done,
                    visible=True,
                    rate=f"{done / elapsed:,.0f} images/s" if elapsed > 0 else "",
                )

        pack = prepare_pack(
            source,
            out,
            options,
            kind=kind,
            progress=progress,
            told=lambda line: bar.console.print(
                line, highlight=False, markup=False, soft_wrap=True
            ),
        )
        bar.update(task, completed=1.0, images=len(pack), visible=True)
    if as_json:
        info = pack.info
        print(
            json.dumps(
                {
                    "pack": str(out),
                    "images": len(pack),
                    **{
                        key: info[key]
                        for key in ("shape", "expressions", "splits", "source", "counts", "skipped")
                    },
                }
            )
        )
    else:
        _print_summary(pack, out)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[images]:,} images  {task.fields[rate]}"),
    )
    return Progress(
        *columns, TextColumn("time left"), TimeRemainingColumn(), console=Console(stderr=True)
    )


def _detector_crop(size: int, model: Path | None) -> Any:
    from asdcfer.recognition.alignment import face_crops
    from asdcfer.recognition.detector import YuNet

    return face_crops(size, YuNet(model))


def _print_summary(pack: Any, out: Path) -> None:
    from collections import Counter

    print(f"{out}: {len(pack):,} images of {' x '.join(str(n) for n in pack.images.shape[1:])}")
    width = max(len(name) for name in ("split", *pack.splits))
    table = pack.info["counts"]
    columns = [
        name
        for name in ("images", *pack.expressions, "unlabeled")
        if name == "images" or any(row[name] for row in table.values())
    ]
    print("  " + "split".ljust(width) + "".join(f"  {name:>8}" for name in columns))
    for split, row in table.items():
        print(
            "  "
            + split.ljust(width)
            + "".join(f"  {row[name]:>{max(8, len(name))},}" for name in columns)
        )
    skipped = pack.info["skipped"]
    if skipped:
        print(f"  skipped {len(skipped):,} (listed with reasons in {out / 'pack.json'}):")
        for reason, count in Counter(_kind_of(entry["reason"]) for entry in skipped).most_common():
            print(f"    {count:,}  {reason}")


def _kind_of(reason: str) -> str:
    return reason.split(":")[0]
