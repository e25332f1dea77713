"""`asdcfer embed`: features of faces as Parquet, NumPy or CSV."""

from pathlib import Path
from typing import Annotated

import typer

from asdcfer.cli import engine_options as options
from asdcfer.cli.shared_options import Device


def embed(
    faces: Annotated[
        str,
        typer.Argument(
            help=(
                "A pack (its path, its name under ./packs or $ASDCFER_DATA, or `sample`), a folder "
                "of cropped faces, or with --detect of photos; one picture."
            ),
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="File to write: .parquet, .npy or .csv; with --shard a folder.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help=(
                "A safetensors file, the folder of a run, or a name of `asdcfer models` or of a "
                "hub, hf:user/name."
            ),
        ),
    ] = "light_encoder",
    detect: Annotated[
        bool, typer.Option("--detect", help="Find and align the faces first: for raw photos.")
    ] = False,
    detector_model: Annotated[
        Path | None,
        typer.Option(
            "--detector-model", help="Another YuNet file for --detect.", show_default=False
        ),
    ] = None,
    splits: Annotated[
        str, typer.Option("--splits", help="Of a pack these only: train,public.")
    ] = "",
    batch_size: Annotated[
        int, typer.Option("--batch-size", help="Faces computed at once.", min=1)
    ] = 256,
    device: Device = "auto",
    max_pixels: Annotated[
        int, typer.Option("--max-pixels", help="Skip larger pictures, unread.", min=1)
    ] = 50_000_000,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run of the same --out.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace features that are there.")
    ] = False,
    shard: options.Shard = None,
    engine: options.EngineName = "local",
    address: options.Address = "local",
    workers: options.Workers = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Write the features of faces, their ids beside them.

    Memory does not grow with the number of faces. Parquet holds id and feature of each face (and
    split and expression of a pack), CSV one column a number; beside FILE.npy lies FILE.ids.csv.
    Pictures that give no face are listed in FILE.skipped.csv.

    For example:

      asdcfer embed packs/mine --out features.parquet

      asdcfer embed faces/ --model runs/mine --out features.npy

      asdcfer embed ~/Photos --detect --out features.csv --resume

      asdcfer embed packs/millions --engine ray --address auto --workers 32 --out f/ --shard 1000000
    """
    import json

    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress

    settings = api.EmbedSettings(
        model=model,
        detect=detect,
        detector_model=detector_model,
        splits=[name for name in splits.split(",") if name],
        batch_size=batch_size,
        device=device,
        max_pixels=max_pixels,
        resume=resume,
        force=force,
        shard=shard,
        engine=api.Engine(engine, address, workers),
    )
    with ConsoleProgress(unit="faces" if not detect else "photos") as progress:
        done = api.embed(faces, out, settings, progress=progress)
    if as_json:
        told = {key: getattr(done, key) for key in ("faces", "dim", "skipped", "resumed")}
        files = {"out": str(done.out), "ids": str(done.ids)}
        print(json.dumps({**told, **files}))
        return
    print(f"{done.out}: {done.faces:,} features of {done.dim:,} numbers; ids in {done.ids.name}")
    if done.skipped_list is not None:
        print(f"  skipped {done.skipped:,}, listed with reasons in {done.skipped_list}")
