"""Part-aware contrast: the contrast of parts, and the part that is hidden."""

from typing import ClassVar

import pytest
import torch

from asdcfer.augmentation.views import Views
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.methods.parts import Parts
from tests.factories import SMALL, small_encoder, some_views
from tests.methods.any_method import AnyMethod


class TestParts(AnyMethod):
    method = Parts
    options: ClassVar = SMALL
    variants: ClassVar = {"plain": {}, "always hidden": {"part_hidden": 1.0}}
    impossible: ClassVar = {"part_hidden": 2, "w_dense": 0}

    def test_with_nothing_hidden_it_is_moco_with_a_contrast_of_parts(self):
        method, views = self.make(part_hidden=0.0), some_views(count=4)
        torch.manual_seed(1)
        plain = Moco(small_encoder(), MocoOptions(**SMALL, w_dense=1.0)).train()
        plain.load_state_dict(method.state_dict())
        one, other = method.training_step(views), plain.training_step(views)
        assert one.loss.item() == pytest.approx(other.loss.item(), rel=1e-6)

    @pytest.mark.parametrize("located", [True, False])
    def test_one_part_is_hidden_from_the_query_side(self, located):
        method = self.make(part_hidden=1.0)
        views = some_views(count=6, crop_area=(1.0, 1.0), aspect=(1.0, 1.0), rotate=0.0)
        if not located:
            views = Views(views.crops)
        keys = [method.momentum_network(crop) for crop in views.crops]
        shown = method.shown(views, keys)
        for crop, view in zip(views.crops, shown, strict=True):
            share = (view != crop).any(1).float().mean(dim=(1, 2))
            # A box of 0.36 x 0.24 or 0.50 x 0.28 of the side.
            assert ((share > 0.05) & (share < 0.2)).all()
        pair = (shown[0], views.crops[0])
        holes = {tuple((one != whole).flatten().tolist()) for one, whole in zip(*pair, strict=True)}
        assert len(holes) > 1

    def test_the_hidden_part_is_likelier_the_attended_one(self):
        method = self.make(part_hidden=1.0, attention_temperature=0.05)
        crop = torch.randn(300, 1, 32, 32)
        keys = [method.momentum_network(crop[:2])]
        feature_map = torch.zeros(300, 2, 8, 8)
        feature_map[:, :, 5:, 2:6] = 1.0  # the mouth
        keys[0].maps[-2] = feature_map
        hidden = method.shown(Views([crop]), keys)[0] != crop
        assert hidden[:, 0, 26, 16].float().mean() > 0.9
