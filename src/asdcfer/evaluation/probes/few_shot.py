"""Few shots: a classifier of 1, 5 or 10 labeled faces of each expression, over many draws."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from asdcfer.evaluation.metrics import score
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.evaluate_splits import reported_name
from asdcfer.evaluation.probes.few_labels import draw_labels
from asdcfer.evaluation.probes.knn import vote
from asdcfer.evaluation.probes.logistic_regression import LogisticRegression
from asdcfer.evaluation.protocol import Protocol
from asdcfer.evaluation.result import DrawSpread, LabelsUsed, Result, Scores
from asdcfer.provenance import commit

TEMPERATURE, PENALTY = 0.07, 0.01
"""Of the vote and of the linear classifier, for every number of shots: with so few labels nothing
can be chosen."""


class FewShotProbe(BaseModel):
    """Mean and deviation of a classifier over many draws of a handful of labels.

    Nothing is chosen: the kNN votes among all shots, the linear classifier has one penalty, both on
    unit features that were standardized over the training images (which needs no label).

    Attributes:
        shots: labeled faces of each expression.
        trials: random draws of each number.
        classifiers: "knn" and "linear".

    Source: after the protocol of Penarrubia et al., DAS 2024 (few-label evaluation of
        self-supervised encoders); "-like": text not to be had. NOTE: our reading: both classifiers
        as described, 20 draws.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> context = ProbeContext(encoder=encoder, pack=sample_pack(), cache=None)
        >>> one, _ = FewShotProbe(shots=(1,), trials=3).run(context)
        >>> one.spread.draws, one.labels_used.images
        (3, 7)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ClassVar[str] = "few_shot"
    reads_tta: ClassVar[bool] = False
    beside_other_poolings: ClassVar[bool] = False
    shots: tuple[int, ...] = (1, 5, 10)
    trials: int = Field(20, ge=2)
    classifiers: tuple[Literal["knn", "linear"], ...] = ("knn", "linear")

    def run(self, context: ProbeContext) -> Iterator[Result]:
        """Give a result for each classifier and number of shots, on the test split.

        Raises:
            DataError: the pack is unlabeled, or lacks a split.
        """
        task = context.roles
        train, test = standardize_by_training(
            context.features(task.train), context.features(task.test)
        )
        labels = torch.from_numpy(np.asarray(task.labels[task.train], np.int64))
        for classifier in self.classifiers:
            answer = CLASSIFIERS[classifier]
            for shots in self.shots:
                start = time.perf_counter()
                answers = []
                for trial in range(self.trials):
                    rows = draw_labels(task.labels, task.train, per_class=shots, seed=trial)
                    place = torch.from_numpy(np.searchsorted(task.train, rows))
                    answers.append(
                        answer(train[place], labels[place], test, len(task.expressions)).numpy()
                    )
                used = LabelsUsed(per_class=shots, draw=0, images=len(rows))
                seconds = time.perf_counter() - start
                yield from self._results(context, classifier, used, answers, seconds)

    def _results(
        self,
        context: ProbeContext,
        classifier: str,
        used: LabelsUsed,
        answers: Sequence[np.ndarray],
        seconds: float,
    ) -> Iterator[Result]:
        """Give the result on the test split, and again without twins where there are some."""
        task = context.roles
        kept = [np.ones(len(task.test), bool)]
        if context.twins is not None:
            kept.append(~np.isin(task.test, context.twins))
        evaluated_on, words = reported_name(context)
        for number, chosen in enumerate(kept):
            removed = int((~chosen).sum()) if number else None
            each = [
                score(
                    one[chosen],
                    task.labels[task.test[chosen]],
                    task.expressions,
                    evaluated_on=evaluated_on,
                    seed=context.seed,
                )
                for one in answers
            ]
            scores, spread = mean_scores(each)
            notes = [
                f"single draws deviate by {100 * spread.deviation:.1f} points",
                f"{removed} images with an exact or near duplicate in training removed"
                if number
                else "",
                task.note,
            ]
            yield Result(
                **scores.model_dump(),
                kind=self.kind,
                evaluated_on=evaluated_on,
                twins_removed=removed,
                protocol=Protocol(
                    trained_on=(
                        f"frozen encoder in evaluation mode, {DESCRIPTIONS[classifier]} "
                        f"of {used.per_class} labeled training images of each expression, mean of "
                        f"{self.trials} random draws (the interval is that of single draws)"
                    ),
                    reported_on=words,
                    notes=tuple(note for note in notes if note),
                ),
                feature=context.feature,
                hyperparameters={"classifier": classifier},
                labels_used=used,
                spread=spread,
                training_images=used.images,
                recipe=context.recipe,
                commit=commit(),
                seed=context.seed,
                weights_hash=context.weights_hash,
                seconds=round(seconds, 3),
            )


