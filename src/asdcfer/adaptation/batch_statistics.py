"""Batch statistics of an encoder, taken anew from faces of another kind; nothing is trained."""

import copy

import numpy as np
import torch
from torch import Tensor, nn

from asdcfer.data.pack import Pack
from asdcfer.data.splits import evenly_spaced
from asdcfer.models.encoder import Encoder
from asdcfer.progress import SILENT, Progress

FACES = 8192
"""So many faces are looked at, at most."""
BATCH = 256
PRIOR = 32
"""Faces that the encoder's own statistics count for: with few faces they still matter."""
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def refreshed_encoder(
    encoder: Encoder, pack: Pack, rows: np.ndarray, progress: Progress = SILENT
) -> Encoder:
    """Return a copy of an encoder whose batch normalization knows these faces.

    Mean and variance of each channel become those of the faces; blur, darkness or another camera
    shift them, and what later layers expect is a standardized channel. The mean over batches of
    the squares keeps the variance between batches:

        mean = E[x],  variance = E[x^2] - mean^2,  both mixed with the encoder's own,
        which count for `PRIOR` faces

    Args:
        encoder: any; one without batch normalization is returned as it is.
        pack: the faces.
        rows: int (N,), of the pack; at most `FACES`, evenly spaced, are looked at.
        progress: is told of the faces.

    Source: Schneider et al., Improving robustness against common corruptions by covariate shift
        adaptation, NeurIPS 2020, eq. 2 (with N = 32).

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.models.weights import load_encoder
        >>> pack, encoder = sample_pack(), load_encoder("nano")
        >>> found = refreshed_encoder(encoder, pack, np.arange(64))
        >>> found is encoder, found.feature_dim == encoder.feature_dim
        (False, True)
    """
    norms = [module for module in encoder.modules() if isinstance(module, _NORMS)]
    if not norms or not len(rows):
        return encoder
    found = copy.deepcopy(encoder).eval()
    own = [
        _Statistics(module)
        for module in found.modules()
        if isinstance(module, _NORMS) and module.running_mean is not None
    ]
    rows = evenly_spaced(rows, FACES)
    device = next(found.parameters()).device
    with torch.no_grad():
        for start in range(0, len(rows), BATCH):
            images = np.asarray(pack.images[rows[start : start + BATCH]])
            found(found.preprocessing.batch(images).to(device))
            progress("statistics", min(start + BATCH, len(rows)), len(rows))
    for each in own:
        each.settle(len(rows))
    return found


class _Statistics:
    """Sums over the inputs of one normalization, which meanwhile uses those of each batch."""

    def __init__(self, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
        self.norm, self.count = norm, 0
        assert norm.running_mean is not None
        assert norm.running_var is not None
        self.mean, self.variance = norm.running_mean.clone(), norm.running_var.clone()
        self.total = torch.zeros_like(self.mean, dtype=torch.float64)
        self.square = torch.zeros_like(self.total)
        # In training mode each layer sees what the one before makes with these faces' statistics.
        norm.train()
        self.momentum, norm.momentum = norm.momentum, 0.0
        self.hook = norm.register_forward_pre_hook(self._add)

    def _add(self, module: nn.Module, given: tuple[Tensor, ...]) -> None:
        x = given[0].double()
        over = [axis for axis in range(x.ndim) if axis != 1]
        self.total += x.sum(over)
        self.square += x.square().sum(over)
        self.count += x.numel() // x.shape[1]

    def settle(self, faces: int) -> None:
        """Put the statistics into the normalization, mixed with its own."""
        self.hook.remove()
        mean = self.total / max(self.count, 1)
        variance = (self.square / max(self.count, 1) - mean.square()).clamp_min(0)
        share = faces / (faces + PRIOR)
        norm = self.norm
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(share * mean + (1 - share) * self.mean)
        norm.running_var.copy_(share * variance + (1 - share) * self.variance)
        norm.momentum = self.momentum
        norm.eval()
