"""Logits of rows of a pack, against one face at a time."""

import numpy as np
import pytest
import torch

from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.training.finetune import predictions
from tests.evaluation.standin import NAMES, toy_encoder, toy_pack


@pytest.mark.parametrize("hflip", [False, True])
def test_logits_are_those_of_each_face_alone(tmp_path, monkeypatch, hflip) -> None:
    monkeypatch.setattr(predictions, "BATCH", 4)
    pack = toy_pack(tmp_path / "pack")
    model = ExpressionModel(toy_encoder(), Classifier(toy_encoder().feature_dim, 3), NAMES)
    rows = np.array([3, 17, 4, 40, 8])
    found = predictions.logits_of(model, pack, rows, hflip=hflip)
    assert not model.training
    for row, logits in zip(rows, found, strict=True):
        x = model.encoder.preprocessing.batch(np.asarray(pack.images[row])[None])
        with torch.inference_mode():
            alone = model.logits(x.flip(-1) if hflip else x)[0].numpy()
        assert np.allclose(logits, alone, atol=1e-4)
