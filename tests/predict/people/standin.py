"""Likeness that takes the mean gray value of a face for who it is, and lines of made tracks."""

import base64
from typing import Any

import numpy as np


class GrayLikeness:
    """The feature of a face is a direction that its mean gray value gives."""

    size = 12

    def __init__(self) -> None:
        self.looks = 0

    def features(self, crops: np.ndarray) -> np.ndarray:
        self.looks += len(crops)
        angle = crops.mean((1, 2)) / 255 * np.pi
        return np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)

    @staticmethod
    def vectors(means: np.ndarray) -> np.ndarray:
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def line(file: str, track: int, who: float, seen_with: tuple[int, ...] = (), frames: int = 3):
    """A track whose face looks in a direction, given in turns of a half circle."""
    feature = np.array([np.cos(who * np.pi), np.sin(who * np.pi)], np.float16)
    found: dict[str, Any] = {
        "file": file,
        "track": track,
        "frames": frames,
        "first": track / 10,
        "seen_with": list(seen_with),
        "feature": base64.b64encode(feature.tobytes()).decode(),
        "picture": base64.b64encode(b"picture").decode(),
    }
    return found
