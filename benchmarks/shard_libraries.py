"""Libraries that read shards of faces, each from its own format, under one interface.

`benchmarks/shard_readers.py` compares them; a library more is a class of
`benchmarks/shard_libraries.py` in `READERS`. Each is imported when it is used, so that an
environment may lack the others.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_shards import ShardedImages
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
