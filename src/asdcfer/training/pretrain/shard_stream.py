"""Training images of a sharded pack: a few shards in memory, whatever the size of the set.

An epoch visits the shards in a random order, dealt out to the processes in turn. Each process reads
a window of a few shards, mixes their images, trains on them and goes on to the next. Which images
make up which batch follows from seed, epoch and position alone, so a run that is resumed in the
middle of an epoch goes on with the batch that is due, and reads only the shards that are left.
"""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from asdcfer.data.eight_bits import to_gray
from asdcfer.data.pack_shards import ShardedImages
from asdcfer.errors import DataError
from asdcfer.training.engine.sampler import ALONE, BatchSampler, Share, mixed_seed

WINDOW = 4
"""Shards whose images are mixed with each other, and that are in memory at a time."""


class ShardStream:
    """The chosen images of a sharded pack, indexed like the tensor that a smaller pack becomes.

    Images of the window come from memory; others are read one by one.

    Args:
        images: of the pack.
        rows: int64 (N,), those that are trained on, in ascending order.
        channels: 1 turns color into gray.

    Attributes:
        sizes: how many chosen images each shard holds.
        device: where answers are brought.
    """

    def __init__(self, images: ShardedImages, rows: np.ndarray, channels: int) -> None:
        self._images, self._rows = images, rows
        self._gray = images.ndim == 4 and channels == 1
        self._cuts = np.searchsorted(rows, images.starts)
        self.sizes: list[int] = np.diff(self._cuts).tolist()
        self.shape = (len(rows), *(images.shape[1:3] if self._gray else images.shape[1:]))
        self.device = torch.device("cpu")
        self._window: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def to(self, device: Any) -> "ShardStream":
        """Return itself, giving its answers on a device from now on."""
        self.device = torch.device(device)
        return self

    def open_window(self, shards: list[int], next_shards: list[int]) -> None:
        """Hold the images of some shards in memory, of these alone, and ask for the next ones."""
        self._window = {s: self._window[s] for s in shards if s in self._window}
        for shard in shards:
            if shard not in self._window:
                local = self._rows[self._cuts[shard] : self._cuts[shard + 1]]
                whole = self._images.shard(shard)
                chosen = local - self._images.starts[shard]
                some = whole if len(chosen) == len(whole) else whole[chosen]
                self._window[shard] = to_gray(some) if self._gray else some
        for shard in next_shards:
            _read_ahead(self._images, shard)

    def first_row(self, shard: int) -> int:
        """Return the index of a shard's first chosen image."""
        return int(self._cuts[shard])

    def __getitem__(self, index: Tensor | slice) -> Tensor:
        if isinstance(index, slice):
            at = np.arange(*index.indices(len(self)))
        else:
            at = index.cpu().numpy()
        out = np.empty((len(at), *self.shape[1:]), np.uint8)
        shards = np.searchsorted(self._cuts, at, side="right") - 1
        for shard in np.unique(shards).tolist():
            mine = shards == shard
            if shard in self._window:
                out[mine] = self._window[shard][at[mine] - self._cuts[shard]]
            else:
                read = self._images[self._rows[at[mine]]]
                out[mine] = to_gray(read) if self._gray else read
        return torch.from_numpy(out).to(self.device, non_blocking=True)


class ShardSampler(BatchSampler):
    """Index batches of one process over a stream of shards; the rest is as of `BatchSampler`.

    Each process trains on as many images as the fewest that any can get in an epoch, so all make
    the same number of steps; what is left over by one epoch comes in another.

    Args:
        stream: the images; its window follows the batches.
        batch_size: images of one batch of one process.
        seed: of the order.
        accumulate: batches of one process that make up one step.
        share: which of several processes this is.
        position: batches already trained; where iteration starts.

    Raises:
        DataError: there are fewer shards than processes, or fewer images than one step takes.
    """

    def __init__(
        self,
        stream: ShardStream,
        batch_size: int,
        *,
        seed: int,
        accumulate: int = 1,
        share: Share = ALONE,
        position: int = 0,
    ) -> None:
        self.stream = stream
        self._filled = [shard for shard, size in enumerate(stream.sizes) if size]
        each = len(self._filled) // share.processes
        if each == 0:
            raise DataError(
                f"{len(self._filled)} shards with images to train on are too few for "
                f"{share.processes} processes; prepare the pack with a smaller `shard`"
            )
        least = sum(sorted(stream.sizes[shard] for shard in self._filled)[:each])
        super().__init__(
            least * share.processes,
            batch_size,
            seed=seed,
            accumulate=accumulate,
            share=share,
            position=position,
            device=stream.device,
        )

    def windows(self, epoch: int) -> list[list[int]]:
        """Return the shards of this process in an epoch, window by window."""
        draw = torch.Generator().manual_seed(mixed_seed(self.seed, epoch))
        order = torch.randperm(len(self._filled), generator=draw).tolist()
        mine = [self._filled[place] for place in order[self.process :: self.processes]]
        return [mine[at : at + WINDOW] for at in range(0, len(mine), WINDOW)]

    def __iter__(self) -> Iterator[Tensor]:
        """Yield index batches int64 (batch_size,) from `position` on, for ever."""
        position = self.position
        while True:
            epoch, first = divmod(position, self.batches_per_epoch)
            yield from self._epoch(epoch, first)
            position = (epoch + 1) * self.batches_per_epoch

    def _epoch(self, epoch: int, first: int) -> Iterator[Tensor]:
        windows = self.windows(epoch)
        skipped, batch = first * self.batch_size, first
        left = torch.empty(0, dtype=torch.int64)
        for number, shards in enumerate(windows):
            count = sum(self.stream.sizes[shard] for shard in shards)
            if skipped >= count:
                skipped -= count
                continue
            rows = torch.cat([left, self._mixed(epoch, number, shards)[skipped:]])
            skipped = 0
            following = windows[number + 1] if number + 1 < len(windows) else []
            self.stream.open_window(shards, following)
            while len(rows) >= self.batch_size:
                if batch == self.batches_per_epoch:
                    return
                yield rows[: self.batch_size].to(self.device)
                rows, batch = rows[self.batch_size :], batch + 1
            left = rows

    def _mixed(self, epoch: int, window: int, shards: list[int]) -> Tensor:
        """Return the indices of all images of a window in random order."""
        rows = torch.cat(
            [
                torch.arange(self.stream.sizes[shard]) + self.stream.first_row(shard)
                for shard in shards
            ]
        )
        seed = mixed_seed(self.seed, epoch, self.process, window, 7)
        return rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))]


def _read_ahead(images: ShardedImages, shard: int) -> None:
    """Ask the system to read a shard while the present one is trained on."""
    if not hasattr(os, "posix_fadvise"):
        return
    with open(images.paths[shard] / "images.u8", "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def sampler_for(
    images: "Tensor | ShardStream",
    batch_size: int,
    *,
    seed: int,
    accumulate: int,
    share: Share,
    drop_last: bool,
    position: int = 0,
) -> BatchSampler:
    """Return the batches over images in memory, or over a stream of shards.

    A stream leaves out what does not fill a step also without `drop_last`.
    """
    if isinstance(images, ShardStream):
        return ShardSampler(
            images, batch_size, seed=seed, accumulate=accumulate, share=share, position=position
        )
    return BatchSampler(
        len(images),
        batch_size,
        seed=seed,
        accumulate=accumulate,
        share=share,
        drop_last=drop_last,
        position=position,
        device=images.device,
    )
