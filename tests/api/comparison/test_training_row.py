import shutil
from pathlib import Path

import pytest
import torch

from asdcfer.api.comparison.contestants import Contestant, contestant_of
from asdcfer.api.comparison.training_row import row_encoder
from asdcfer.errors import RecipeError
from asdcfer.files import write_json
from asdcfer.models.weights import load_encoder, weights_hash
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.training.run_record import read_record
from tests.api.comparison.standin import TOY, settings

FITTED = [
    "teacher={method: fit, encoder: {name: patches, arguments: {centroids: 8, grid: 2}}}",
    "student={method: feature_distillation, options: {form: squared, standardize: none}}",
    "data.pack=null",
]


def test_a_method_is_trained_and_says_what_it_took(pack, tmp_path) -> None:
    place = Workplace(tmp_path / "row")
    found = row_encoder(contestant_of(TOY), 1, settings(), pack, place)
    facts = found.training
    assert (facts.method, facts.steps, facts.epochs) == (TOY, 3, 1)
    assert facts.minutes > 0
    assert facts.images_per_second > 0
    assert facts.teacher == ""
    assert len(facts.curve) == 1
    assert weights_hash(found.encoder) == weights_hash(load_encoder(found.weights))
    again = row_encoder(contestant_of(TOY), 1, settings(), pack, place)
    assert again.training.steps == 3, "a row that is finished is read back"
    assert weights_hash(again.encoder) == weights_hash(found.encoder)


def forget_stages(folder: Path) -> None:
    """Leave a run as a kill does between its weights and its record."""
    record = read_record(folder / "run.json")
    write_json(folder / "run.json", record | {"stages": {}})


def test_weights_that_a_killed_row_did_not_record_are_taken(pack, tmp_path) -> None:
    place = Workplace(tmp_path / "row")
    found = row_encoder(contestant_of(TOY), 1, settings(), pack, place)
    forget_stages(place.folder)
    again = row_encoder(contestant_of(TOY), 1, settings(), pack, place)
    assert again.training.steps == found.training.steps
    assert weights_hash(again.encoder) == weights_hash(found.encoder)


@pytest.mark.slow
def test_a_teacher_that_is_fitted_takes_its_time_from_the_budget(pack, tmp_path) -> None:
    recipe = load_recipe("sample", FITTED)
    contestant = Contestant("fitted", "trained", recipe)
    given = settings(steps=None, budget="20s")
    found = row_encoder(contestant, 0, given, pack, Workplace(tmp_path / "row"))
    assert found.training.teacher == "patches, fitted within the budget"
    assert 0 < found.training.teacher_minutes < found.training.minutes
    again = row_encoder(contestant, 0, given, pack, Workplace(tmp_path / "row"))
    assert weights_hash(again.encoder) == weights_hash(found.encoder)
    forget_stages(tmp_path / "row")
    shutil.rmtree(tmp_path / "row" / "student")
    killed = row_encoder(contestant, 0, given, pack, Workplace(tmp_path / "row"))
    assert killed.training.teacher_minutes > 0
    with pytest.raises(RecipeError, match=r"which is the whole budget of 0\.1s"):
        row_encoder(
            contestant, 0, settings(steps=None, budget="0.1s"), pack, Workplace(tmp_path / "short")
        )


def test_random_weights_follow_from_the_seed(pack, tmp_path) -> None:
    one, same, other = (
        row_encoder(contestant_of("random"), seed, settings(), pack, Workplace(tmp_path)).encoder
        for seed in (1, 1, 2)
    )
    assert weights_hash(one) == weights_hash(same) != weights_hash(other)
    assert not one.training


def test_encoders_as_they_are_say_where_they_come_from(pack, tmp_path) -> None:
    for name, labels in (("light_encoder", False), ("light", True)):
        found = row_encoder(contestant_of(name), 0, settings(), pack, Workplace(tmp_path))
        assert found.training is None
        assert ("saw labels" in found.about) is labels
        assert found.saw_labels is labels
        assert isinstance(found.encoder, torch.nn.Module)
