"""Save and load encoders and models: safetensors plus a card, checked tensor by tensor."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from asdcfer.errors import WeightsError
from asdcfer.models.cards import read_weights
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.described_modules import (
    count_numbers,
    described_encoder,
    described_part,
    fill,
    named_tensors,
)
from asdcfer.models.encoder import Encoder
from asdcfer.models.find_weights import find_encoder, find_model
from asdcfer.models.heads import Projector
from asdcfer.models.label_names import contempt_apart, split_labels
from asdcfer.models.label_sets import (
    classifier_group,
    head_facts,
    other_heads,
    under_labels,
    without_contempt,
)
from asdcfer.models.weights_writing import tensors_hash, write_described


def save_encoder(
    path: str | os.PathLike[str],
    encoder: Encoder,
    card: Mapping[str, Any] | None = None,
    projector: Projector | None = None,
    float16: bool = False,
) -> Path:
    """Write an encoder, and its projector if given, as `PATH.safetensors` and `PATH.json`.

    Args:
        path: with or without the suffix.
        encoder: with its `spec`; an encoder of your own is saved as well, and loaded with `into=`.
        card: what is known: recipe, data, seeds, license, results. Spec, hashes and sizes are added
            here.
        projector: saved in the same file, for a teacher.
        float16: halve the file: matrices and convolutions in 16 bits (vectors and statistics stay
            in 32).

    Returns:
        The safetensors path.

    Example:
        >>> import tempfile
        >>> from asdcfer.models import EncoderSpec, build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> path = save_encoder(tempfile.mkdtemp() + "/tiny", encoder, {"recipe": "none"})
        >>> load_encoder(path).feature_dim == encoder.feature_dim
        True
    """
    card = dict(card or {})
    tensors = named_tensors("encoder", encoder)
    if projector is not None:
        tensors |= named_tensors("projector", projector)
        card["projector"] = projector.arguments
    return write_described(path, "encoder", encoder, tensors, card, float16)


def save_model(
    path: str | os.PathLike[str],
    model: ExpressionModel,
    card: Mapping[str, Any] | None = None,
    float16: bool = False,
    others: Sequence[ExpressionModel] = (),
) -> Path:
    """Write encoder, classifier, labels and temperature as `PATH.safetensors` and `PATH.json`.

    One encoder may answer under several label sets: each has a classifier, expressions, a
    temperature and results of its own.

    Args:
        path: with or without the suffix.
        model: what to save.
        card: what is known: recipe, data, seeds, license, results; without it, the model's own
            card.
        float16: as in `save_encoder`.
        others: the same encoder under other label sets.

    Returns:
        The safetensors path.

    Raises:
        ValueError: another label set has no name of its own, or another encoder.
    """
    card = dict(model.card if card is None else card) | head_facts(model)
    tensors = named_tensors("encoder", model.encoder) | named_tensors(
        "classifier", model.classifier
    )
    for other in others:
        if weights_hash(other.encoder) != weights_hash(model.encoder):
            raise ValueError(f"the label set {other.labels} belongs to another encoder")
        tensors |= named_tensors(classifier_group(other.labels), other.classifier)
    card |= other_heads(model, others)
    return write_described(path, "model", model.encoder, tensors, card, float16)


def load_encoder(
    path_or_name: str | os.PathLike[str], into: Encoder | None = None, verbose: bool = False
) -> Encoder:
    """Return the encoder of a file, a run's folder or a name in the package.

    It is in evaluation mode, on the CPU.

    Args:
        path_or_name: a safetensors file (suffix optional), the folder of a run or of a fine-tuned
            model, a name such as "default", or of a hub, "hf:user/name"; see `find_encoder`.
        into: an encoder of your own to fill, instead of building the one that the card describes.
        verbose: print one line that says how many tensors came from which file; it is also
            `str(encoder.load_report)`.

    Returns:
        The encoder, with its `load_report`; `into` itself where it is given.

    Raises:
        WeightsError: missing, corrupt or foreign files; tensors whose names or shapes do not fit,
            each named.

    Example:
        >>> import tempfile
        >>> import torch
        >>> from asdcfer.models import EncoderSpec, build_encoder
        >>> spec = EncoderSpec(name="mobile", arguments={"width": 0.25}, pooling="stages")
        >>> encoder = build_encoder(spec)
        >>> loaded = load_encoder(save_encoder(tempfile.mkdtemp() + "/tiny", encoder))
        >>> loaded.spec == encoder.spec, loaded.training
        (True, False)
        >>> tuple(loaded(torch.zeros(2, 1, 48, 48)).shape) == (2, loaded.feature_dim)
        True
    """
    path = find_encoder(path_or_name)
    tensors, card = read_weights(path)
    encoder = described_encoder(path, card, into, count_numbers(tensors))
    fill(path, tensors, card, {"encoder": encoder}, verbose)
    return encoder.eval()


def load_teacher(
    path_or_name: str | os.PathLike[str], into: Encoder | None = None, verbose: bool = False
) -> tuple[Encoder, Projector | None]:
    """Return the encoder of a file and the projector it was trained with, in evaluation mode.

    The projector is None where none was saved.

    Args:
        path_or_name: as in `load_encoder`.
        into: as in `load_encoder`.
        verbose: as in `load_encoder`.

    Raises:
        WeightsError: as `load_encoder`.
    """
    path = find_encoder(path_or_name)
    tensors, card = read_weights(path)
    encoder = described_encoder(path, card, into, count_numbers(tensors))
    parts: dict[str, nn.Module] = {"encoder": encoder}
    projector = None
    if "projector" in card:
        projector = parts["projector"] = described_part(
            path, "projector", Projector, card["projector"], count_numbers(tensors)
        ).eval()
    fill(path, tensors, card, parts, verbose)
    return encoder.eval(), projector


def load_model(
    path_or_name: str | os.PathLike[str],
    into: Encoder | None = None,
    verbose: bool = False,
    labels: str | None = None,
) -> ExpressionModel:
    """Return the model (encoder, classifier, labels, temperature) of a file, a folder or a name.

    It is in evaluation mode, on the CPU.

    Args:
        path_or_name: as in `load_encoder`, but a run's folder means the model in it; see
            `find_model`.
        into: as in `load_encoder`.
        verbose: as in `load_encoder`.
        labels: label set to answer under, one of the card's; None for the one that stands behind a
            colon in the name (`light:fer2013`), or else the first. With a 7 behind its name
            (`ferplus7`), a set that knows contempt answers without it.

    Returns:
        The model, with its `card` and `load_report`.

    Raises:
        WeightsError: as `load_encoder`; or the file holds an encoder without a classifier, or no
            such label set.

    Example:
        >>> import tempfile
        >>> from asdcfer.models import EncoderSpec, build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> classifier = Classifier(encoder.feature_dim, 2)
        >>> model = ExpressionModel(encoder, classifier, ("happy", "sad"), temperature=1.5)
        >>> loaded = load_model(save_model(tempfile.mkdtemp() + "/tiny", model))
        >>> loaded.expressions, loaded.temperature
        (('happy', 'sad'), 1.5)
    """
    path = find_model(path_or_name)
    labels = labels or split_labels(path_or_name)[1]
    tensors, card = read_weights(path)
    if "classifier" not in card:
        raise WeightsError(
            f"{path} holds an encoder without a classifier; train one with: asdcfer finetune, or "
            "load it with load_encoder"
        )
    encoder = described_encoder(path, card, into, count_numbers(tensors))
    labels, seven = contempt_apart(labels, card)
    group, card = under_labels(card, labels, path)
    classifier = described_part(
        path, "classifier", Classifier, card["classifier"], count_numbers(tensors)
    )
    fill(path, tensors, card, {"encoder": encoder, group: classifier}, verbose)
    try:
        model = ExpressionModel(encoder, classifier, card["expressions"], card["temperature"], card)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"the card of {path} is inconsistent: {error}") from error
    if seven:
        model = without_contempt(model)
    model.load_report = encoder.load_report
    return model.eval()


def weights_hash(encoder: nn.Module) -> str:
    """Return a SHA-256 over all that decides what the encoder computes.

    That is its named tensors, and spec and pooling where there are any.

    It does not depend on device, memory format, training mode or file. Features are cached by it.

    Example:
        >>> import torch
        >>> from asdcfer.models import EncoderSpec, build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> weights_hash(encoder) == weights_hash(encoder.to(memory_format=torch.channels_last))
        True
    """
    return tensors_hash(encoder, encoder.state_dict())
