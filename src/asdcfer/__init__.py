"""Facial expression recognition learnt without labels: attention-guided self-supervised distilled
contrastive learning.

Public names are loaded when first used: importing asdcfer imports neither torch nor OpenCV.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "load_encoder": "asdcfer.models.weights",
    "embed": "asdcfer.evaluation.probes.features",
    "load_pack": "asdcfer.data.pack",
    "Recognizer": "asdcfer.recognition.recognizer",
    "Face": "asdcfer.recognition.recognizer",
    "AsdcferError": "asdcfer.errors",
    "EXPRESSIONS": "asdcfer.expressions",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'asdcfer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
