"""ExpressionClassifier: scikit-learn's own checks, and what it does with faces."""

import json
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import asdcfer
from asdcfer import api
from asdcfer.errors import AsdcferError, WeightsError
from asdcfer.evaluation.probes.linear_selection import PENALTIES
from asdcfer.models.cards import card_text
from asdcfer.sklearn import ExpressionClassifier, FaceEncoder
from asdcfer.sklearn.expression_classifier import FEW
from tests.evaluation.standin import toy_encoder, toy_pack


@pytest.mark.slow
@parametrize_with_checks([ExpressionClassifier(), ExpressionClassifier(penalty=0.01)])
def test_it_is_an_estimator_as_scikit_learn_wants_them(estimator, check):
    """Of features. There is no exception."""
    check(estimator)


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    pack = toy_pack(tmp_path_factory.mktemp("toy") / "pack", {"train": 60, "test": 30})
    names = np.array(pack.expressions)[pack.labels]
    train, test = pack.rows("train"), pack.rows("test")
    return pack.images[train], names[train], pack.images[test], names[test]


@pytest.fixture(scope="module")
def fitted(faces):
    return ExpressionClassifier(toy_encoder(), device="cpu").fit(faces[0], faces[1])


def test_few_labels_make_a_classifier_of_faces(faces, fitted):
    assert fitted.classes_.tolist() == ["angry", "happy", "sad"]
    assert fitted.score(faces[2], faces[3]) > 0.9
    probabilities = fitted.predict_proba(faces[2])
    np.testing.assert_allclose(probabilities.sum(1), 1)
    assert (fitted.classes_[probabilities.argmax(1)] == fitted.predict(faces[2])).all()
    assert fitted.penalty_ in PENALTIES


def test_with_an_encoder_it_is_the_pipeline_of_both(faces, fitted):
    pipeline = make_pipeline(FaceEncoder(toy_encoder(), device="cpu"), ExpressionClassifier())
    pipeline.fit(faces[0], faces[1])
    assert np.array_equal(pipeline.predict_proba(faces[2]), fitted.predict_proba(faces[2]))


def test_the_solution_is_that_of_scikit_learn(faces):
    """`C` of scikit-learn weighs the sum of the losses, `penalty` their mean."""
    features = asdcfer.embed(faces[0], toy_encoder())[:, :40]
    ours = ExpressionClassifier(penalty=0.1).fit(features, faces[1])
    scaler = StandardScaler().fit(features)
    theirs = LogisticRegression(C=1 / (0.1 * len(features)), tol=1e-8, max_iter=1000)
    theirs.fit(scaler.transform(features), faces[1])
    found, wanted = ours.predict_proba(features), theirs.predict_proba(scaler.transform(features))
    np.testing.assert_allclose(found, wanted, atol=2e-3)


def test_the_penalty_is_the_one_with_the_least_held_out_cross_entropy(faces):
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold

    features = asdcfer.embed(faces[0], toy_encoder())[:, :30]
    costs = {
        penalty: sum(
            log_loss(
                faces[1][held],
                ExpressionClassifier(penalty=penalty)
                .fit(features[train], faces[1][train])
                .predict_proba(features[held]),
            )
            for train, held in StratifiedKFold(3).split(features, faces[1])
        )
        for penalty in PENALTIES
    }
    chosen = ExpressionClassifier(cv=3).fit(features, faces[1]).penalty_
    assert costs[chosen] < min(costs.values()) * 1.001


def test_one_face_of_a_class_leaves_nothing_to_choose_by(faces):
    features = asdcfer.embed(faces[0][:3], toy_encoder())
    assert ExpressionClassifier().fit(features, faces[1][:3]).penalty_ == FEW


