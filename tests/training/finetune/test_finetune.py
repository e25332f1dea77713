import json

import numpy as np
import pytest
import torch

from asdcfer.errors import RecipeError, TrainingError
from asdcfer.evaluation.card_results import compare_with_card
from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.probes.linear import LinearProbe
from asdcfer.files import read_rows
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.weights import load_model
from asdcfer.training.engine.checkpoint import (
    last_checkpoint,
    plain_value,
)
from asdcfer.training.engine.optimizer import build_optimizer
from asdcfer.training.engine.parameter_groups import rated_parameters
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.validation import validate_options
from tests.evaluation.standin import NAMES, toy_context, toy_encoder
from tests.training.standin import (
    Told,
    finetuned,
)

QUICK = {"batch_size": 20, "epochs": 3, "precision": "32", "ema": 0.5}


@pytest.mark.slow
def test_learns_saves_and_states_what_it_measured(pack, tmp_path) -> None:
    told = Told()
    options = FinetuneOptions(
        **{
            **QUICK,
            "epochs": 10,
            "mixup": 0.0,
            "erase": 0.0,
            "hflip": 0.0,
            "learning_rate": 0.1,
            "tta": False,
        }
    )
    results = finetuned(toy_encoder(), pack, tmp_path, options, recipe="toy", progress=told)
    assert [r.evaluated_on for r in results] == ["private", "union"]
    assert results[0].accuracy > 0.7
    assert results[0].protocol.chosen_on == "public"
    assert "fine-tuned on 60" in str(results[0].protocol)
    rows = read_rows(tmp_path / "metrics.csv")
    best = max(rows, key=lambda row: (float(row["accuracy"]), float(row["likelihood"])))
    assert results[0].hyperparameters["epoch"] == float(best["epoch"])
    assert [bool(row["feature_spread"]) for row in rows] == 2 * [*4 * [False], True]
    assert [line.split(":")[0] for line in told.messages] == [f"epoch {n}/10" for n in range(1, 11)]
    assert told.steps == [("finetune", step, 30) for step in range(31)]
    model = load_model(tmp_path / "model")
    again = compare_with_card(evaluate_model(EvaluationContext(model=model, pack=pack)), model.card)
    assert [r.matches_card for r in again] == [True, True]
    assert again[0].confusion == results[0].confusion
    assert model.temperature != 1.0
    assert {p.name for p in (tmp_path / "probes").iterdir()} == {
        "finetune-grid-private.json",
        "finetune-grid-union.json",
    }
    assert (
        json.loads((tmp_path / "probes" / "finetune-grid-private.json").read_text())["recipe"]
        == "toy"
    )
    assert (tmp_path / "metrics.csv").read_text().count("\n") == 11


@pytest.mark.slow
def test_faces_of_another_side_are_learnt_and_the_model_asks_for_them(pack, tmp_path) -> None:
    encoder = toy_encoder()
    before = encoder.preprocessing.size
    results = finetuned(
        encoder,
        pack,
        tmp_path,
        FinetuneOptions(**{**QUICK, "epochs": 1, "side": 40, "classifier_start": "probe"}),
    )
    model = load_model(tmp_path / "model")
    assert (model.encoder.preprocessing.size, encoder.preprocessing.size) == (40, before)
    assert model.card["finetune"]["side"] == 40
    assert results[0].feature.dim == encoder.feature_dim
    assert (
        evaluate_model(EvaluationContext(model=model, pack=pack))[0].confusion
        == results[0].confusion
    )


@pytest.mark.slow
def test_a_fine_tuned_model_is_trained_further_from_where_it_stands(pack, tmp_path) -> None:
    finetuned(
        toy_encoder(),
        pack,
        tmp_path / "first",
        FinetuneOptions(**{**QUICK, "epochs": 8, "learning_rate": 0.1}),
    )
    first = load_model(tmp_path / "first" / "model")
    still = FinetuneOptions(
        **{**QUICK, "epochs": 1, "learning_rate": 1e-9, "classifier_start": "own"}
    )
    finetuned(first.encoder, pack, tmp_path / "on", still, begun=first)
    was = load_model(tmp_path / "first" / "model")
    on = load_model(tmp_path / "on" / "model")
    assert torch.allclose(on.classifier.linear.weight, was.classifier.linear.weight, atol=1e-6)
    assert on.card["finetune"]["classifier_start"] == "own"
    assert len(read_rows(tmp_path / "on" / "metrics.csv")) == 1
    other = ExpressionModel(first.encoder, Classifier(first.encoder.feature_dim, 3), NAMES)
    with pytest.raises(TrainingError, match="of another run: classifier differ"):
        finetuned(
            load_model(tmp_path / "first" / "model").encoder,
            pack,
            tmp_path / "on",
            still,
            begun=other,
            resume=True,
        )


