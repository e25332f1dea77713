"""Encoders, heads, their weights and their cards; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.models.classifier import Classifier, ExpressionModel
    from asdcfer.models.ema import MomentumEncoder
    from asdcfer.models.encoder import Encoder, EncoderSpec, wrap
    from asdcfer.models.find_weights import find_encoder, find_model, list_models
    from asdcfer.models.heads import Predictor, Projector
    from asdcfer.models.pooling import POOLINGS
    from asdcfer.models.preprocessing import Preprocessing
    from asdcfer.models.registry import ENCODERS, build_encoder
    from asdcfer.models.weights import (
        load_encoder,
        load_model,
        load_teacher,
        save_encoder,
        save_model,
        weights_hash,
    )

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "find_encoder": "asdcfer.models.find_weights",
        "find_model": "asdcfer.models.find_weights",
        "list_models": "asdcfer.models.find_weights",
        "Classifier": "asdcfer.models.classifier",
        "ExpressionModel": "asdcfer.models.classifier",
        "MomentumEncoder": "asdcfer.models.ema",
        "Encoder": "asdcfer.models.encoder",
        "EncoderSpec": "asdcfer.models.encoder",
        "wrap": "asdcfer.models.encoder",
        "Predictor": "asdcfer.models.heads",
        "Projector": "asdcfer.models.heads",
        "POOLINGS": "asdcfer.models.pooling",
        "Preprocessing": "asdcfer.models.preprocessing",
        "ENCODERS": "asdcfer.models.registry",
        "build_encoder": "asdcfer.models.registry",
        "load_encoder": "asdcfer.models.weights",
        "load_model": "asdcfer.models.weights",
        "load_teacher": "asdcfer.models.weights",
        "save_encoder": "asdcfer.models.weights",
        "save_model": "asdcfer.models.weights",
        "weights_hash": "asdcfer.models.weights",
    },
)

__all__ = [
    "ENCODERS",
    "POOLINGS",
    "Classifier",
    "Encoder",
    "EncoderSpec",
    "ExpressionModel",
    "MomentumEncoder",
    "Predictor",
    "Preprocessing",
    "Projector",
    "build_encoder",
    "find_encoder",
    "find_model",
    "list_models",
    "load_encoder",
    "load_model",
    "load_teacher",
    "save_encoder",
    "save_model",
    "weights_hash",
    "wrap",
]
