"""`asdcfer prepare`: a data set or a folder of images becomes a pack."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from asdcfer.cli import engine_options
from asdcfer.cli import recording_options as options
from asdcfer.data.datasets.registry import SOURCES

if TYPE_CHECKING:
    from asdcfer.data.pack import Pack


def prepare(
    source: Annotated[Path, typer.Argument(help="CSV file, folder or video.", show_default=False)],
    out: Annotated[
        Path,
        typer.Argument(
            help=(
                "Pack to make (a folder). A pack of the same source that is there is replaced once "
                "the new one is complete."
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
    detect: options.Detect = False,
    detector_model: options.DetectorModel = None,
    score_threshold: options.ScoreThreshold = None,
    min_face: options.MinFace = None,
    max_yaw: options.MaxYaw = None,
    min_sharpness: options.MinSharpness = None,
    fps: options.Fps = None,
    min_change: options.MinChange = None,
    split_by: options.SplitBy = None,
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
    shard: Annotated[
        int | None,
        typer.Option(
            "--shard",
            help="Faces in each shard of a sharded pack, for millions of faces: 16384, say.",
            min=1,
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a pack of another source too.")
    ] = False,
    engine: engine_options.EngineName = "local",
    address: engine_options.Address = "local",
    workers: engine_options.Workers = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Turn a data set, a folder of images or videos into a pack.

    A pack is a memory-mapped store of equal faces with labels, splits and ids.

    Of videos, --detect takes --fps frames a second and follows each face: its id is
    VIDEO#TRACK@SECONDS. Faces that are tiny, turned, blurred or nearly as the one before are left
    out and counted. Photos beside videos are read as well. Whole videos go to train, val and test,
    and with --split-by people those that show a face that looks alike go together: that knows a
    person again under the same hair and light, and rarely on another day. Where your folders are
    persons, --split-by folder is sure.

    What was read of videos is kept in OUT.partial until the pack is complete. After Ctrl-C or a
    kill the same command goes on from the first file that was not finished, to the same bytes.

    For example:

      asdcfer prepare fer2013.csv.gz packs/fer2013

      asdcfer prepare fer2013/ packs/ferplus --kind ferplus --targets probability

      asdcfer prepare RAF-DB/basic packs/rafdb --size 100 --color

      asdcfer prepare ~/Photos packs/mine --detect

      asdcfer prepare ~/video packs/mine --detect --fps 2

      asdcfer prepare faces/labels.csv packs/mine --columns path=file,label=feeling

      asdcfer prepare crops/ packs/millions --shard 16384

      asdcfer prepare /shared/photos packs/mine --detect --engine ray --address auto --workers 32
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
        score_threshold=score_threshold,
        min_face=min_face,
        max_yaw=max_yaw,
        min_sharpness=min_sharpness,
        fps=fps,
        min_change=min_change,
        split_by=split_by,
        expressions=expressions,
        targets=targets,
        votes=votes,
        own_classes=own_classes,
        labels_order=labels_order,
        columns=asked_columns(columns) if columns else None,
        max_pixels=max_pixels,
        shard=shard,
        engine=api.Engine(engine, address, workers),
    )
    with ConsoleProgress(keep=True) as progress:
        pack = api.prepare(source, out, settings, force=force, progress=progress)
        progress("reading", len(pack), len(pack))
    if as_json:
        keys = ("shape", "expressions", "splits", "source", "counts", "skipped")
        told = {key: pack.info[key] for key in keys}
        told["left_out"] = pack.info["source"].get("left_out", {})
        print(json.dumps({"pack": str(out), "images": len(pack), **told}))
    else:
        _print_summary(pack, out)


_SHOWN = 3
"""Names of skipped files that are printed for a reason."""


def _printable(name: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in name)


def _print_summary(pack: "Pack", out: Path) -> None:
    from collections import defaultdict

    from asdcfer.data.pack_counts import counted_as

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
    left_out = pack.info["source"].get("left_out")
    if left_out:
        print(f"  left out {sum(left_out.values()):,} faces:")
        for reason, count in left_out.items():
            print(f"    {count:,}  {reason}")
    skipped = pack.info["skipped"]
    if skipped:
        print(f"  skipped {len(skipped):,} (listed with reasons in {out / 'pack.json'}):")
        named: dict[str, list[str]] = defaultdict(list)
        for entry in skipped:
            named[entry["reason"].split(":")[0]].append(entry["source_id"])
        for reason, names in sorted(named.items(), key=lambda each: -len(each[1])):
            shown = ", ".join(_printable(name) for name in names[:_SHOWN])
            more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
            print(f"    {len(names):,}  {reason}: {shown}{more}")
