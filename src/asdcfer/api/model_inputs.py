"""What a caller may give as an encoder or a model: the object, or where its weights are found."""

from typing import Any, TypeAlias

from asdcfer.api.data_inputs import PathLike
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_encoder, load_model
from asdcfer.progress import Progress

EncoderLike: TypeAlias = PathLike | Encoder
"""An encoder, its file, the folder of a run, or a name of `asdcfer models`."""
ModelLike: TypeAlias = PathLike | ExpressionModel
"""A model with a classifier, its file, the folder of a run, or a name of `asdcfer models`."""


def encoder_of(encoder: EncoderLike, progress: Progress) -> tuple[Encoder, dict[str, Any]]:
    """Return an encoder and its card, empty for one that was not loaded from a file."""
    if isinstance(encoder, Encoder):
        report = getattr(encoder, "load_report", None)
        return encoder, {} if report is None else report.card
    loaded = load_encoder(encoder)
    progress.message(str(loaded.load_report))
    return loaded, loaded.load_report.card


def model_of(model: ModelLike, progress: Progress) -> ExpressionModel:
    """Return a model with a classifier."""
    if isinstance(model, ExpressionModel):
        return model
    loaded = load_model(model)
    progress.message(str(loaded.load_report))
    return loaded
