"""The encoder of `adapt`: how many faces, which recipe, and when nothing is trained."""

import dataclasses

import numpy as np
import pytest

from asdcfer.api.adapted_encoder import EncoderJob, _images, _recipe, adapted_encoders
from asdcfer.models.cards import read_card
from asdcfer.models.weights import save_encoder
from tests.evaluation.standin import toy_encoder, toy_pack


@pytest.fixture
def job(tmp_path, heard):
    pack = toy_pack(tmp_path / "pack", {"train": 40})
    return EncoderJob(
        pack=pack,
        rows=np.arange(40),
        splits=["train"],
        folder=tmp_path / "stages",
        seconds=600.0,
        epochs=None,
        images=None,
        saw_labels=True,
        seed=0,
        device="cpu",
        progress=heard,
    )


def test_few_faces_give_batch_statistics_alone_and_it_is_told(job):
    noted = {}
    found = adapted_encoders(toy_encoder(), job, {}, lambda **values: noted.update(values))
    assert sorted(found) == ["refreshed", "shipped"]
    assert "40 faces are too few to train the encoder on" in job.progress.lines[0]
    assert noted["look"] > 0
    # What is trained from it reads there that labels were seen.
    assert read_card(job.folder / "refreshed.safetensors")["saw_labels"] is True


def test_a_short_budget_takes_fewer_faces(job):
    many = dataclasses.replace(job, rows=np.arange(100_000))
    assert _images(many, 0.001) == 25_000
    assert _images(dataclasses.replace(many, seconds=1.0), 0.01) == 256
    assert _images(dataclasses.replace(many, images=500), 1.0) == 500
    assert _images(dataclasses.replace(many, epochs=3), 1.0) == 30_000


@pytest.mark.parametrize(("epochs", "budget", "wanted"), [(None, "600s", "auto"), (3, None, 3)])
def test_the_recipe_learns_from_the_weights_under_themselves(job, tmp_path, epochs, budget, wanted):
    path = save_encoder(tmp_path / "start", toy_encoder())
    recipe = _recipe(path, dataclasses.replace(job, epochs=epochs), 40)
    assert recipe.teacher.start == recipe.student.start == str(path)
    assert (recipe.budget, recipe.student.epochs) == (budget, wanted)
    assert (recipe.student.batch_size, recipe.student.views.size) == (20, 32)
