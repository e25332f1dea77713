import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from asdcfer.data.datasets.ferplus import labels_of
from asdcfer.data.pack import PackItem, load_pack, write_pack
from asdcfer.data.sample import sample_pack
from asdcfer.errors import DataError
from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.evaluation.evaluate_model import evaluate_model, predict_probabilities
from asdcfer.evaluation.ferplus import ferplus_task
from asdcfer.evaluation.robustness import DAMAGES, damaged, robustness
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT
from asdcfer.models.classifier import Classifier, ExpressionModel
from tests.evaluation.standin import NAMES, toy_encoder, toy_pack


def toy_model(names=NAMES, temperature: float = 1.0) -> ExpressionModel:
    encoder = toy_encoder()
    torch.manual_seed(1)
    return ExpressionModel(
        encoder, Classifier(encoder.feature_dim, len(names)), names, temperature
    ).eval()


def test_temperature_is_the_one_dimensional_logistic_regressions() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 500)
    score = rng.normal(size=500) * 3 + (labels - 0.5) * 2
    logits = np.stack([np.zeros(500), score], 1)
    slope = (
        LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8)
        .fit(score[:, None], labels)
        .coef_[0, 0]
    )
    assert fit_temperature(logits, labels) == pytest.approx(1 / slope, rel=1e-3)
    assert fit_temperature(logits, labels, mirrored=logits) == pytest.approx(1 / slope, rel=1e-3)


