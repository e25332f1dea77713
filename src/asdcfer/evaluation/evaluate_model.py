"""Measure: a finished model on the lists of a labeled pack, and whether its card says the same."""

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from asdcfer.data.pack import Pack
from asdcfer.data.splits import TEST_SPLITS, TRAIN_SPLITS
from asdcfer.errors import DataError
from asdcfer.evaluation.ferplus import TARGET, ferplus_task, is_ferplus
from asdcfer.evaluation.metrics import result
from asdcfer.evaluation.probes.features import pack_hash
from asdcfer.evaluation.protocol import NO_TWINS, UNION_NOTE
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.weights import weights_hash

BATCH_SIZE = 256
CARD_KEYS = (
    "kind",
    "evaluated_on",
    "images",
    "accuracy",
    "mean_class_accuracy",
    "macro_f1",
    "per_class_recall",
    "confusion",
    "expressions",
    "calibration_error",
    "interval",
    "protocol",
    "chosen_on",
    "hyperparameters",
    "seed",
    "commit",
    "recipe",
    "pack",
)
"""What of a result is kept in a card."""


def predict_probabilities(
    model: ExpressionModel,
    pack: Pack,
    rows: np.ndarray,
    tta: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return float64 (len(rows), C): the model's calibrated probabilities for rows of a pack."""
    out = np.empty((len(rows), len(model.expressions)))
    was = model.training
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(rows), BATCH_SIZE):
            images = np.asarray(pack.images[rows[start : start + BATCH_SIZE]])
            out[start : start + len(images)] = (
                model.probabilities(images, tta=tta).double().cpu().numpy()
            )
            if progress:
                progress(start + len(images), len(rows))
    model.train(was)
    return out


def evaluate_model(
    model: ExpressionModel,
    pack: Pack,
    *,
    tta: bool = False,
    split: str | None = None,
    votes: str | os.PathLike[str] | None = None,
    twins: np.ndarray | None = None,
    kind: str = "evaluate",
    protocol: str = "the model as it is, nothing fitted",
    recipe: str | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    **about: Any,
) -> list[dict[str, Any]]:
    """Return the results of a model on the test split, on FER-2013's union, and under FER+ labels
    where they are known.

    Expressions are matched by name: an image of an expression that the model does not know counts
    as wrong, and so does an answer that the pack does not know.

    Args:
        model: with its classifier, labels and temperature.
        pack: labeled.
        tta: average with the mirrored image (test-time flip); named in the protocol.
        split: measure this split only, instead of "private" (or "test") and the union.
        votes: FER+ votes to join.
        twins: rows with a twin in training: every list is reported again without them.
        kind, protocol, recipe, seed: written into the results.
        progress: called with (images done, images in all).
        **about: further arguments of `metrics.result`.

    Raises:
        DataError: no labels, no such split, or no expression in common.
    """
    test_sets: list[tuple[str, str, np.ndarray, np.ndarray, tuple[str, ...]]] = []
    for name, where, rows in measured_test_sets(pack, split):
        test_sets.append((name, where, rows, pack.labels, pack.expressions))
    task = (
        None
        if is_ferplus(pack)
        or split is not None
        or not any(name in pack.splits for name in TRAIN_SPLITS)
        else ferplus_task(pack, votes)
    )
    if task is not None:
        test_sets.append(
            (
                TARGET,
                "PrivateTest under FER+ majority labels",
                task.test,
                task.labels,
                task.expressions,
            )
        )
    found = []
    hash_of_weights, data = weights_hash(model), pack_hash(pack)
    names_of = [same_names(model.expressions, expressions, pack) for *_, expressions in test_sets]
    # The lists share most of their images; each is looked at once.
    asked, start = (
        np.unique(np.concatenate([rows for _, _, rows, _, _ in test_sets])),
        time.perf_counter(),
    )
    answers = predict_probabilities(model, pack, asked, tta, progress)
    seconds_each = (time.perf_counter() - start) / len(asked)
    for (name, where, rows, labels, expressions), every in zip(test_sets, names_of, strict=True):
        probabilities = renamed(answers[np.searchsorted(asked, rows)], model.expressions, every)
        unknown = [e for e in expressions if e not in model.expressions]
        if unknown:
            where += (
                f"; the model cannot answer {', '.join(unknown)}, and those images count as wrong"
            )
        kept_test_sets = [(name, where, np.ones(len(rows), bool))]
        if twins is not None:
            kept = ~np.isin(rows, twins)
            kept_test_sets.append(
                (
                    name + NO_TWINS,
                    f"{where}; {int((~kept).sum())} images with a twin in training removed",
                    kept,
                )
            )
        for set_name, text, kept in kept_test_sets:
            found.append(
                result(
                    kind=kind,
                    protocol=(
                        f"{protocol}{', probabilities of image and mirror image averaged (test-time flip)' if tta else ''}; "
                        f"reported on {text}"
                    ),
                    probabilities=probabilities[kept],
                    labels=labels[rows][kept],
                    expressions=every,
                    evaluated_on=set_name,
                    recipe=recipe,
                    seed=seed,
                    weights_hash=hash_of_weights,
                    seconds=seconds_each * len(rows),
                    pack=data,
                    feature={
                        "pooling": model.encoder.spec.pooling,
                        "dim": model.encoder.feature_dim,
                    },
                    **{
                        **about,
                        "hyperparameters": {**about.get("hyperparameters", {}), "tta": tta},
                    },
                )
            )
    return found


