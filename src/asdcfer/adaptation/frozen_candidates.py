"""Candidates on frozen encoders: the shipped classifier, and linear heads fitted to the labels."""

import time
from collections.abc import Iterator, Mapping

import numpy as np

from asdcfer.adaptation.candidate import Candidate
from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.adaptation.linear_heads import LinearHead, cross_validated_head
from asdcfer.adaptation.stage_store import StageStore
from asdcfer.adaptation.start_model import StartModel
from asdcfer.data.pack import Pack
from asdcfer.evaluation.probes.features import extract
from asdcfer.models.encoder import Encoder
from asdcfer.progress import SILENT, Progress

ENCODERS = {
    "shipped": "the shipped encoder",
    "refreshed": "the shipped encoder with the batch statistics of these faces",
    "adapted": "the adapted encoder",
}
"""What may be stood on, from the plainest on, and how it is called."""


def frozen_candidates(
    start: StartModel,
    encoders: Mapping[str, Encoder],
    pack: Pack,
    given: GivenLabels,
    folds: np.ndarray,
    store: StageStore,
    progress: Progress = SILENT,
) -> list[Candidate]:
    """Return the candidates of each encoder, from the plainest on.

    "shipped", "refreshed" and "adapted" answer with the shipped classifier, where that knows all
    classes; NAME_answers learns a linear head on what the shipped classifiers say (for classes of
    one's own as well), NAME_linear one on the whole feature.

    Args:
        start: the shipped model.
        encoders: names of `ENCODERS` -> encoder.
        pack: the faces.
        given: the labeled ones.
        folds: int (N,).
        store: keeps what is finished.
        progress: is told of the candidates.
    """
    found: list[Candidate] = []
    work = [name for name in ENCODERS if name in encoders]
    for number, name in enumerate(work):
        kept = store.kept(name)
        if kept is None:
            features = extract(encoders[name], pack, given.rows, cache=None)
            kept = dict(_arrays(start, features, given, folds))
            store.keep(name, kept)
        progress("linear heads", number + 1, len(work))
        found += _of_encoder(name, kept, start, given)
    return found


def _arrays(
    start: StartModel, features: np.ndarray, given: GivenLabels, folds: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Give the arrays of an encoder's candidates, by name."""
    own = start.own_head(given.names)
    if own is not None:
        yield from _named("own", own[0].logits(features), own[0], 0.0)
    answers = start.answers()
    if answers is not None:
        begun = time.perf_counter()
        logits, head = cross_validated_head(answers.logits(features), given, folds)
        yield from _named("answers", logits, head.after(answers), time.perf_counter() - begun)
    begun = time.perf_counter()
    logits, head = cross_validated_head(features, given, folds)
    yield from _named("linear", logits, head, time.perf_counter() - begun)


def _named(
    kind: str, logits: np.ndarray, head: LinearHead, seconds: float
) -> Iterator[tuple[str, np.ndarray]]:
    yield f"{kind}.logits", logits.astype(np.float32)
    yield f"{kind}.weight", head.weight.astype(np.float32)
    yield f"{kind}.bias", head.bias.astype(np.float32)
    yield f"{kind}.about", np.array([head.penalty or 0.0, seconds])


def _of_encoder(
    encoder: str, kept: Mapping[str, np.ndarray], start: StartModel, given: GivenLabels
) -> Iterator[Candidate]:
    base = ENCODERS[encoder]
    words = {
        "own": f"{base} and the shipped classifier",
        "answers": f"{base}, a linear head on what the shipped classifiers say",
        "linear": f"{base}, a linear head on its feature",
    }
    own = start.own_head(given.names)
    for kind, said in words.items():
        if f"{kind}.logits" not in kept:
            continue
        penalty, seconds = kept[f"{kind}.about"].tolist()
        head = LinearHead(kept[f"{kind}.weight"], kept[f"{kind}.bias"], penalty or None)
        yield Candidate(
            name=encoder if kind == "own" else f"{encoder}_{kind}",
            words=said,
            logits=kept[f"{kind}.logits"],
            encoder=encoder,
            head=head,
            learnt=kind != "own",
            temperature=own[1] if kind == "own" and own is not None else 1.0,
            seconds=seconds,
        )
