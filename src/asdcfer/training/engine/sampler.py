"""Batch sampler: which images make up which batch, as a pure function of seed, epoch and position.

The whole pack is in memory on the training device, so a batch is an index tensor and needs no
worker process. Because the order depends on nothing but the numbers below, resuming means
continuing from a position; there is no state to lose.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from asdcfer.errors import DataError


def mixed_seed(*numbers: int) -> int:
    """Mix numbers into one 63-bit seed: (seed, epoch) and (seed + 1, epoch - 1) share nothing.

    Source: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), applied number by number.

    Example:
        >>> mixed_seed(0, 1) != mixed_seed(1, 0)
        True
    """
    mask = (1 << 64) - 1
    value = 0
    for number in numbers:
        value = (value + number + 0x9E3779B97F4A7C15) & mask
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & mask
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & mask
        value ^= value >> 31
    return value >> 1


class Share(NamedTuple):
    """Which of several processes this is, and how many train together."""

    process: int = 0
    processes: int = 1


ALONE = Share()


class BatchSampler:
    """Index batches of one process, epoch after epoch, without end of memory or of order.

    Each epoch is one permutation of all images. A step takes `processes * accumulate * batch_size`
    of them, in order; process r takes the r-th part of each batch. The same seed gives the same
    steps whatever the device.

    Args:
        images: N, number of images.
        batch_size: images of one batch of one process.
        seed: of the order.
        accumulate: batches of one process that make up one step.
        share: which of several processes this is.
        drop_last: leave out the images at the end of an epoch that do not fill a step; otherwise
            they make a smaller step.
        position: batches (not steps) already trained; where iteration starts.
        device: where the index tensors live.

    Raises:
        DataError: there are fewer images than one step takes.

    Example:
        >>> sampler = BatchSampler(10, 4, seed=0)
        >>> sampler.steps_per_epoch
        2
        >>> batches = iter(sampler)
        >>> first, second = next(batches), next(batches)
        >>> len(set(first.tolist()) | set(second.tolist()))
        8
    """

    def __init__(
        self,
        images: int,
        batch_size: int,
        *,
        seed: int,
        accumulate: int = 1,
        share: Share = ALONE,
        drop_last: bool = True,
        position: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        self.images, self.batch_size, self.seed = images, batch_size, seed
        self.accumulate, self.process, self.processes = accumulate, *share
        self.position, self.device = position, torch.device(device)
        parts = accumulate * self.processes
        self.images_per_step = batch_size * parts
        if images < self.images_per_step:
            terms = " x ".join(
                str(n) for n in (batch_size, accumulate, self.processes) if n > 1 or n == batch_size
            )
            # A batch of one image has no statistics.
            most = images // parts
            advice = (
                f"lower batch_size to at most {most}"
                if most > 1
                else f"lower accumulate or the number of processes from {parts} in all"
            )
            raise DataError(
                f"{images} images do not fill one step of {self.images_per_step} ({terms}); "
                f"{advice}, or bring more images"
            )
        whole, rest = divmod(images, self.images_per_step)
        # Batch statistics need two images at least in each part.
        self.last_batch = 0 if drop_last or rest // parts < 2 else rest // parts
        self.steps_per_epoch = whole + (self.last_batch > 0)
        self.images_per_epoch = whole * self.images_per_step + self.last_batch * parts

    @property
    def batches_per_epoch(self) -> int:
        """Batches of one process in one epoch."""
        return self.steps_per_epoch * self.accumulate

    def order(self, epoch: int) -> Tensor:
        """Return the permutation (N,) of one epoch, int64 on the CPU."""
        return torch.randperm(
            self.images, generator=torch.Generator().manual_seed(mixed_seed(self.seed, epoch))
        )

    def __iter__(self) -> Iterator[Tensor]:
        """Yield index batches int64 (batch_size,) from `position` on, for ever."""
        position = self.position
        while True:
            epoch, first = divmod(position, self.batches_per_epoch)
            order = self.order(epoch).to(self.device)
            for batch in range(first, self.batches_per_epoch):
                step, part = divmod(batch, self.accumulate)
                short = self.last_batch > 0 and step == self.steps_per_epoch - 1
                size = self.last_batch if short else self.batch_size
                start = step * self.images_per_step + (part * self.processes + self.process) * size
                yield order[start : start + size]
                position += 1
