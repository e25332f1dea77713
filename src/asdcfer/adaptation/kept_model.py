"""The model that is kept, with its card: what it is, what it was chosen from, what it is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asdcfer.adaptation.candidate import Scored
from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.adaptation.linear_heads import LinearHead
from asdcfer.adaptation.start_model import StartModel
from asdcfer.data.pack import Pack
from asdcfer.evaluation.card_results import card_entries
from asdcfer.evaluation.probes.features import pack_hash
from asdcfer.evaluation.protocol import Protocol
from asdcfer.evaluation.result import Feature, Result
from asdcfer.models.cards import SAW_LABELS
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_model, save_encoder, save_model, weights_hash
from asdcfer.provenance import commit
from asdcfer.training.finetune.options import FinetuneOptions

RECIPE = "adapt"
_OF_START = ("license", "intended_use", "misuse", "caveats")


@dataclass(frozen=True)
class AdaptedOn:
    """What a model was adapted on.

    Attributes:
        start: the weights that it began with.
        pack: the faces.
        given: the labeled ones; None without labels.
        folds: of the cross-validation.
        unlabeled: faces that the encoder learnt from.
        seed: of everything random.
    """

    start: StartModel
    pack: Pack
    given: GivenLabels | None
    folds: int
    unlabeled: int
    seed: int


def result_of(found: Scored, about: AdaptedOn, several: int) -> Result:
    """Return a candidate's accuracy on the labeled faces as a result.

    Args:
        found: the candidate with its scores.
        about: what it was adapted on.
        several: how many candidates there are.
    """
    given, candidate = about.given, found.candidate
    assert given is not None
    by = f", no {given.grouped_by} in two of them" if given.grouped_by else ""
    how = f"answered by {about.folds} folds{by}" if candidate.learnt else "not learnt from"
    note = f"one of {several} candidates; the best of them is lucky as well as good"
    return Result(
        **found.scores.model_dump(),
        kind=RECIPE,
        encoder=candidate.name,
        evaluated_on="labels",
        protocol=Protocol(
            frozen=candidate.head is not None,
            trained_on=candidate.words,
            reported_on=f"{len(given.rows):,} labeled faces, {how}",
            notes=(note,),
        ),
        hyperparameters={
            "temperature": found.temperature,
            **(
                {"penalty": candidate.head.penalty}
                if candidate.head is not None and candidate.head.penalty
                else {}
            ),
        },
        training_images=len(given.rows) if candidate.learnt else 0,
        unlabeled_images=about.unlabeled,
        recipe=RECIPE,
        commit=commit(),
        seed=about.seed,
        pack=pack_hash(about.pack),
        started_from=weights_hash(about.start.encoder),
        seconds=round(candidate.seconds, 3),
    )


def model_of_candidate(
    found: Scored, encoders: Mapping[str, Encoder], names: Sequence[str]
) -> ExpressionModel:
    """Return a candidate as a model.

    Args:
        found: the candidate, with its temperature.
        encoders: by name.
        names: of the classes.
    """
    candidate = found.candidate
    if candidate.head is None:
        model = load_model(Path(candidate.encoder) / "model")
        model.temperature = found.temperature
        return model
    return model_with_head(encoders[candidate.encoder], candidate.head, names, found.temperature)


def model_with_head(
    encoder: Encoder, head: LinearHead, names: Sequence[str], temperature: float = 1.0
) -> ExpressionModel:
    """Return the model of an encoder and a linear head.

    Args:
        encoder: whose feature the head takes.
        head: with a column for each class.
        names: of the classes.
        temperature: of its answers.
    """
    classifier = Classifier(encoder.feature_dim, len(names))
    with torch.no_grad():
        classifier.linear.weight.copy_(torch.from_numpy(np.ascontiguousarray(head.weight.T)))
        classifier.linear.bias.copy_(torch.from_numpy(np.ascontiguousarray(head.bias)))
    return ExpressionModel(encoder, classifier, names, temperature).eval()


def write_model(
    path: Path, model: ExpressionModel, about: AdaptedOn, kept: Result, others: Sequence[Result]
) -> Path:
    """Write the kept model; its card states its own result, and those of all candidates.

    Args:
        path: without suffix.
        model: the one that is kept.
        about: what it was adapted on.
        kept: its result.
        others: of all candidates.
    """
    own = model.card.get("finetune")
    linear = FinetuneOptions(epochs=0, classifier_start="probe").model_dump(mode="json")
    chosen = kept.model_copy(
        update={
            "weights_hash": weights_hash(model),
            "feature": Feature(
                pooling=model.encoder.spec.pooling,
                arguments=dict(model.encoder.spec.pooling_arguments),
                dim=model.encoder.feature_dim,
            ),
        }
    )
    card = {
        **_facts(about, kept.protocol.trained_on),
        "finetune": own or linear,
        "calibration": "temperature fitted to answers for labeled faces that were not learnt from",
        "tta": False,
        "results": card_entries([chosen]),
        "candidates": {
            each.encoder: {
                "what": each.protocol.trained_on,
                "accuracy": round(each.accuracy, 4),
                "interval": [round(end, 4) for end in each.interval],
            }
            for each in others
        },
    }
    model.card = {}
    return save_model(path, model, card)


def write_encoder(path: Path, encoder: Encoder, about: AdaptedOn, how: str) -> Path:
    """Write an adapted encoder alone.

    Args:
        path: without suffix.
        encoder: the one that is kept.
        about: what it was adapted on.
        how: what was done to it, in words.
    """
    labels = {SAW_LABELS: about.start.saw_labels}
    return save_encoder(path, encoder, _facts(about, how) | labels | {"results": []})


def _facts(about: AdaptedOn, how: str) -> dict[str, Any]:
    """Return what the card of a model and of an encoder say alike."""
    start, given = about.start, about.given
    source = about.pack.info.get("source") or {}
    trained = start.card.get("training_data_license")
    return {
        **{key: start.card[key] for key in _OF_START if key in start.card},
        "training_data_license": f"Adapted on {source.get('name', 'faces of your own')}"
        f" ({source.get('license') or 'no license stated'})."
        + (f" It began with weights that learnt from: {trained}" if trained else ""),
        "recipe": RECIPE,
        "seed": about.seed,
        "commit": commit(),
        "adapted_from": start.name,
        "started_from": weights_hash(start.encoder),
        "training": {"how": f"Adapted by asdcfer adapt: {how}."},
        "data": {
            "source": source or None,
            "pack": pack_hash(about.pack),
            "training_images": 0 if given is None else len(given.rows),
            "labels": None if given is None else given.counts,
            "grouped_by": None if given is None else given.grouped_by,
            "unlabeled_images": about.unlabeled,
        },
    }
