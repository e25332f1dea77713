"""Scores by torch, and the attention that led to them."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from asdcfer.device_names import unknown_device
from asdcfer.devices import resolve_device
from asdcfer.errors import InputError
from asdcfer.models.classifier import ExpressionModel
from asdcfer.recognition.providers import PROVIDERS
from asdcfer.recognition.runtime import RuntimeBackend

NAMES = ("auto", *PROVIDERS, "mps")
"""Devices of either backend; what else torch knows is taken where it works."""


def torch_device(name: str) -> torch.device:
    """Return the device meant by "auto", "cpu", "cuda", "cuda:1" or "mps".

    Raises:
        InputError: unknown (the nearest name is given, also of those that ONNX Runtime alone
            knows), or not on this machine.

    Example:
        >>> torch_device("cpu")
        device(type='cpu')
    """
    if name == "auto":
        return torch.device(resolve_device(name))
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        if not _is_known(name):
            raise InputError(unknown_device(name, NAMES)) from error
        line = str(error).splitlines()[0].split(". ")[0]
        raise InputError(
            f'the device {name!r} cannot be used here ({line}); use `device="cpu"`'
        ) from error
    return device


def _is_known(name: str) -> bool:
    """Tell whether a name is that of some device, here or elsewhere."""
    word = name.partition(":")[0]
    try:
        return word in NAMES or bool(torch.device(word))
    except RuntimeError:
        return False


class TorchRuntime:
    """Scores by an `ExpressionModel`; see `runtime.Runtime`.

    Args:
        model: used as it is, in evaluation mode.
        device: "auto", "cpu", "cuda", ...
    """

    def __init__(self, model: ExpressionModel, device: str = "auto") -> None:
        self.device = torch_device(device)
        self.model = model.to(self.device).eval()
        preprocessing = model.encoder.preprocessing
        self.size: int = preprocessing.size
        self.channels: int = preprocessing.channels
        self.expressions = tuple(model.expressions)
        self.card: dict[str, Any] = model.card
        self.backend: RuntimeBackend = "torch"
        self.name, self.explains = f"torch on {self.device}", True

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """Return float32 (N, expressions) of uint8 faces (N,S,S) or (N,S,S,3).

        They are averaged with those of the mirror images where the card's numbers are.
        """
        if len(faces) == 0:
            return np.zeros((0, len(self.expressions)), np.float32)
        with torch.inference_mode():
            return self.model.probabilities(faces, tta=self.model.tta).float().cpu().numpy()

    def attention(self, faces: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return where in each face the score of its class came from.

        The grid is that of the finest map that the feature is made of.

        c = sum over maps and channels of  F * d logit / d F;   A = max(0, c), divided by its
        maximum

        Where nothing speaks for the class, A shows what speaks least against it: c - min c, divided
        by its maximum.

        NOTE: our reading. For global average pooling this is class activation mapping; the product
        with the gradient carries it over to every pooling, and for a linear classifier c adds up to
        the logit without its bias.

        Args:
            faces: uint8 (N,S,S) or (N,S,S,3).
            classes: int (N,), the score to explain.

        Returns:
            float32 (N,h,w) in 0..1.

        Source: Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016, eq.
            2; Draelos and Carin, HiResCAM, 2020.
        """
        encoder = self.model.encoder
        with torch.no_grad():
            maps = encoder.forward_maps(encoder.preprocessing.batch(faces).to(self.device))
        with torch.enable_grad():
            maps = [one.detach().requires_grad_(True) for one in maps]
            logits = self.model.classifier(encoder.pooling(maps))
            chosen = logits.gather(
                1, torch.as_tensor(classes, dtype=torch.long, device=self.device)[:, None]
            ).sum()
            gradients = torch.autograd.grad(chosen, maps, allow_unused=True)
        pieces = [
            (one.detach() * slope).sum(1, keepdim=True)
            for one, slope in zip(maps, gradients, strict=True)
            if slope is not None
        ]
        side = pieces[0].shape[-2:]
        # Shares of the sum, so that a coarse cell's contribution is spread over the fine cells it
        # covers.
        spread = [
            F.interpolate(p, size=side, mode="bilinear", align_corners=False)
            * (p[0].numel() / pieces[0][0].numel())
            for p in pieces
        ]
        strength = torch.cat(spread, 1).sum(1)
        positive = strength.clamp(min=0)
        least = strength - strength.amin(dim=(1, 2), keepdim=True)
        strength = torch.where(positive.amax(dim=(1, 2), keepdim=True) > 0, positive, least)
        return (
            (strength / strength.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12))
            .cpu()
            .numpy()
            .astype(np.float32)
        )
