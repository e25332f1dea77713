"""SimCLR: its step, and where its negatives come from."""

import math
from typing import ClassVar

import pytest
import torch

from asdcfer.methods.simclr import Simclr
from tests.factories import some_views
from tests.methods.any_method import AnyMethod
from tests.reference import losses as slow


class TestSimclr(AnyMethod):
    method = Simclr
    variants: ClassVar = {"plain": {}, "warm": {"temperature": 0.5}}
    impossible: ClassVar = {"temperature": 0}

    def test_the_loss_of_a_step_equals_the_loop(self):
        method, views = self.make(temperature=0.3), some_views(count=4, views=3)
        with torch.no_grad():
            z = torch.stack(method.embed(views)).double()
        expected = slow.nt_xent(z.tolist(), 0.3)
        assert method.training_step(views).loss.item() == pytest.approx(expected, rel=1e-4)

    @pytest.mark.parametrize("views", [2, 3])
    def test_chance_level_is_that_of_embeddings_that_are_all_the_same(self, views):
        method = self.make()
        torch.nn.init.zeros_(method.network.projector.network[-1].weight)
        torch.nn.init.ones_(method.network.projector.network[-1].bias)
        loss = method.training_step(some_views(count=4, views=views)).loss.item()
        assert loss == pytest.approx(math.log1p(method.num_negatives(4)), rel=1e-5)
