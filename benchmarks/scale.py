"""What a million faces take: of `audit`, `prepare`, the loader of a sharded pack, and training.

    python benchmarks/scale.py audit 10000 100000 1000000 --packs PACKS --out docs/results
    python benchmarks/scale.py prepare 10000 100000 1000000 --packs PACKS --out docs/results
    python benchmarks/scale.py loader 1000000 --packs PACKS --out docs/results
    python benchmarks/scale.py training 1000000 --packs PACKS --out docs/results

Faces are generated (`benchmarks/generated_faces.py`) into packs that are kept in --packs. Each row
is measured in a process of its own, in seconds of processor time and of the clock. Memory is the
most that was the process's own, and its most resident: with the files that it has mapped, which
the system may take back. `--crowd` makes a tenth of an audit's faces copies of one under one hash.

`training` is one epoch of `asdcfer pretrain` on a pack of shards, beside a training by the same
recipe on a pack of 100,000 faces that is held in memory. The two take turns of ten seconds, in
which the other one is stopped, so both meet the same machine. Pace is that of the processor, from
the second turn of each on; memory is looked at after each turn. The network is a tiny one: the
smaller its part in a step, the more a slow loader would show.

Rows are merged into scale.json by what they measure, and scale.md is drawn from it.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
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
DISTINCT = 100_000
"""Pictures that are files of their own."""
IN_MEMORY = 100_000
"""Faces of the pack that a training holds in memory."""
TURN = 10.0
"""Seconds."""
TINY = (
    "teacher.encoder.name=nano_resnet",
    "teacher.encoder.arguments={stem: 8, widths: [8, 12, 16], depths: [1, 1, 1]}",
    "teacher.encoder.pooling=global",
    "teacher.encoder.pooling_arguments={}",
    f"teacher.batch_size={BATCH}",
    "teacher.resolution=[[0.0, 32]]",
    "teacher.views.warp_negatives=0",
    "teacher.options.queue_size=1024",
    "teacher.options.projector_hidden=32",
    "teacher.options.projector_dim=16",
    "teacher.log_every=10",
    "teacher.checkpoint_epochs=1000",
    "teacher.health={every_epochs: 1000, images: 100, knn_images: 0}",
)
"""What makes the recipe `sample` small."""


def status_mb(name: str, process: int | str = "self") -> float:
    """Return one of the sizes of a process, MB; 0 where the system does not tell.

    Example:
        >>> status_mb("VmHWM") >= status_mb("RssAnon")
        True
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith(name)), 0.0)


def own_memory() -> float:
    """Return the memory that is this process's own, MB."""
    return status_mb("RssAnon")


