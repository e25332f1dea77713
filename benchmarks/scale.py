"""What a million faces take: of `audit`, `prepare`, and the loader of a sharded pack.

    python benchmarks/scale.py audit 10000 100000 1000000 --packs PACKS --out docs/results
    python benchmarks/scale.py prepare 10000 100000 --packs PACKS --out docs/results
    python benchmarks/scale.py loader 1000000 --packs PACKS --out docs/results

Faces are generated (`benchmarks/generated_faces.py`) into packs that are kept in --packs. Each row
is measured in a process of its own, in seconds of processor time and of the clock, with the most
memory that was the process's own (files that are mapped can be given back and are not counted).
`--crowd` makes a tenth of an audit's faces copies of one under one hash. Rows are merged into
scale.json by what they measure, and scale.md is drawn from it. A row with a `note` was measured in
another way, which the note says; a new measurement takes its place.
"""

import argparse
import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from asdcfer.data.duplicates import find_duplicates
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_shards import ShardedImages
from asdcfer.data.prepare_pack import prepare
from asdcfer.data.sharded_pack import write_sharded_pack
from asdcfer.files import atomic_write, write_json
from asdcfer.training.engine.sampler import BatchSampler
from asdcfer.training.pretrain.shard_stream import ShardSampler, ShardStream

SHARD, BATCH = 16384, 256


def own_memory() -> float:
    """Return the memory that is this process's own, MB; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("RssAnon")), 0.0)


def measured(job: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what a job says, with the seconds it took and the most memory that it held.

    Example:
        >>> sorted(measured(lambda: {"faces": 3}))
        ['clock_seconds', 'faces', 'memory_mb', 'processor_seconds']
    """
    most, over = [own_memory()], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            most[0] = max(most[0], own_memory())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    clock, processor = time.perf_counter(), time.process_time()
    said = job()
    took = time.process_time() - processor
    seconds = {"processor_seconds": round(took, 1)}
    seconds["clock_seconds"] = round(time.perf_counter() - clock, 1)
    over.set()
    watcher.join()
    return {**said, **seconds, "memory_mb": round(max(most[0], own_memory()))}


def audited(pack: Path) -> dict[str, Any]:
    """Measure the search for duplicates in a pack."""
    opened = load_pack(pack)

    def job() -> dict[str, Any]:
        pairs = find_duplicates([opened])
        return {"pairs": len(pairs), "exact": int(pairs.exact.sum())}

    return measured(job)


def prepared(folder: Path) -> dict[str, Any]:
    """Measure `prepare` of a folder of pictures."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as out:
        return measured(lambda: {"images": len(prepare(folder, Path(out) / "pack"))})


def loaded(pack: Path, streamed: bool) -> dict[str, Any]:
    """Measure one epoch of batches, from shards or from a tensor of all images."""
    opened = load_pack(pack)
    assert isinstance(opened.images, ShardedImages)
    images: Any
    if streamed:
        images = ShardStream(opened.images, np.arange(len(opened)), 1)
        batches: BatchSampler = ShardSampler(images, BATCH, seed=0)
    else:
        images = torch.from_numpy(opened.images[:])
        batches = BatchSampler(len(images), BATCH, seed=0)

    def job() -> dict[str, Any]:
        for _, index in zip(range(batches.batches_per_epoch), batches, strict=False):
            images[index]
        return {"images": batches.images_per_epoch}

    return measured(job)


def pictures(count: int, folder: Path) -> Path:
    """Write generated faces as PNG files in folders of a thousand, unless they are there."""
    from generated_faces import items

    if not folder.is_dir():
        for number, item in enumerate(items(count)):
            file = folder / f"{number // 1000:04d}" / f"{number:07d}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(item.image).save(file, compress_level=1)
    return folder


def rows_of(what: str, count: int, packs: Path, crowd: bool) -> dict[str, dict[str, Any]]:
    """Return the rows of one measurement of one size, by name."""
    from generated_faces import make

    name = f"{'crowd' if crowd else 'faces'}-{count}"
    if what == "prepare":
        return {f"prepare {count}": apart(prepared, pictures(count, packs / f"files-{count}"))}
    pack = make(count, packs / name, crowd)
    if what == "audit":
        return {f"audit {name}": apart(audited, pack)}
    shards = packs / f"shards-{count}"
    if not shards.is_dir():
        from generated_faces import items

        write_sharded_pack(
            shards, items(count), SHARD, expressions=[], source={"name": "generated"}
        )
    return {
        f"loader {count} {kind}": apart(loaded, shards, kind == "shards")
        for kind in ("shards", "memory")
    }


def apart(function: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """Return the result of a function of this file, made in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Return the rows as Markdown.

    Example:
        >>> row = {"pairs": 3, "processor_seconds": 1.5, "clock_seconds": 9.0, "memory_mb": 12}
        >>> print(table({"audit faces-10": row}).splitlines()[-1])
        | audit faces-10 | 3 pairs | 1.5 | 9.0 | 12 |
    """
    lines = [
        "# Scale",
        "",
        "Made by `python benchmarks/scale.py`: generated faces of 48x48 pixels, one process on two "
        "cores that other work shared, so processor time is what compares; memory is the process's "
        "own at its most.",
        "",
        "| what | found | processor seconds | clock seconds | memory, MB |",
        "|---|---|---|---|---|",
    ]
    numbers = ("processor_seconds", "clock_seconds", "memory_mb")
    notes = [f"* {name}: {row['note']}" for name, row in rows.items() if "note" in row]
    for name, row in rows.items():
        said = ", ".join(
            f"{value:,} {key}" for key, value in row.items() if key not in (*numbers, "note")
        )
        lines.append(f"| {name} | {said} | " + " | ".join(f"{row[n]:,}" for n in numbers) + " |")
    return "\n".join([*lines, *(["", *notes] if notes else [])]) + "\n"


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["audit", "prepare", "loader"])
    parser.add_argument("count", type=int, nargs="+")
    parser.add_argument("--packs", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--crowd", action="store_true")
    chosen = parser.parse_args()
    file = None if chosen.out is None else chosen.out / "scale.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file and file.is_file() else {}
    for count in chosen.count:
        known |= rows_of(chosen.what, count, chosen.packs, chosen.crowd)
        if file is not None:
            write_json(file, known)
            with atomic_write(file.with_suffix(".md")) as temporary:
                temporary.write_text(table(known), encoding="utf-8")
    print(table(known))


if __name__ == "__main__":
    main()
