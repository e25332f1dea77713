"""Logits of an expression model for rows of a pack."""

import numpy as np
import torch

from asdcfer.data.pack import Pack
from asdcfer.models.classifier import ExpressionModel

BATCH = 256


def logits_of(
    model: ExpressionModel, pack: Pack, rows: np.ndarray, hflip: bool = False, bf16: bool = False
) -> np.ndarray:
    """Return float32 (N,C) of a model in evaluation mode.

    Args:
        model: is left in evaluation mode.
        pack: the faces.
        rows: which of them, (N,).
        hflip: of the mirrored faces.
        bf16: compute in bfloat16: less than half the time, to compare epochs only.
    """
    device, parts = model.classifier.linear.weight.device, []
    model.eval()
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for start in range(0, len(rows), BATCH):
            x = model.encoder.preprocessing.batch(
                np.asarray(pack.images[rows[start : start + BATCH]])
            )
            x = x.to(device, memory_format=torch.channels_last)
            parts.append(model.logits(x.flip(-1) if hflip else x).float().cpu().numpy())
    return np.concatenate(parts)