def measured(job: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what a job says, with the seconds it took and the most memory that it held.

    Example:
        >>> sorted(measured(lambda: {"faces": 3}))
        ['clock_seconds', 'faces', 'memory_mb', 'peak_mb', 'processor_seconds']
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
    memory = {"memory_mb": round(max(most[0], own_memory())), "peak_mb": round(status_mb("VmHWM"))}
    return {**said, **seconds, **memory}


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


class Training:
    """`asdcfer pretrain` on a pack, by turns.

    Args:
        pack: to train on.
        epochs: how often.
        out: folder of the run.
    """

    def __init__(self, pack: Path, epochs: int, out: Path) -> None:
        self.log = out / "teacher" / "metrics.csv"
        self.looks: list[dict[str, float]] = []
        self.clock = 0.0
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "asdcfer", "pretrain", "--recipe", "sample"),
                *("--data", str(pack), "--out", str(out), "--device", "cpu"),
                *(f"teacher.epochs={epochs}", *TINY),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.process.send_signal(signal.SIGSTOP)

    def turn(self) -> bool:
        """Go on for a while and look; returns whether it still runs."""
        self.process.send_signal(signal.SIGCONT)
        started = time.perf_counter()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(TURN)
        self.clock += time.perf_counter() - started
        if self.process.returncode is not None:
            if self.process.returncode:
                raise SystemExit(f"a training ended with {self.process.returncode}")
            return False
        self.process.send_signal(signal.SIGSTOP)
        if steps := self.steps():
            number = self.process.pid
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            memory = {name: status_mb(name, number) for name in ("VmRSS", "RssAnon", "VmHWM")}
            self.looks.append({"steps": steps, "used": used, **memory})
        return True

    def steps(self) -> int:
        """Return how many steps its log knows of."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(self.log.read_text().splitlines()[-1].split(",")[0])
        return 0

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()

    def row(self) -> dict[str, Any]:
        """Return what was seen of it."""
        first, last = self.looks[0], self.looks[-1]
        images = BATCH * (last["steps"] - first["steps"])
        used = last["used"] - first["used"]
        tenths = [self.looks[len(self.looks) * part // 10] for part in range(10)] + [last]
        return {
            "images": int(images),
            "images a processor second": round(images / used),
            "resident_mb": [round(one["VmRSS"]) for one in tenths],
            "processor_seconds": round(used, 1),
            "clock_seconds": round(self.clock, 1),
            "memory_mb": round(max(one["RssAnon"] for one in self.looks)),
            "peak_mb": round(last["VmHWM"]),
        }


def trained(shards: Path, pack: Path, epochs: int) -> dict[str, dict[str, Any]]:
    """Train on a pack of shards for one epoch and on a pack in memory beside it, by turns."""
    with tempfile.TemporaryDirectory() as folder:
        streamed = Training(shards, 1, Path(folder) / "shards")
        held = Training(pack, epochs, Path(folder) / "memory")
        try:
            while streamed.turn():
                held.turn()
        finally:
            streamed.stop()
            held.stop()
    return {"shards": streamed.row(), f"{IN_MEMORY} in memory": held.row()}


def pictures(count: int, folder: Path) -> Path:
    """Write generated faces as PNG files in folders of a thousand, unless they are there.

    Beyond a hundred thousand the files are further names of those before them.
    """
    from generated_faces import items

    if folder.is_dir():
        return folder
    half = folder.with_name(f".{folder.name}")
    files: list[Path] = []
    for number, item in enumerate(items(min(count, DISTINCT))):
        files.append(half / f"{number // 1000:04d}" / f"{number:07d}.png")
        files[-1].parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(item.image).save(files[-1], compress_level=1)
    for number in range(DISTINCT, count):
        file = half / f"{number // 1000:04d}" / f"{number:07d}.png"
        file.parent.mkdir(exist_ok=True)
        os.link(files[number % DISTINCT], file)
    return half.rename(folder)


def rows_of(what: str, count: int, packs: Path, crowd: bool) -> dict[str, dict[str, Any]]:
    """Return the rows of one measurement of one size, by name."""
    from generated_faces import make

    name = f"{'crowd' if crowd else 'faces'}-{count}"
    if what == "prepare":
        return {f"prepare {count}": apart(prepared, pictures(count, packs / f"files-{count}"))}
    if what == "audit":
        return {f"audit {name}": apart(audited, make(count, packs / name, crowd))}
    shards = packs / f"shards-{count}"
    if not shards.is_dir():
        from generated_faces import items

        write_sharded_pack(
            shards, items(count), SHARD, expressions=[], source={"name": "generated"}
        )
    if what == "training":
        # Three times as many epochs as the other needs: neither ends while both are measured.
        held = make(IN_MEMORY, packs / f"faces-{IN_MEMORY}", False)
        found = trained(shards, held, 3 * max(1, -(-count // IN_MEMORY)))
        return {f"training {count} {kind}": row for kind, row in found.items()}
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
        >>> print(table({"audit faces-10": row | {"peak_mb": 40}}).splitlines()[-1])
        | audit faces-10 | 3 pairs | 1.5 | 9.0 | 12 | 40 |
    """
    lines = [
        "# Scale",
        "",
        "Made by `python benchmarks/scale.py`, whose head tells the protocol: generated faces of "
        "48x48 pixels, one process on two cores that other work shared, so processor time is what "
        "compares. Memory is the process's own at its most, and its most resident.",
        "",
        "| what | found | processor seconds | clock seconds | own memory, MB | most resident, MB |",
        "|---|---|---|---|---|---|",
    ]
    numbers = ("processor_seconds", "clock_seconds", "memory_mb", "peak_mb")
    for name, row in rows.items():
        said = ", ".join(
            f"{value:,} {key}"
            for key, value in row.items()
            if type(value) in (int, float) and key not in numbers
        )
        lines.append(
            f"| {name} | {said} | "
            + " | ".join(f"{row[n]:,}" if n in row else "" for n in numbers)
            + " |"
        )
    for name, row in rows.items():
        if "resident_mb" in row:
            told = ", ".join(f"{size:,}" for size in row["resident_mb"])
            lines += ["", f"{name}: resident after its first turn and each tenth: {told} MB."]
    pace = "images a processor second"
    for name, row in rows.items():
        held = rows.get(name.replace(" shards", f" {IN_MEMORY} in memory"))
        if name.startswith("training") and name.endswith(" shards") and held:
            share = row[pace] / held[pace]
            lines += ["", f"{name}: {share:.1%} of the pace in memory."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["audit", "prepare", "loader", "training"])
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
