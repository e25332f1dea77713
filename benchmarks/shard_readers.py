"""Read the same faces by this package's shards, WebDataset, MosaicML Streaming and litdata.

    python -m venv READERS
    READERS/bin/pip install webdataset mosaicml-streaming litdata scipy pydantic safetensors \
        threadpoolctl opencv-python-headless
    PYTHONPATH=src READERS/bin/python benchmarks/shard_readers.py --work WORK --out docs/results

An environment of its own, since MosaicML Streaming wants an older NumPy and the two last
torchvision. 100,000 generated faces of 48x48 pixels are written to WORK in each library's own
format, as plain bytes and without compression, in files of about 16,384 faces.

Each reader gives one epoch of shuffled batches of 256 as uint8 tensors, in a process of its own
and without workers, with a shuffle as wide as it is here: 65,536 faces, or, where a library has
another measure of it, its own default. It is read three times; in each round every reader once.
The pace is the median of the images a second of processor time (of all threads), since the machine
does other work. Memory is what reading added to that of the process: its own, at its most.

In the middle: the reader says its state after half of the batches, a new process begins there, and
the rest is to be that of an epoch without interruption. Seconds of processor time until its first
batch are said.
"""

import argparse
import hashlib
import importlib
import json
import multiprocessing
import os
import platform
import statistics
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scale import own_memory

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_shards import ShardedImages
from asdcfer.data.sharded_pack import write_sharded_pack
from asdcfer.files import atomic_write, write_json
from asdcfer.training.pretrain.shard_stream import ShardSampler, ShardStream

SHARD, BATCH, WIDE, SIDE = 16384, 256, 65536, 48
Batches = Iterator[torch.Tensor]
State = dict[str, Any] | None
SayState = Callable[[int], State]


def stacked(items: list[np.ndarray]) -> torch.Tensor:
    """Return images as one batch.

    Example:
        >>> stacked([np.zeros((2, 2), np.uint8)] * 3).shape
        torch.Size([3, 2, 2])
    """
    return torch.from_numpy(np.stack(items))


def pixels(item: dict[str, Any]) -> np.ndarray:
    """Return the image of an item of any of the libraries."""
    found = item["image"]
    return np.frombuffer(found, np.uint8).reshape(SIDE, SIDE) if type(found) is bytes else found


class Own:
    """This package's shards."""

    name, package, module = "asdcfer", None, "asdcfer"

    def write(self, pack: Path, folder: Path) -> None:
        """The pack is what is read."""

    def open(self, pack: Path, folder: Path, state: State) -> tuple[Batches, SayState]:
        """Return the batches from a state on, and what says the state after so many."""
        opened = load_pack(pack)
        assert isinstance(opened.images, ShardedImages)
        stream = ShardStream(opened.images, np.arange(len(opened)), 1)
        first = state["position"] if state else 0
        batches = ShardSampler(stream, BATCH, seed=0, position=first)
        left = batches.batches_per_epoch - first
        given = (stream[index] for _, index in zip(range(left), batches, strict=False))
        return given, lambda done: {"position": done}


class WebDataset:
    """Tar files, read one after the other into a buffer from which images are drawn."""

    name, package, module = "WebDataset", "webdataset", "webdataset"

    def write(self, pack: Path, folder: Path) -> None:
        """Write one file of an image into the tar files."""
        import webdataset

        with webdataset.ShardWriter(f"{folder}/%05d.tar", maxcount=SHARD, verbose=0) as writer:
            for number, image in enumerate(load_pack(pack).images):
                writer.write({"__key__": f"{number:07d}", "image": image.tobytes()})

    def open(self, pack: Path, folder: Path, state: State) -> tuple[Batches, SayState]:
        """As `Own.open`; it has no state."""
        import webdataset

        files = sorted(map(str, folder.glob("*.tar")))
        found = webdataset.WebDataset(files, shardshuffle=len(files), seed=0, empty_check=False)
        images = found.shuffle(WIDE, initial=WIDE).map(pixels)
        return iter(images.batched(BATCH, collation_fn=stacked)), lambda done: None