def for_card(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what a card keeps of results."""
    return [{key: value[key] for key in CARD_KEYS if key in value} for value in results]


def compare_with_card(results: list[dict[str, Any]], card: dict[str, Any]) -> None:
    """Add to each result what the model's card states for the same images (`card_accuracy`), and
    whether it is the same (`matches_card`).

    Both stay None where the card says nothing about these images measured in this way.
    """
    stated = card.get("results") or []
    stated = list(stated.values()) if isinstance(stated, dict) else stated
    for value in results:
        same = [
            other
            for other in stated
            if isinstance(other, dict)
            and all(other.get(key) == value[key] for key in ("evaluated_on", "images", "pack"))
            and other.get("hyperparameters", {}).get("tta", False)
            == value["hyperparameters"]["tta"]
        ]
        value["card_accuracy"] = same[0]["accuracy"] if same else None
        value["matches_card"] = (
            abs(same[0]["accuracy"] - value["accuracy"]) < 1e-9 if same else None
        )


def measured_test_sets(pack: Pack, split: str | None) -> list[tuple[str, str, np.ndarray]]:
    """Return the lists of labeled images that a pack is measured on: name, words for a protocol,
    rows.

    Raises:
        DataError: no labels, or no such split.
    """
    if not (pack.labels >= 0).any():
        raise DataError(
            f"{pack.path} has no labels, so nothing can be measured on it; prepare a labeled "
            "source, or use: asdcfer predict"
        )
    name = split or next((name for name in TEST_SPLITS if name in pack.splits), None)
    if name is None:
        raise DataError(
            f"{pack.path} has no split 'private' or 'test'; it has {', '.join(pack.splits)}: name "
            "one with --split"
        )
    rows = pack.rows(name)
    rows = rows[pack.labels[rows] >= 0]
    if not len(rows):
        raise DataError(f"split {name!r} of {pack.path} has no labeled image")
    if split is None and is_ferplus(pack):
        return [(TARGET, "PrivateTest under FER+ majority labels", rows)]
    found = [
        (
            name,
            {"private": "PrivateTest", "test": "the test split"}.get(name, f"split {name}"),
            rows,
        )
    ]
    if split is None and name == "private" and "public" in pack.splits:
        public = pack.rows("public")
        both = np.concatenate([public[pack.labels[public] >= 0], rows])
        found.append(("union", f"the union of PublicTest and PrivateTest: {UNION_NOTE}", both))
    return found


def same_names(of_model: tuple[str, ...], of_pack: tuple[str, ...], pack: Pack) -> tuple[str, ...]:
    """Return the expressions of the pack, then those that only the model knows."""
    if not set(of_model) & set(of_pack):
        raise DataError(
            f"the model knows {', '.join(of_model)} and {pack.path} holds {', '.join(of_pack)}: "
            "they have no expression in common"
        )
    return (*of_pack, *(name for name in of_model if name not in of_pack))


def renamed(
    probabilities: np.ndarray, given: tuple[str, ...], wanted: tuple[str, ...]
) -> np.ndarray:
    """Return probabilities (N, len(wanted)) with the columns of `given` in the order of `wanted`, 0
    for what the model does not know.
    """
    out = np.zeros((len(probabilities), len(wanted)))
    out[:, [wanted.index(name) for name in given]] = probabilities
    return out
