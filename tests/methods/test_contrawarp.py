"""ContraWarping: BYOL and a repulsion, which moves warps away."""

from typing import ClassVar

import pytest
import torch

from asdcfer.errors import TrainingError
from asdcfer.methods.contrawarp import Contrawarp
from tests.factories import some_views
from tests.methods.any_method import AnyMethod, steps
from tests.reference import losses as slow


class TestContrawarp(AnyMethod):
    method = Contrawarp
    variants: ClassVar = {"plain": {}, "softmax": {"warp_form": "softmax"}}
    views: ClassVar = {"warp_negatives": 1}
    impossible: ClassVar = {"warp_margin": 3}

    @pytest.mark.parametrize("form", ["hinge", "softmax"])
    def test_the_loss_is_that_of_byol_and_the_loop(self, form):
        method = self.make(warp_form=form, w_warp=2.0)
        views = some_views(count=4, warp_negatives=2)
        with torch.no_grad():
            q = [p.double().tolist() for p in method.predictions(views)]
            k = [p.double().tolist() for p in method.keys(views)]
            warps = torch.stack([method.momentum_network(w).projection for w in views.warps], 1)
        temperature = 0.2 if form == "softmax" else None
        repulsion = [
            slow.warp_repulsion(q[i], k[1 - i], warps.double().tolist(), 0.5, temperature)
            for i in range(2)
        ]
        result = method.training_step(views)
        expected = result.parts["byol"].item() + 2 * sum(repulsion) / 2
        assert result.loss.item() == pytest.approx(expected, rel=1e-4)

    @pytest.mark.slow
    def test_the_repulsion_moves_the_warps_of_a_face_away(self):
        def unmet(weight):
            method, views = self.make(momentum_start=0.9, w_warp=weight), self.batch()
            steps(method, [views] * 30)
            return method.training_step(views).parts["warp"].item()

        assert unmet(4.0) < 0.7 * unmet(0.0)

    def test_views_without_warps_are_refused_with_the_way_out(self):
        with pytest.raises(TrainingError, match=r"views\.warp_negatives"):
            self.make().training_step(some_views(count=4))
