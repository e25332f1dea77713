from typing import Any

import numpy as np
import pytest
import torch

from asdcfer.data.pack import Pack
from asdcfer.errors import DataError
from asdcfer.evaluation.evaluate_model import (
    EvaluationContext,
    evaluate_model,
    predict_probabilities,
)
from asdcfer.evaluation.result import Result
from asdcfer.models.classifier import ExpressionModel
from tests.evaluation.standin import NAMES, toy_model, toy_pack


def evaluated(model: ExpressionModel, pack: Pack, **more: Any) -> list[Result]:
    return evaluate_model(EvaluationContext(model=model, pack=pack, **more))


def test_expressions_are_matched_by_name_not_by_place(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    model = toy_model()
    turned = toy_model()
    order = [2, 0, 1]
    turned.expressions = tuple(NAMES[i] for i in order)
    with torch.no_grad():
        turned.classifier.linear.weight.copy_(model.classifier.linear.weight[order])
        turned.classifier.linear.bias.copy_(model.classifier.linear.bias[order])
    assert evaluated(model, pack)[0].confusion == evaluated(turned, pack)[0].confusion


def test_what_a_model_cannot_answer_counts_as_wrong_and_is_said(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    (result, _) = evaluated(toy_model(("angry", "happy", "fear")), pack)
    assert result.expressions == ["angry", "happy", "sad", "fear"]
    assert result.per_class_recall["sad"] == 0
    assert result.per_class_recall["fear"] is None
    assert "cannot answer sad" in str(result.protocol)
    with pytest.raises(DataError, match="no expression in common"):
        evaluated(toy_model(("x", "y", "z")), pack)


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
    with pytest.raises(DataError, match="name one with `split`"):
        evaluated(toy_model(), pack)
    (only,) = evaluated(toy_model(), pack, split="train")
    assert only.evaluated_on == "train"
    assert only.images == 12
    with pytest.raises(DataError, match="no labels"):
        evaluated(toy_model(), toy_pack(tmp_path / "u", labeled=False))


def test_twins_give_a_second_number(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    twins = pack.rows("private")[:5]
    names = [(r.test_set, r.images) for r in evaluated(toy_model(), pack, twins=twins)]
    assert names == [
        ("private", 24),
        ("private without twins", 19),
        ("union", 48),
        ("union without twins", 43),
    ]
