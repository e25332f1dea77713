"""Contrast over time: its partners, the module that makes its views, and a run."""

from typing import ClassVar

import pytest
import torch

from asdcfer.api import pretrain
from asdcfer.errors import DataError, TrainingError
from asdcfer.methods.moco import Moco
from asdcfer.methods.motion import Motion
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.pretrain.dataset import give_annotations, training_images
from asdcfer.training.pretrain.module import PretrainModule, plan_for
from asdcfer.training.pretrain.recipe import DataOptions, StageOptions
from asdcfer.training.pretrain.recipe_files import load_recipe
from tests.factories import SMALL, small_encoder
from tests.methods.any_method import AnyMethod
from tests.moving_faces import moving_pack

MOTIONLESS = {
    "size": 32,
    "crop_area": [1.0, 1.0],
    "aspect": [1.0, 1.0],
    "hflip": 0,
    "rotate": 0,
    "brightness": 0,
    "contrast": 0,
    "blur": 0,
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return moving_pack(tmp_path_factory.mktemp("moving") / "pack")


class TestMotion(AnyMethod):
    method = Motion
    options: ClassVar = SMALL
    impossible: ClassVar = {"within": 0}

    def test_the_later_half_of_the_views_is_of_another_moment_of_the_same_face(self, pack):
        method, images = self.make(), training_images(pack, DataOptions())
        give_annotations(method, pack, DataOptions())
        stage = StageOptions(batch_size=8, epochs=1, views=MOTIONLESS)
        module = PretrainModule(method, images, stage, plan_for(stage, len(images)), seed=0)
        index = torch.arange(0, 48, 2)
        views = module.views_of(index)
        assert views.index.tolist() == index.tolist()
        # Without any change of a view each of them is exactly one frame.
        frames = module.view_makers[32](images, method.encoder.preprocessing).crops[0]
        for own, other, row in zip(*views.crops, index.tolist(), strict=True):
            assert torch.allclose(own, frames[row], atol=1e-4)
            partner = (frames - other).abs().amax((1, 2, 3)).argmin().item()
            assert partner != row
            assert partner // 4 == row // 4
            assert abs(partner - row) * 0.4 <= 1.0

    def test_a_method_for_single_faces_sees_what_it_saw_before(self, pack):
        images = training_images(pack, DataOptions())
        stage = StageOptions(batch_size=8, epochs=1, views=MOTIONLESS)
        moco = Moco(small_encoder(), Moco.Options(**SMALL))
        module = PretrainModule(moco, images, stage, plan_for(stage, len(images)), seed=0)
        one, other = module.views_of(torch.arange(4)).crops
        assert torch.allclose(one, other, atol=1e-5)

    def test_packs_without_tracks_and_tracks_without_neighbors_are_one_line(self, pack, tmp_path):
        from asdcfer.data.sample import sample_pack

        with pytest.raises(DataError, match=r"Motion learns from faces of videos, .* train names"):
            give_annotations(self.make(), sample_pack(), DataOptions())
        with pytest.raises(TrainingError, match=r"within 0\.1 seconds; raise options\.within"):
            give_annotations(self.make(within=0.1), pack, DataOptions())

    @pytest.mark.slow
    def test_it_is_trained_like_any_other(self, pack, tmp_path):
        changes = (
            "budget=null teacher.epochs=2 teacher.batch_size=16 teacher.resolution=[] "
            "teacher.views.size=32 teacher.encoder.arguments.width=4 teacher.health.knn_images=0"
        )
        recipe = load_recipe("motion", changes.split())
        out = tmp_path / "run"
        pretrain(recipe, data=pack, out=out, hardware=Hardware("cpu"))
        assert (out / "teacher" / "encoder.safetensors").is_file()