DESCRIPTIONS = {
    "knn": f"weighted cosine kNN (temperature {TEMPERATURE:g})",
    "linear": f"linear classifier (logistic regression, L2 {PENALTY:g})",
}


def standardize_by_training(train: np.ndarray, test: np.ndarray) -> tuple[Tensor, Tensor]:
    """Return features of unit length, each dimension standardized over the training images.

    Args:
        train: float (N,D).
        test: float (M,D).
    """
    # Copies: what comes from the cache is read-only memory of a file.
    known, asked = (torch.from_numpy(np.array(x, np.float32)) for x in (train, test))
    mean, deviation = known.mean(0), known.std(0).clamp_min(1e-6)
    one, other = (F.normalize((x - mean) / deviation, dim=1) for x in (known, asked))
    return one, other


def knn_answers(bank: Tensor, labels: Tensor, asked: Tensor, classes: int) -> Tensor:
    """Return probabilities (M,C) by the vote of all shots.

    Args:
        bank: (N,D), unit.
        labels: int64 (N,).
        asked: (M,D), unit.
        classes: C.
    """
    return vote(asked @ bank.T, labels.expand(len(asked), -1), classes, TEMPERATURE)


def linear_answers(bank: Tensor, labels: Tensor, asked: Tensor, classes: int) -> Tensor:
    """Return probabilities (M,C) of a logistic regression on the shots.

    The solution lies in the span of the shots, so it is sought there: exact, and as fast for a
    feature of thousands of dimensions as for one of ten.

    Args:
        bank: (N,D).
        labels: int64 (N,).
        asked: (M,D).
        classes: C.
    """
    mean = bank.mean(0)
    centered = bank - mean
    basis = torch.linalg.qr(centered.T).Q
    fitted = LogisticRegression(centered @ basis, labels, classes).solve(PENALTY)
    probabilities: Tensor = ((asked - mean) @ basis @ fitted.weight + fitted.bias).softmax(1)
    return probabilities


Answer = Callable[[Tensor, Tensor, Tensor, int], Tensor]
CLASSIFIERS: dict[str, Answer] = {"knn": knn_answers, "linear": linear_answers}


def mean_scores(each: Sequence[Scores]) -> tuple[Scores, DrawSpread]:
    """Return the mean of the scores of several draws on the same images, and their spread.

    Confusion counts are added; the interval of the accuracy holds 95 % of single draws.

    Args:
        each: at least 2.
    """
    accuracies = np.array([one.accuracy for one in each])
    classes = np.array([one.mean_class_accuracy for one in each])
    first = each[0]
    recall = {
        name: None
        if first.per_class_recall[name] is None
        else float(np.mean([one.per_class_recall[name] for one in each]))
        for name in first.expressions
    }

    def middle(values: np.ndarray) -> tuple[float, float]:
        low, high = np.percentile(values, [2.5, 97.5])
        return float(low), float(high)

    scores = first.model_copy(
        update={
            "accuracy": float(accuracies.mean()),
            "mean_class_accuracy": float(classes.mean()),
            "macro_f1": float(np.mean([one.macro_f1 for one in each])),
            "per_class_recall": recall,
            "confusion": np.sum([one.confusion for one in each], axis=0).tolist(),
            "calibration_error": float(np.mean([one.calibration_error for one in each])),
            "interval": middle(accuracies),
            "mean_class_interval": middle(classes),
        }
    )
    return scores, DrawSpread(draws=len(each), deviation=float(accuracies.std(ddof=1)))
