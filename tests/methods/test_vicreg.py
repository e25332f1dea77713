"""VICReg: its step, and that its second term alone keeps it from collapse."""

from typing import ClassVar

import pytest
import torch

from asdcfer.methods.vicreg import Vicreg
from tests.factories import some_views
from tests.methods.any_method import AnyMethod, short_run, spread_of_projections
from tests.reference import losses as slow


class TestVicreg(AnyMethod):
    method = Vicreg
    variants: ClassVar = {"plain": {}, "without covariance": {"w_covariance": 0.0}}
    impossible: ClassVar = {"w_variance": -1}

    def test_the_loss_of_a_step_equals_the_loops(self):
        method, views = self.make(), some_views(count=5, views=2)
        with torch.no_grad():
            one, other = (z.double().tolist() for z in method.embed(views))
        expected = (
            25 * slow.invariance(one, other)
            + 25 * (slow.variance_hinge(one, 1, 1e-4) + slow.variance_hinge(other, 1, 1e-4)) / 2
            + slow.covariance_penalty(one)
            + slow.covariance_penalty(other)
        )
        assert method.training_step(views).loss.item() == pytest.approx(expected, rel=1e-4)

    @pytest.mark.slow
    def test_without_variance_it_collapses_and_with_it_it_does_not(self):
        def spread(**options):
            method = short_run(self.make(**options), 40, rate=0.01)
            return spread_of_projections(method, some_views(count=32, seed=3))

        assert spread() > 2 * spread(w_variance=0.0)