def test_expressions_are_matched_by_name_not_by_place(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    model = toy_model()
    turned = toy_model()
    order = [2, 0, 1]
    turned.expressions = tuple(NAMES[i] for i in order)
    with torch.no_grad():
        turned.classifier.linear.weight.copy_(model.classifier.linear.weight[order])
        turned.classifier.linear.bias.copy_(model.classifier.linear.bias[order])
    assert (
        evaluate_model(model, pack)[0]["confusion"] == evaluate_model(turned, pack)[0]["confusion"]
    )


def test_what_a_model_cannot_answer_counts_as_wrong_and_is_said(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    (result, _) = evaluate_model(toy_model(("angry", "happy", "fear")), pack)
    assert result["expressions"] == ["angry", "happy", "sad", "fear"]
    assert result["per_class_recall"]["sad"] == 0 and result["per_class_recall"]["fear"] is None
    assert "cannot answer sad" in result["protocol"]
    with pytest.raises(DataError, match="no expression in common"):
        evaluate_model(toy_model(("x", "y", "z")), pack)


def test_flip_averages_probabilities(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    model, rows = toy_model(temperature=2.0), pack.rows("private")
    plain = predict_probabilities(model, pack, rows)
    x = model.encoder.preprocessing.batch(np.array(pack.images[rows])).flip(-1)
    with torch.no_grad():
        mirrored = (model.logits(x) / 2).softmax(1).double().numpy()
    np.testing.assert_allclose(
        predict_probabilities(model, pack, rows, tta=True), (plain + mirrored) / 2, atol=1e-6
    )


def test_one_split_by_name_and_missing_ones(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p", {"train": 12})
    with pytest.raises(DataError, match="--split"):
        evaluate_model(toy_model(), pack)
    (only,) = evaluate_model(toy_model(), pack, split="train")
    assert only["evaluated_on"] == "train" and only["images"] == 12
    with pytest.raises(DataError, match="no labels"):
        evaluate_model(toy_model(), toy_pack(tmp_path / "u", labeled=False))


def test_twins_give_a_second_number(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    twins = pack.rows("private")[:5]
    names = [
        (r["evaluated_on"], r["images"]) for r in evaluate_model(toy_model(), pack, twins=twins)
    ]
    assert names == [
        ("private", 24),
        ("private without twins", 19),
        ("union", 48),
        ("union without twins", 43),
    ]


def test_majority_of_votes() -> None:
    votes = np.zeros((5, 10), int)
    votes[0, 3] = 10
    votes[1, [0, 1]] = 5  # a draw
    votes[2, [4, 5, 6]] = [4, 3, 1]  # a slip is struck out: 4 of 7
    votes[3, 8] = 10  # unknown
    votes[4, 9] = 10  # not a face
    assert labels_of(votes).tolist() == [3, -1, 4, -1, -1]


def test_ferplus_of_the_sample_is_that_of_the_official_file(tmp_path) -> None:
    pack = sample_pack()
    task = ferplus_task(pack)
    assert task is not None and task.expressions == EXPRESSIONS_WITH_CONTEMPT
    official = [
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    ]
    table = np.load(pack.path.parent / "ferplus_votes.npy")
    row_of = {int(name.removeprefix("fer")): i for i, name in enumerate(pack.ids)}
    for row in range(max(row_of) + 1):
        votes = table[row_of[row]] if row in row_of else [10, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        official.append(f"Training,fer{row:07d}.png," + ",".join(map(str, votes)))
    (tmp_path / "fer2013new.csv").write_text("\n".join(official) + "\n")
    joined = ferplus_task(pack, tmp_path / "fer2013new.csv")
    assert np.array_equal(joined.labels, task.labels)
    # Ten people and FER-2013 agree on most faces, contempt aside.
    known = (task.labels >= 0) & (task.labels < 7)
    assert (task.labels[known] == pack.labels[known]).mean() > 0.6
    with pytest.raises(DataError, match="no FER"):
        ferplus_task(pack, tmp_path / "none.csv")


def test_votes_of_a_pack_are_ferplus_labels_and_foreign_ids_are_named(tmp_path) -> None:
    rng = np.random.default_rng(0)
    votes = np.eye(8, dtype=np.float32)[[0, 1, 7, 0, 1, 7]]
    votes[5] = 1 / 8
    faces = [
        PackItem(
            rng.integers(0, 256, (24, 24), np.uint8),
            f"x{i}",
            "train" if i < 3 else "private",
            int(votes[i].argmax()),
            votes[i],
        )
        for i in range(6)
    ]
    write_pack(
        tmp_path / "p", faces, expressions=EXPRESSIONS_WITH_CONTEMPT, source={"kind": "tree"}
    )
    pack = load_pack(tmp_path / "p")
    task = ferplus_task(pack)
    assert task is not None and task.labels.tolist() == [0, 1, 7, 0, 1, -1]
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
    (tmp_path / "v.csv").write_text(header + "Training,fer0000000.png,9,0,0,0,0,0,0,0,1,0\n")
    with pytest.raises(DataError, match=r"'x0', which .*v\.csv knows nothing of"):
        ferplus_task(pack, tmp_path / "v.csv")
    assert ferplus_task(toy_pack(tmp_path / "q")) is None


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("shape", [(2, 40, 40), (2, 40, 40, 3)])
def test_damage_grows_from_nothing(name: str, shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    images[:, 8:20, 8:20] = 220
    levels = DAMAGES[name][1]
    changes = []
    for level in levels:
        found = damaged(images, name, level, seed=1)
        assert found.shape == images.shape and found.dtype == np.uint8
        np.testing.assert_array_equal(found, damaged(images, name, level, seed=1))
        changes.append(np.abs(found.astype(int) - images).mean())
    assert changes[0] == 0
    assert min(changes[1:]) > 0
    if name != "brightness":
        assert changes == sorted(changes)


def test_rotation_turns_by_its_angle() -> None:
    image = np.zeros((1, 41, 41), np.uint8)
    image[0, 20, 30] = 255
    turned = damaged(np.repeat(image, 8, 0), "rotation", 45.0)
    peaks = {tuple(np.unravel_index(t.argmax(), t.shape)) for t in turned}
    assert peaks == {(13, 27), (27, 27)}


def test_robustness_starts_at_the_models_accuracy(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    model = toy_model()
    found = robustness(model, pack, names=("noise", "brightness"))
    whole = evaluate_model(model, pack)[0]["accuracy"]
    for curve in found["curves"].values():
        assert curve["accuracy"][curve["levels"].index(0.0)] == pytest.approx(whole)
        assert curve["levels"] == sorted(curve["levels"])
    assert robustness(model, pack, names=("blur",), images=5)["images"] == 5
    with pytest.raises(DataError, match="no damage 'fog'"):
        robustness(model, pack, names=("fog",))
