"""Points of faces: unit length, near where features are near, with what a model says."""

import numpy as np
import pytest

import asdcfer
from asdcfer.selection import face_points as module
from asdcfer.selection.face_points import face_points
from tests.evaluation.standin import toy_encoder, toy_model, toy_pack
from tests.factories import Heard


@pytest.fixture
def pack(tmp_path):
    return toy_pack(tmp_path / "pack", {"train": 40})


def test_points_keep_the_angles_of_centered_features(pack) -> None:
    rows = np.arange(3, 35)
    found = face_points(pack, rows, toy_encoder(), dims=32)
    features = asdcfer.embed(pack.images[rows], toy_encoder()).astype(np.float64)
    features -= features.mean(0)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    np.testing.assert_allclose(np.linalg.norm(found.points, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found.points @ found.points.T, features @ features.T, atol=1e-3)
    assert found.probabilities is None


def test_what_a_model_says_whether_or_not_it_holds_the_encoder(pack, monkeypatch) -> None:
    monkeypatch.setattr(module, "ROWS", 7)
    model, heard = toy_model(), Heard()
    rows = np.arange(20)
    own = face_points(pack, rows, model.encoder, model, dims=4, progress=heard)
    other = face_points(pack, rows, toy_encoder(5), model, dims=4)
    wanted = model.probabilities(pack.images[rows]).numpy()
    np.testing.assert_allclose(own.probabilities, wanted, atol=1e-5)
    np.testing.assert_allclose(other.probabilities, wanted, atol=1e-5)
    assert own.points.shape == (20, 4)
    assert heard.stages == {"looking": 20}
