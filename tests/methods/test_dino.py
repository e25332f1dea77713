"""DINO: its step, its schedules, and the two collapses that it forbids."""

import math
from typing import ClassVar

import pytest
import torch

from asdcfer.methods.dino import Dino
from tests.factories import some_views
from tests.methods.any_method import HEADS, AnyMethod, short_run
from tests.reference import losses as slow


class TestDino(AnyMethod):
    method = Dino
    options: ClassVar = HEADS | {"outputs": 12, "last_layer_start": 0.0}
    variants: ClassVar = {
        "plain": {},
        "sinkhorn": {"centering": "sinkhorn"},
        "without centering": {"centering": "none"},
    }
    impossible: ClassVar = {"outputs": 1}
    fall = 0.01

    def test_the_loss_of_a_step_equals_the_loops_and_moves_the_center(self):
        method, views = self.make(), some_views(count=5, views=3)
        method.center.copy_(torch.linspace(-0.3, 0.3, 12))
        center = method.center.double().tolist()
        with torch.no_grad():
            answers = [a.double().tolist() for a in method.embed(views)]
            outputs = [g.double().tolist() for g in method.keys(views)[:2]]
        targets = [slow.sharpened_target(g, center, 0.04) for g in outputs]
        pairs = [
            slow.soft_target_cross_entropy(answers[j], targets[i], 0.1)
            for i in range(2)
            for j in range(3)
            if j != i
        ]
        loss = method.training_step(views).loss.item()
        assert loss == pytest.approx(sum(pairs) / len(pairs), rel=1e-4)
        moved = slow.moved_center(center, outputs[0] + outputs[1], 0.9)
        assert method.center.tolist() == pytest.approx(moved, abs=1e-6)

    def test_the_temperature_of_the_targets_rises_and_the_last_layer_waits(self):
        method = self.make(last_layer_start=0.1, target_warmup=0.5)
        head = method.network.projector
        entropies = []
        for progress, moves in ((0.0, False), (0.25, True), (0.5, True)):
            method.after_step(progress)
            method.center.zero_()
            result = method.training_step(self.batch())
            result.loss.backward()
            assert (head.last.weight.grad.abs().sum() > 0) == moves
            entropies.append(result.parts["target_entropy"].item())
        assert entropies[0] < entropies[1] < entropies[2]

    def test_the_projector_is_the_head_without_its_last_layer(self):
        method = self.make()
        assert method.projector is method.network.projector.projector
        assert method.projector.arguments["out_dim"] == 16

    @pytest.mark.slow
    def test_it_needs_centering_and_sharpening(self):
        """Without centering all faces soon get one sharp answer; with a warm target an even one."""

        def told(**options):
            settings = {"momentum_start": 0.9, "target_warmup": 0.0} | options
            method = short_run(self.make(**settings), 40, rate=0.2)
            with torch.no_grad():
                answers = (method.embed(some_views(count=32, seed=3))[0] / 0.1).softmax(1)
            mean = torch.special.entr(answers.mean(0)).sum().item()
            own = torch.special.entr(answers).sum(1).mean().item()
            # How much an answer says about which face it is, in nats.
            return mean, mean - own

        _, healthy = told()
        spread, uncentered = told(centering="none")
        even, warm = told(target_temperature=1.0, target_temperature_start=1.0)
        assert healthy > 2 * max(uncentered, warm)
        assert spread < even
        assert even == pytest.approx(math.log(12), abs=0.1)
