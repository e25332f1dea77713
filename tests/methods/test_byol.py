"""BYOL: its step, its target, and that it needs what keeps it from collapse."""

from typing import ClassVar

import pytest
import torch
import torch.nn.functional as F

from asdcfer.methods.byol import Byol
from tests.factories import some_views
from tests.methods.any_method import AnyMethod, short_run, spread_of_projections


class TestByol(AnyMethod):
    method = Byol
    variants: ClassVar = {"plain": {}, "without predictor": {"predictor": False}}
    impossible: ClassVar = {"momentum_end": 1.1}

    def test_the_loss_of_a_step_is_the_mean_distance_of_ordered_pairs(self):
        method, views = self.make(), some_views(count=4, views=3)
        with torch.no_grad():
            q = [F.normalize(p, dim=1) for p in method.predictions(views)]
            k = [F.normalize(p, dim=1) for p in method.keys(views)]
        pairs = [
            float((q[i][b] - k[j][b]).square().sum())
            for i in range(3)
            for j in range(3)
            if i != j
            for b in range(4)
        ]
        expected = sum(pairs) / len(pairs)
        assert method.training_step(views).loss.item() == pytest.approx(expected, rel=1e-5)

    def test_the_target_has_no_gradient_and_no_predictor(self):
        method = self.make()
        method.training_step(self.batch(count=4)).loss.backward()
        assert all(p.grad is None for p in method.momentum_network.parameters())
        assert not any("predictor" in name for name, _ in method.momentum_network.named_modules())

    def test_at_the_end_of_the_run_the_target_stands_still(self):
        assert Byol.Options().momentum_end == 1.0
        method = self.make()
        before = {n: t.clone() for n, t in method.momentum_network.state_dict().items()}
        with torch.no_grad():
            for weight in method.network.parameters():
                weight.add_(1.0)
        method.after_step(1.0)
        after = method.momentum_network.state_dict()
        floating = [name for name in before if before[name].is_floating_point()]
        assert all(torch.equal(before[name], after[name]) for name in floating)

    @pytest.mark.slow
    def test_without_predictor_it_collapses_and_with_it_it_does_not(self):
        """The trap of methods without negatives, in seconds: the same run with and without."""

        def spread(**options):
            method = short_run(self.make(momentum_start=0.9, **options), rate=0.2)
            return spread_of_projections(method, some_views(count=32, seed=3))

        assert spread() > 2 * spread(predictor=False)
