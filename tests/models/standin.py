"""Encoders and models to save, and a file that a test may damage."""

import json

import torch

from asdcfer.expressions import EXPRESSIONS
from asdcfer.models import cards
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_encoder

SPEC = EncoderSpec(
    name="resnet18",
    arguments={"width": 4, "stem": "stride2", "attention": "both"},
    pooling="parts",
    preprocessing=Preprocessing(size=32),
)


def an_encoder(spec: EncoderSpec = SPEC):
    encoder = build_encoder(spec)
    encoder.train()(torch.randn(8, 1, 32, 32))
    return encoder.eval()


def a_model() -> ExpressionModel:
    encoder = an_encoder()
    return ExpressionModel(
        encoder, Classifier(encoder.feature_dim, 7, 0.2), EXPRESSIONS, 1.7
    ).eval()


def saved(tmp_path):
    return save_encoder(tmp_path / "one", an_encoder(), {})


def resign(path, **changes):
    """Make the card fit the changed file, so that the next check is reached."""
    card = json.loads(path.with_suffix(".json").read_text()) | changes
    card["hashes"]["file"] = cards.hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(card))
