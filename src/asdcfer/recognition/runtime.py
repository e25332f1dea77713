"""The protocol of what computes scores: torch or ONNX Runtime."""

from typing import Any, Literal, Protocol

import numpy as np

RuntimeBackend = Literal["torch", "onnx"]


class Runtime(Protocol):
    """From aligned uint8 faces to calibrated probabilities.

    Attributes:
        size: side S of the faces it takes, pixels.
        channels: 1 for gray faces (N,S,S), 3 for RGB faces (N,S,S,3).
        expressions: names of the scores, in order.
        card: what is known about the weights.
        backend: which library computes.
        name: of the backend and device, for people.
        explains: whether it can give attention.
    """

    size: int
    channels: int
    expressions: tuple[str, ...]
    card: dict[str, Any]
    backend: RuntimeBackend
    name: str
    explains: bool

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """Return float32 (N, expressions) of uint8 faces at the model's own size; rows sum to 1."""
        ...

    def attention(self, faces: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return float32 (N,h,w) in 0..1: where in each face the score of its class came from."""
        ...