class Mosaic:
    """MosaicML Streaming."""

    name, package, module = "MosaicML Streaming", "mosaicml-streaming", "streaming"

    def write(self, pack: Path, folder: Path) -> None:
        """Write its shards."""
        from streaming import MDSWriter

        size = SHARD * (SIDE * SIDE + 8)
        with MDSWriter(out=str(folder), columns={"image": "bytes"}, size_limit=size) as writer:
            for image in load_pack(pack).images:
                writer.write({"image": image.tobytes()})

    def open(self, pack: Path, folder: Path, state: State) -> tuple[Batches, SayState]:
        """As `Own.open`."""
        from streaming import StreamingDataset
        from streaming.base.util import clean_stale_shared_memory
        from torch.utils.data import DataLoader

        clean_stale_shared_memory()
        images = StreamingDataset(
            local=str(folder),
            shuffle=True,
            shuffle_seed=0,
            batch_size=BATCH,
            shuffle_block_size=WIDE,
            num_canonical_nodes=1,
        )
        if state:
            images.load_state_dict(state)
        loader = DataLoader(
            images, BATCH, collate_fn=lambda items: stacked([pixels(item) for item in items])
        )
        return iter(loader), lambda done: images.state_dict(done * BATCH, from_beginning=True)


class Litdata:
    """Litdata, from Lightning."""

    name, package, module = "litdata", "litdata", "litdata"

    def write(self, pack: Path, folder: Path) -> None:
        """Write its chunks; its own function for that starts processes of its own."""
        from litdata.streaming import Cache

        cache = Cache(str(folder), chunk_bytes=SHARD * (SIDE * SIDE + 32))
        for number, image in enumerate(load_pack(pack).images):
            cache[number] = {"image": image.tobytes()}
        cache.done()
        cache.merge()

    def open(self, pack: Path, folder: Path, state: State) -> tuple[Batches, SayState]:
        """As `Own.open`."""
        from litdata import StreamingDataLoader, StreamingDataset

        loader = StreamingDataLoader(
            StreamingDataset(str(folder), shuffle=True, seed=0),
            batch_size=BATCH,
            num_workers=0,
            collate_fn=lambda items: stacked([pixels(item) for item in items]),
        )
        if state:
            loader.load_state_dict(state)
        return iter(loader), lambda done: loader.state_dict()


READERS: tuple[Any, ...] = (Own(), WebDataset(), Mosaic(), Litdata())


def read(number: int, pack: Path, folder: Path) -> dict[str, float]:
    """Measure one epoch of a reader."""
    reader = READERS[number]
    importlib.import_module(reader.module)
    before = own_memory()
    most, over = [before], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], own_memory())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.process_time()
    batches, _ = reader.open(pack, folder, None)
    images = sum(len(batch) for batch in batches)
    used = time.process_time() - started
    over.set()
    watcher.join()
    return {"images": images, "pace": images / used, "memory_mb": max(most) - before}


def marks(number: int, pack: Path, folder: Path, half: int, state: State) -> dict[str, Any]:
    """Return a mark of each batch from a state on, and the state after half of an epoch."""
    importlib.import_module(READERS[number].module)
    started = time.process_time()
    batches, say = READERS[number].open(pack, folder, state)
    found: list[str] = []
    said: State = None
    first = 0.0
    for batch in batches:
        first = first or time.process_time() - started
        found.append(hashlib.blake2b(batch.numpy().tobytes(), digest_size=8).hexdigest())
        if state is None and len(found) == half:
            said = say(half)
    return {"marks": found, "state": said, "first_batch": first}


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return the result of a function of this file, made in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def resumed(number: int, pack: Path, folder: Path, count: int) -> dict[str, Any]:
    """Return whether a reader begins in the middle of an epoch with the batch that is due."""
    half = count // BATCH // 2
    whole = apart(marks, number, pack, folder, half, None)
    if whole["state"] is None:
        return {"resumes": "no state"}
    rest = apart(marks, number, pack, folder, half, whole["state"])
    if rest["marks"] == whole["marks"][half:]:
        return {"resumes": "same batches", "first_batch": round(rest["first_batch"], 2)}
    same = set(rest["marks"]) == set(whole["marks"][half:])
    return {
        "resumes": "same batches in another order" if same else "other batches",
        "first_batch": round(rest["first_batch"], 2),
    }


