"""FeatureQueue: the ring of past keys that serve as negatives."""

from typing import Any

import torch
from torch import Tensor, nn

from asdcfer.methods.method import OptionsT


class FeatureQueue(nn.Module):
    """A first-in-first-out ring of keys that knows how far it is filled.

    It is made of buffers, so a checkpoint holds it and `.to(device)` moves it. It starts empty:
    rows that were never written are never seen as negatives. Batches of any size are taken, the end
    of the ring is crossed without loss, and of a batch larger than the ring the last keys stay.

    NOTE: a queue larger than the data set gives every image its own stale key as a negative; 4,096
        to 8,192 suits FER-2013's 28,709 images.

    Args:
        dim: D, width of a key.
        size: K, how many keys it holds.

    Source: He et al., MoCo, CVPR 2020, section 3.2.

    Example:
        >>> queue = FeatureQueue(dim=2, size=3)
        >>> queue.negatives().shape
        torch.Size([0, 2])
        >>> queue.enqueue(torch.tensor([[1.0, 1.0], [2.0, 2.0]]))
        >>> queue.enqueue(torch.tensor([[3.0, 3.0], [4.0, 4.0]]))
        >>> queue.filled, queue.negatives()[:, 0].tolist()
        (3, [4.0, 2.0, 3.0])
    """

    keys: Tensor
    position: Tensor
    fill: Tensor

    def __init__(self, dim: int, size: int) -> None:
        super().__init__()
        if dim < 1 or size < 1:
            raise ValueError(
                f"a queue needs at least one key of one number, not size {size} of dim {dim}"
            )
        self.register_buffer("keys", torch.zeros(size, dim))
        self.register_buffer("position", torch.zeros((), dtype=torch.int64))
        self.register_buffer("fill", torch.zeros((), dtype=torch.int64))
        # The same as `fill`, known without asking the device; None after a checkpoint was loaded.
        self._filled: int | None = 0

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._filled = None

    @property
    def size(self) -> int:
        """How many keys it holds at most."""
        return len(self.keys)

    @property
    def filled(self) -> int:
        """How many keys it holds now."""
        if self._filled is None:
            self._filled = int(self.fill)
        return self._filled

    @torch.no_grad()
    def enqueue(self, keys: Tensor) -> None:
        """Take a batch of keys, oldest out first.

        Call it once a step, after every loss term of that step: a queue that holds the step's own
        keys turns positives into negatives.

        Args:
            keys: (B,D), any B; stored without gradient, in the queue's own precision.
        """
        if keys.ndim != 2 or keys.shape[1] != self.keys.shape[1]:
            raise ValueError(
                f"keys must have shape (B,{self.keys.shape[1]}), not {tuple(keys.shape)}"
            )
        taken = keys.detach()[-self.size :].to(self.keys)
        # The position is never read on the host: a step on a GPU would wait for it.
        first = self.position + (len(keys) - len(taken))
        rows = (first + torch.arange(len(taken), device=self.keys.device)) % self.size
        self.keys.index_copy_(0, rows, taken)
        self.position.add_(len(keys)).remainder_(self.size)
        self._filled = min(self.filled + len(keys), self.size)
        self.fill.fill_(self._filled)

    @torch.no_grad()
    def clear(self) -> None:
        """Forget all keys."""
        self.position.zero_()
        self.fill.zero_()
        self._filled = 0

    def negatives(self) -> Tensor:
        """Return the keys it holds, (filled, D), in the order of the ring.

        A copy: the loss may still need it for its gradient when `enqueue` overwrites the ring.
        """
        return self.keys[: self.filled].clone()

    def extra_repr(self) -> str:
        """Return dim and size for printing."""
        return f"dim={self.keys.shape[1]}, size={self.size}"


def cut_queues(options: OptionsT, num_images: int, *names: str, least: int = 0) -> OptionsT:
    """Return the options with each queue cut to half the images.

    A larger queue holds, as negatives, stale keys of the very images it is asked about.

    Args:
        options: of a method.
        num_images: how many images are trained on.
        *names: of the fields that are sizes of queues.
        least: no queue is cut below this size.

    Example:
        >>> from asdcfer.methods.moco_options import MocoOptions
        >>> cut_queues(MocoOptions(queue_size=4096), 1000, "queue_size").queue_size
        500
    """
    most = max(least, num_images // 2)
    return options.model_copy(
        update={name: most for name in names if getattr(options, name) > most}
    )