@pytest.mark.parametrize(
    ("labels", "options", "told"),
    [
        (["a"] * 6, {}, "needs at least 2 classes"),
        (["a", "b"] * 3, {"penalty": 0}, "penalty must be above 0"),
        (["a", "b"] * 3, {"penalty": "small"}, "penalty must be above 0"),
        (["a", "b"], {}, "inconsistent numbers"),
    ],
)
def test_bad_input_is_told_in_a_line(labels, options, told):
    features = np.random.default_rng(0).normal(size=(6, 4))
    with pytest.raises(ValueError, match=told) as caught:
        ExpressionClassifier(**options).fit(features, labels)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_folds_in_two_processes_and_a_grid_of_penalties(faces):
    pipeline = make_pipeline(FaceEncoder(toy_encoder(), device="cpu"), ExpressionClassifier())
    scores = cross_val_score(pipeline, faces[0], faces[1], cv=3, n_jobs=2)
    assert np.array_equal(scores, cross_val_score(pipeline, faces[0], faces[1], cv=3))
    grid = {"expressionclassifier__penalty": [10.0, 0.01]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(faces[0], faces[1])
    assert search.best_score_ > 0.9
    assert search.score(faces[2], faces[3]) > 0.9


@pytest.mark.parametrize("labels", [["b", "a", "c"], [3, 1, 2], [0.5, 1.5, 2.5]])
@pytest.mark.parametrize("with_encoder", [True, False])
def test_saved_and_loaded_it_answers_the_same(faces, tmp_path, labels, with_encoder):
    truth = np.array(labels)[np.arange(60) % 3]
    given = faces[0] if with_encoder else asdcfer.embed(faces[0], toy_encoder())
    encoder = toy_encoder() if with_encoder else None
    model = ExpressionClassifier(encoder, penalty=0.1, device="cpu")
    if truth.dtype.kind == "f":
        with pytest.raises(ValueError, match="continuous"):
            model.fit(given, truth)
        return
    model.fit(given, truth).save(tmp_path / "model")
    assert {file.name for file in tmp_path.iterdir()} == {"model.json", "model.safetensors"}
    loaded = ExpressionClassifier.load(tmp_path / "model", device="cpu")
    assert loaded.penalty == 0.1
    assert loaded.classes_.dtype == model.classes_.dtype
    assert np.array_equal(loaded.predict_proba(given), model.predict_proba(given))
    assert loaded.predict(given).tolist() == model.predict(given).tolist()


def test_a_saved_classifier_of_faces_is_a_model_for_every_command(faces, fitted, tmp_path):
    fitted.save(tmp_path / "model")
    from PIL import Image

    Image.fromarray(np.asarray(faces[2][0])).save(tmp_path / "face.png")
    settings = api.PredictSettings(model=tmp_path / "model", detect=False)
    (row,) = api.predict(tmp_path / "face.png", settings).rows()
    assert row["expression"] == faces[3][0]


def test_pickled_and_cloned_it_is_as_scikit_learn_expects(faces, fitted):
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(faces[2]), fitted.predict_proba(faces[2]))
    fresh = clone(fitted)
    assert not hasattr(fresh, "classes_")
    assert fresh.fit(faces[0], faces[1]).penalty_ == fitted.penalty_


def test_files_that_are_no_classifier_are_told(fitted, tmp_path):
    with pytest.raises(WeightsError, match="there is no"):
        ExpressionClassifier.load(tmp_path / "none")
    fitted.save(tmp_path / "model")
    card = json.loads((tmp_path / "model.json").read_text())
    del card["sklearn"]
    (tmp_path / "model.json").write_text(card_text(card))
    with pytest.raises(WeightsError, match="not saved by ExpressionClassifier"):
        ExpressionClassifier.load(tmp_path / "model")
    (tmp_path / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(WeightsError):
        ExpressionClassifier.load(tmp_path / "model.json")


def test_labels_of_other_kinds_are_not_saved(tmp_path):
    features = np.random.default_rng(0).normal(size=(6, 4))
    model = ExpressionClassifier(penalty=1.0).fit(features, [1, 2] * 3)
    model.classes_ = np.array([1, "1"], object)
    with pytest.raises(AsdcferError, match="one name"):
        model.save(tmp_path / "model")
    model.classes_ = np.array([None, 2], object)
    with pytest.raises(AsdcferError, match="kind"):
        model.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())