@pytest.mark.slow
def test_with_no_epoch_the_linear_probe_becomes_a_model(pack, tmp_path) -> None:
    encoder = toy_encoder()
    results = finetuned(
        encoder,
        pack,
        tmp_path,
        FinetuneOptions(**{**QUICK, "epochs": 0, "classifier_start": "probe"}),
    )
    (probed,) = [r for r in LinearProbe().run(toy_context(pack)) if r.evaluated_on == "private"]
    assert results[0].confusion == probed.confusion
    assert str(results[0].protocol).startswith(
        "encoder frozen, its classifier fitted to 60 labeled"
    )
    model = load_model(tmp_path / "model")
    assert all(
        torch.equal(mine, theirs)
        for mine, theirs in zip(
            model.encoder.state_dict().values(), toy_encoder().state_dict().values(), strict=True
        )
    )
    assert model.card["epoch"] == 0
    assert (
        evaluate_model(EvaluationContext(model=model, pack=pack))[0].confusion == probed.confusion
    )
    with pytest.raises(RecipeError, match=r"epochs=0 trains nothing.*classifier_start=probe"):
        validate_options(FinetuneOptions, {"epochs": 0})


def test_lower_blocks_learn_more_slowly() -> None:
    model = ExpressionModel(toy_encoder(), Classifier(toy_encoder().feature_dim, 3), NAMES)
    options = FinetuneOptions(encoder_rate=0.5, layer_decay=0.5, learning_rate=1.0)
    rated = rated_parameters(model, model.encoder, options.layer_decay, options.encoder_rate)
    optimizer = build_optimizer(rated, options.optimizer_options, options.peak)
    peak = {id(p): group["peak"] for group in optimizer.param_groups for p in group["params"]}
    stack = model.encoder.blocks()
    assert len(stack) == 5  # the stem and four stages
    assert [peak[id(block[0])] for block in stack] == [0.03125, 0.0625, 0.125, 0.25, 0.5]
    assert peak[id(model.classifier.linear.weight)] == 1.0
    assert len(peak) == sum(1 for _ in model.parameters())
    assert all(
        group["weight_decay"] == 0
        for group in optimizer.param_groups
        for p in group["params"]
        if p.ndim == 1
    )


@pytest.mark.slow
def test_labels_per_class_are_counted_and_named(pack, tmp_path) -> None:
    results = finetuned(
        toy_encoder(),
        pack,
        tmp_path,
        FinetuneOptions(**{**QUICK, "epochs": 1, "labels_per_class": 4}),
    )
    assert results[0].training_images == 12
    assert "4 of each expression" in str(results[0].protocol)


@pytest.mark.slow
def test_flip_is_named_and_float16_measures_what_it_saved(pack, tmp_path) -> None:
    results = finetuned(
        toy_encoder(),
        pack,
        tmp_path,
        FinetuneOptions(**{**QUICK, "epochs": 1, "tta": True}),
        float16=True,
    )
    assert "test-time flip" in str(results[0].protocol)
    model = load_model(tmp_path / "model")
    for tta, matches in ((True, True), (False, None)):
        context = EvaluationContext(model=model, pack=pack, tta=tta)
        again = compare_with_card(evaluate_model(context), model.card)
        assert again[0].matches_card is matches


@pytest.mark.slow
def test_card_and_results_state_the_values_that_auto_came_to(pack, tmp_path) -> None:
    results = finetuned(
        toy_encoder(), pack, tmp_path, FinetuneOptions(batch_size=20, epochs=1, optimizer="adamw")
    )
    for stated in (load_model(tmp_path / "model").card["finetune"], results[0].hyperparameters):
        assert (stated["learning_rate"], stated["weight_decay"]) == (0.001, 0.05)
        assert stated["precision"] in ("bf16", "32")
    # A checkpoint keeps what was given, so that "auto" may be resumed as "auto".
    newest = last_checkpoint(tmp_path / "checkpoint")
    assert plain_value(newest, "asdcfer", "settings", "learning_rate") == "auto"


def test_unknown_option_names_the_nearest() -> None:
    with pytest.raises(RecipeError, match=r"did you mean epochs\?"):
        validate_options(FinetuneOptions, {"epoch": 3})
    with pytest.raises(RecipeError, match=r"mixup: .*greater than or equal to 0 \(got -1\)"):
        validate_options(FinetuneOptions, {"mixup": -1})
    for rate in (-1, "fast"):
        with pytest.raises(RecipeError, match=r"^learning_rate: "):
            validate_options(FinetuneOptions, {"learning_rate": rate})
    with pytest.raises(RecipeError, match="in rising order"):
        validate_options(FinetuneOptions, {"resolution": [[0.5, 32], [0.1, 48]]})
    assert np.isclose(FinetuneOptions(optimizer="adamw").peak, 1e-3)
