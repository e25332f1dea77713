"""Candidates whose encoder learns from the labels too, from the best frozen one on."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asdcfer.adaptation.candidate import Candidate, Scored
from asdcfer.adaptation.finetuned import (
    FEWEST_UNLABELED,
    FinetunePlan,
    Start,
    cross_validated_finetuning,
    semi_supervised_plan,
    supervised_plan,
)
from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.adaptation.kept_model import model_with_head
from asdcfer.adaptation.linear_heads import LinearHead, fitted_head
from asdcfer.adaptation.start_model import StartModel
from asdcfer.data.pack import Pack
from asdcfer.evaluation.probes.features import extract
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import weights_hash
from asdcfer.progress import Progress
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.trainer import Workplace

FEWEST_LABELS = 20
"""With fewer labels nothing is fine-tuned: a fold would choose its epoch by a face or two."""
WORDS = {
    "finetuned": "fine-tuned on the labels",
    "semi_supervised": "fine-tuned on the labels and on faces without any",
}


@dataclass(frozen=True)
class TuningJob:
    """What fine-tuned candidates are made with.

    Attributes:
        start: the shipped model.
        encoders: by name.
        pack: the faces.
        given: the labeled ones.
        folds: int (N,).
        unlabeled: rows without label.
        folder: of the stages.
        seconds: for all of it.
        look: seconds that an encoder takes for a face.
        passes: over the unlabeled faces; None is what the time allows.
        device: "auto", "cpu" or "cuda".
        progress: is told how far it is.
    """

    start: StartModel
    encoders: Mapping[str, Encoder]
    pack: Pack
    given: GivenLabels
    folds: np.ndarray
    unlabeled: np.ndarray
    folder: Path
    seconds: float
    look: float
    passes: int | None
    device: str
    progress: Progress


def tuned_candidates(job: TuningJob, base: Scored) -> list[Candidate]:
    """Return the fine-tuned candidates, as far as labels and time are enough for them.

    Args:
        job: what there is.
        base: the best candidate on a frozen encoder, which they begin with; a head that learns
            from labels is fitted anew to those that each training may see.
    """
    if len(job.given.rows) < FEWEST_LABELS:
        job.progress.message(
            f"{len(job.given.rows)} labels are too few to fine-tune on; label {FEWEST_LABELS} or "
            "more for that"
        )
        return []
    found = []
    for name, plan in _plans(job).items():
        if plan is None:
            job.progress.message(f"{name}: left out, {_why_not(job, name)}")
            continue
        begun = time.perf_counter()
        folder = job.folder / f"{name}-{_key(job, base, plan)}"
        place = Workplace(
            folder, name, hardware=Hardware(job.device), resume=True, progress=job.progress
        )
        logits, kept = cross_validated_finetuning(
            job.pack, job.given, job.folds, plan, _beginning(job, base), place
        )
        seconds = time.perf_counter() - begun
        words = f"{base.candidate.words}, {WORDS[name]}"
        found.append(Candidate(name, words, logits, str(kept), None, True, seconds=seconds))
    return found


def _why_not(job: TuningJob, name: str) -> str:
    """Return why there is no plan for a candidate, and what suffices."""
    faces = len(job.unlabeled)
    if name == "semi_supervised" and faces < FEWEST_UNLABELED:
        return f"{faces:,} faces without label are too few for it; {FEWEST_UNLABELED} are enough"
    return "the budget is too short for it; give more time or fewer folds"


def _plans(job: TuningJob) -> dict[str, FinetunePlan | None]:
    count, fits, half = len(job.given.rows), int(job.folds.max()) + 2, job.seconds / 2
    return {
        "finetuned": supervised_plan(count, half, job.look, fits, job.passes is not None),
        "semi_supervised": semi_supervised_plan(
            count, job.unlabeled, half, job.look, fits, job.passes
        ),
    }


def _beginning(job: TuningJob, base: Scored) -> Start:
    """Return the function that gives the model which a training begins with."""
    candidate, given = base.candidate, job.given
    encoder = job.encoders[candidate.encoder]
    features: list[np.ndarray] = []

    def begin(learnt: np.ndarray) -> ExpressionModel:
        head = candidate.head
        assert head is not None
        if candidate.learnt:
            if not features:
                features.append(extract(encoder, job.pack, given.rows, cache=None))
            head = _refitted(job, candidate, features[0], learnt)
        return model_with_head(encoder, head, given.names)

    return begin


def _refitted(
    job: TuningJob, candidate: Candidate, features: np.ndarray, learnt: np.ndarray
) -> LinearHead:
    """Return the candidate's head, fitted to the labels that may be learnt from."""
    given, answers = job.given, None
    if candidate.name.endswith("_answers"):
        answers = job.start.answers()
    x = features[learnt] if answers is None else answers.logits(features[learnt])
    head = fitted_head(x, given.labels[learnt], given.groups[learnt], len(given.names))
    return head if answers is None else head.after(answers)


def _key(job: TuningJob, base: Scored, plan: FinetunePlan) -> str:
    """Return a short hash of all that decides the trainings, which names their folder."""
    given = job.given
    parts: Sequence[object] = [
        weights_hash(job.encoders[base.candidate.encoder]),
        base.candidate.name,
        *(
            hashlib.sha256(array.tobytes()).hexdigest()
            for array in (given.rows, given.labels, job.folds, plan.unlabeled)
        ),
        given.names,
        plan.options.model_dump(mode="json"),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]