def page(found: dict[str, Any]) -> str:
    """Return the page of results.

    Example:
        >>> row = {"version": "1", "pace": 5.0, "paces": [4, 5], "memory_mb": 3, "disk_mb": 2}
        >>> told = {"a": row | {"resumes": "no state"}, "b": row | {"pace": 10.0, "resumes": "x"}}
        >>> print(page({"faces": 9, "machine": "m", "load": 1.0, "readers": told}).splitlines()[-2])
        | b 1 | 10 (4 to 5) | 2.00 | 3 | 2 | x |
    """
    lines = [
        "# Readers of shards",
        "",
        "Generated by `benchmarks/shard_readers.py`, whose head tells the protocol and the two",
        f"commands: {found['faces']:,} generated faces of 48x48 pixels, batches of {BATCH}, one",
        f"process without workers, {found['machine']} (load before: {found['load']}).",
        "",
        "| reader | images a processor second (least and most) | of the first | memory added, MB "
        "| on disk, MB | begins in the middle of an epoch |",
        "|---|---:|---:|---:|---:|---|",
    ]
    own = next(iter(found["readers"].values()))["pace"]
    for name, row in found["readers"].items():
        again = row["resumes"]
        if "first_batch" in row:
            again += f", first after {row['first_batch']} s"
        lines.append(
            f"| {name} {row['version']} | {row['pace']:,.0f} ({min(row['paces']):,} to "
            f"{max(row['paces']):,}) | {row['pace'] / own:.2f} | {row['memory_mb']:,} "
            f"| {row['disk_mb']:,} | {again} |"
        )
    return "\n".join([*lines, ""]) + "\n"


def main() -> None:
    """Write the faces, read them, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for the faces")
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="folder of the table and its page")
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    from generated_faces import items

    pack = chosen.work / f"asdcfer-{chosen.faces}"
    if not pack.is_dir():
        source = {"name": "generated"}
        write_sharded_pack(pack, items(chosen.faces), SHARD, expressions=[], source=source)
    load = round(os.getloadavg()[0], 1)
    folders = [chosen.work / f"{reader.name}-{chosen.faces}" for reader in READERS]
    for reader, folder in zip(READERS, folders, strict=True):
        if reader.package and not folder.is_dir():
            half = folder.with_name(f".{folder.name}")
            half.mkdir(parents=True, exist_ok=True)
            reader.write(pack, half)
            half.rename(folder)
    folders[0] = pack
    seen: list[list[dict[str, float]]] = [[] for _ in READERS]
    for _ in range(chosen.rounds):
        for number, folder in enumerate(folders):
            seen[number].append(apart(read, number, pack, folder))
    readers = {}
    for number, (reader, folder) in enumerate(zip(READERS, folders, strict=True)):
        readers[reader.name] = {
            "version": version(reader.package) if reader.package else "shards",
            "images": seen[number][-1]["images"],
            "pace": statistics.median(one["pace"] for one in seen[number]),
            "paces": [round(one["pace"]) for one in seen[number]],
            "memory_mb": round(max(one["memory_mb"] for one in seen[number])),
            "disk_mb": round(
                sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
            ),
        } | resumed(number, pack, folder, chosen.faces)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, PyTorch {torch.__version__}"
    found = {"faces": chosen.faces, "machine": machine, "load": load, "readers": readers}
    print(json.dumps(found, indent=1))
    if chosen.out is not None:
        write_json(chosen.out / "shard_readers.json", found)
        with atomic_write(chosen.out / "shard_readers.md") as temporary:
            temporary.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
