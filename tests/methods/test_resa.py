"""ReSA: its step, and what its assignment says."""

from typing import ClassVar

import pytest
import torch

from asdcfer.methods.resa import Resa
from tests.factories import some_views
from tests.methods.any_method import AnyMethod, short_run, spread_of_projections
from tests.reference import losses as slow


class TestResa(AnyMethod):
    method = Resa
    variants: ClassVar = {"plain": {}, "without predictor": {"predictor": False}}
    impossible: ClassVar = {"epsilon": 0}
    # Its targets follow the encoder, so that the loss has far less to fall.
    fall = 0.02

    def test_the_loss_of_a_step_equals_the_loops(self):
        method, views = self.make(), some_views(count=5, views=3)
        with torch.no_grad():
            seen = [method.network(crop) for crop in views.crops]
            keys = [method.momentum_network(crop) for crop in views.crops[:2]]
            queries = [method.predictor(one.projection).double().tolist() for one in seen]
        centered = [
            (one.feature.double() - one.feature.double().mean(0)).tolist()
            for one in (seen[0], keys[0])
        ]
        assignment = slow.self_assignment(*centered, 0.05, 3)
        pairs = [
            slow.assigned_cross_entropy(
                queries[i], keys[j].projection.double().tolist(), assignment, 0.4
            )
            for i in range(3)
            for j in range(2)
            if i != j
        ]
        loss = method.training_step(views).loss.item()
        assert loss == pytest.approx(sum(pairs) / len(pairs), rel=1e-4)

    def test_centered_features_tell_the_images_of_a_new_encoder_apart(self):
        entropies = [
            self.make(center=center).training_step(self.batch()).parts["target_entropy"].item()
            for center in (False, True)
        ]
        assert entropies[1] < 0.9 * entropies[0]

    def test_a_small_epsilon_assigns_every_image_to_itself(self):
        parts = self.make(epsilon=1e-4).training_step(self.batch()).parts
        assert parts["self_share"].item() == pytest.approx(1, abs=0.05)
        soft = self.make(epsilon=1.0).training_step(self.batch()).parts
        assert soft["self_share"] < 0.5
        assert soft["target_entropy"] > parts["target_entropy"]

    @pytest.mark.slow
    def test_it_does_not_collapse(self):
        method = short_run(self.make(momentum_start=0.9))
        assert spread_of_projections(method, some_views(count=32, seed=3)) > 0.1
