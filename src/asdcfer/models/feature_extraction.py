"""Batched feature extraction shared by health checks and probes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from asdcfer.models.encoder import Encoder

BATCH_SIZE = 256


@contextmanager
def eval_mode(encoder: nn.Module) -> Iterator[torch.device]:
    """Put every part of a network in evaluation mode and back; gives its weights' device."""
    were = [(module, module.training) for module in encoder.modules()]
    encoder.eval()
    tensor = next(encoder.parameters(), next(encoder.buffers(), None))
    try:
        yield tensor.device if tensor is not None else torch.device("cpu")
    finally:
        for module, mode in were:
            module.training = mode


def features_in_batches(
    encoder: Encoder,
    images: np.ndarray | Tensor | Sequence[np.ndarray],
    batch_size: int = BATCH_SIZE,
    *,
    hflip: bool = False,
    bf16: bool = False,
    channels_last: bool = False,
) -> Iterator[tuple[int, Tensor]]:
    """Give the features of faces, batch by batch.

    The encoder works in evaluation mode, without gradients, on the device its weights are on, and
    is left in the mode it was in.

    Args:
        encoder: any that follows the contract.
        images: uint8 (N,H,W) gray or (N,H,W,3) RGB, of any size; or a list of (H,W) / (H,W,3)
            arrays of different sizes.
        batch_size: images computed at once; it changes speed and memory only.
        hflip: features of the mirrored faces.
        bf16: compute in bfloat16 where that is safe, as training does.
        channels_last: lay the batches out as training lays out its weights.

    Yields:
        (row of the first, float32 (B, feature_dim) on the CPU).

    Raises:
        InputError: images of another type or shape.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> batches = features_in_batches(encoder, np.zeros((4, 60, 50), np.uint8), 2)
        >>> [(start, tuple(found.shape) == (2, encoder.feature_dim)) for start, found in batches]
        [(0, True), (2, True)]
    """
    layout = torch.channels_last if channels_last else torch.preserve_format
    with eval_mode(encoder) as device:
        for start in range(0, len(images), batch_size):
            # Entered for each batch: whoever takes a batch is not left without gradients, or in
            # bfloat16, until the next one.
            with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                x = encoder.preprocessing.batch(images[start : start + batch_size]).to(
                    device, memory_format=layout
                )
                found = encoder(x.flip(-1) if hflip else x).float().cpu()
            yield start, found
