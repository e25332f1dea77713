"""Mirrored learning: its terms, and that mirroring a batch changes nothing."""

from typing import ClassVar

import pytest
import torch

from asdcfer.augmentation.views import Views
from asdcfer.methods.mirrored import Mirrored
from tests.factories import some_views
from tests.methods.any_method import AnyMethod
from tests.reference import losses as slow


class TestMirrored(AnyMethod):
    method = Mirrored
    variants: ClassVar = {
        "plain": {},
        "whole faces": {"w_halves": 0.0, "w_mirror": 0.0},
        "last map": {"map": -1, "halves_dim": 8},
    }
    impossible: ClassVar = {"w_mirror": -1}

    def test_the_loss_of_a_step_equals_the_loops(self):
        method, views = self.make(w_mirror=2.0, w_halves=3.0), some_views(count=4, views=1)
        with torch.no_grad():
            face = method.network(views.crops[0])
            mirror = method.network(views.crops[0].flip(-1))
            rows = [one.projection.double().tolist() for one in (face, mirror)]
            maps = [one.maps[-2].double() for one in (face, mirror)]
            half = maps[0].shape[3] // 2 + maps[0].shape[3] % 2
            sides = [
                torch.stack([m[..., :half].mean((2, 3)), m[..., -half:].mean((2, 3))], 1)
                for m in maps
            ]
            cells = [method.halves(side.float()).double() for side in sides]
        expected = slow.nt_xent(rows, 0.2)
        expected += 2 * slow.mirror_distance(maps[0].tolist(), maps[1].tolist())
        expected += 3 * slow.dense_contrast(
            cells[0].tolist(), cells[1].flip(1).tolist(), None, [[0, 1]] * 4, 0.2, False
        )
        assert method.training_step(views).loss.item() == pytest.approx(expected, rel=1e-4)
        assert method.num_negatives(4) == 6

    def test_a_batch_of_mirror_images_has_the_same_loss(self):
        method, views = self.make().eval(), some_views(count=4)
        mirrored = Views([crop.flip(-1) for crop in views.crops])
        one, other = (method.training_step(each).loss.item() for each in (views, mirrored))
        assert one == pytest.approx(other, rel=1e-5)
