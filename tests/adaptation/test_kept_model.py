"""The kept model: the candidate's answers in a file, with a card that says what they are worth."""

from dataclasses import replace

import numpy as np
import torch

from asdcfer.adaptation.candidate import scored
from asdcfer.adaptation.folds import folds_of
from asdcfer.adaptation.frozen_candidates import frozen_candidates
from asdcfer.adaptation.kept_model import (
    AdaptedOn,
    model_of_candidate,
    result_of,
    write_encoder,
    write_model,
)
from asdcfer.adaptation.stage_store import StageStore
from asdcfer.evaluation.card_results import card_results
from asdcfer.evaluation.probes.features import embed
from asdcfer.models.cards import read_card
from asdcfer.models.weights import load_encoder, load_model
from tests.adaptation.standin import toy_labels, toy_start


def test_a_candidate_becomes_a_file_with_its_answers_and_its_card(tmp_path):
    pack, given = toy_labels(tmp_path / "pack")
    start, folds = toy_start(), folds_of(given.labels, given.groups, 3)
    encoders = {"shipped": start.encoder}
    store = StageStore(tmp_path / "heads", {})
    found = [
        scored(each, given)
        for each in frozen_candidates(start, encoders, pack, given, folds, store)
    ]
    about = AdaptedOn(start, pack, given, 3, 60, 0)
    results = [result_of(each, about, len(found)) for each in found]
    best = found[2]
    model = model_of_candidate(best, encoders, given.names)
    path = write_model(tmp_path / "model", model, about, results[2], results)
    loaded, images = load_model(path), np.asarray(pack.images[:9])
    logits = best.candidate.head.logits(embed(images, start.encoder)) / best.temperature
    np.testing.assert_allclose(
        loaded.probabilities(images).numpy(),
        torch.from_numpy(logits).softmax(1).numpy(),
        atol=1e-4,
    )
    card = read_card(path)
    (stated,) = card_results(card)
    assert stated.accuracy == best.scores.accuracy
    assert "answered by 3 folds" in stated.protocol.reported_on
    assert card["candidates"]["shipped"]["accuracy"] == round(found[0].scores.accuracy, 4)
    assert card["expressions"] == list(given.names)
    assert card["data"]["labels"] == given.counts
    assert card["started_from"] == card["hashes"]["weights"], (
        "the encoder itself is the shipped one"
    )
    encoder = write_encoder(tmp_path / "encoder", start.encoder, about, "as it is")
    assert load_encoder(encoder).feature_dim == start.encoder.feature_dim
    assert read_card(encoder)["saw_labels"] is True, "it began with a model"
    alone = replace(about, start=replace(start, classifiers=(), card={}))
    card = read_card(write_encoder(tmp_path / "alone", start.encoder, alone, "as it is"))
    assert card["saw_labels"] is False
