"""`views.temporal` from the recipe to the weights: told, used, and resumed to the same bits."""

import pytest
import torch

from asdcfer.api import pretrain
from asdcfer.methods.method import Method
from asdcfer.models.weights import load_encoder
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.pretrain.recipe_files import load_recipe
from tests.factories import Heard
from tests.moving_faces import moving_pack

pytestmark = pytest.mark.slow

SMALL = (
    "budget=null teacher.epochs=2 teacher.batch_size=16 teacher.resolution=[] "
    "teacher.views.size=32 teacher.encoder.arguments.width=4 teacher.health.knn_images=0"
)


def trained(pack, out, temporal, progress=None, method="simclr"):
    recipe = load_recipe(method, [*SMALL.split(), f"teacher.views.temporal={temporal}"])
    pretrain(recipe, data=pack, out=out, hardware=Hardware("cpu"), progress=progress or Heard())
    return load_encoder(out).state_dict()


def test_pairs_of_moments_are_told_and_change_what_is_learnt(tmp_path, monkeypatch):
    pack, heard = moving_pack(tmp_path / "pack"), Heard()
    both = trained(pack, tmp_path / "both", 1.0, heard)
    assert any("48 of 48 faces have another moment of their track" in one for one in heard.lines)
    quiet = Heard()
    alone = trained(pack, tmp_path / "alone", 0, quiet)
    assert not any("another moment" in line for line in quiet.lines)
    assert any(not torch.equal(both[name], alone[name]) for name in both)
    # Views of the face itself are what they were without the option.
    monkeypatch.setattr(Method, "partners", lambda self, index, generator: None)
    again = trained(pack, tmp_path / "again", 1.0)
    assert all(torch.equal(again[name], alone[name]) for name in alone)
