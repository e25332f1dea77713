"""Write weights with the card that describes them: rounded, counted, and known by their hash."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from asdcfer.models.cards import write_weights
from asdcfer.models.encoder import Encoder

LICENSE = "MIT"
"""Written into cards that do not state another license."""


def write_described(
    path: str | os.PathLike[str],
    kind: str,
    encoder: Encoder,
    tensors: dict[str, Tensor],
    card: dict[str, Any],
    float16: bool,
) -> Path:
    """Write tensors and the card that describes them, and return the safetensors path.

    Args:
        path: with or without the suffix.
        kind: "encoder" or "model".
        encoder: among the tensors, under names that begin with "encoder.".
        tensors: all that is saved.
        card: what is known; what follows from encoder and tensors is added.
        float16: matrices and convolutions in 16 bits.
    """
    own = encoder.state_dict()
    if float16:
        tensors = {name: _rounded(tensor) for name, tensor in tensors.items()}
        # The hash is that of the encoder which will be loaded: rounded.
        own = {n: tensors[f"encoder.{n}"].to(t.dtype) for n, t in own.items()}
    card = {"license": LICENSE, **card}
    card |= {
        "kind": kind,
        "encoder": encoder.spec.model_dump(),
        "feature_dim": encoder.feature_dim,
        "parameters": sum(p.numel() for p in encoder.parameters()),
        "precision": "float16" if float16 else "float32",
        "tensors": len(tensors),
        "hashes": {**card.get("hashes", {}), "weights": tensors_hash(encoder, own)},
    }
    card.pop("name", None)
    return write_weights(path, tensors, card)


def tensors_hash(encoder: nn.Module, tensors: Mapping[str, Tensor]) -> str:
    """Return a SHA-256 over an encoder's spec, its pooling, and tensors in place of its own.

    Args:
        encoder: any module; only an `Encoder` has spec and pooling.
        tensors: by their names in the encoder, as they will be when it is loaded.
    """
    total = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        value = tensor.detach().cpu().contiguous()
        total.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        # A view as bytes: numpy knows no bfloat16.
        total.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    if isinstance(encoder, Encoder):
        total.update(encoder.spec.model_dump_json().encode())
        # Not repr(): it also says on which device a pooling's parameters lie.
        total.update(f"{type(encoder.pooling).__name__}({encoder.pooling.extra_repr()})".encode())
    return total.hexdigest()


def _rounded(tensor: Tensor) -> Tensor:
    """Return a matrix or convolution in 16 bits.

    Vectors stay (running variances, next to no weight), and so does what 16 bits cannot hold.
    """
    if not tensor.is_floating_point() or tensor.ndim < 2:
        return tensor
    half = tensor.half()
    return half if half.isfinite().all() else tensor
