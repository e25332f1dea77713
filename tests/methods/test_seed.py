"""SEED: its step, its queue, and teachers with and without projector."""

from typing import ClassVar

import pytest
import torch

from asdcfer.methods.seed import Seed, SeedOptions
from tests.factories import small_encoder, small_teacher, some_views
from tests.methods.any_method import HEADS, AnyMethod
from tests.reference import losses as slow


class TestSeed(AnyMethod):
    method = Seed
    options: ClassVar = HEADS | {"queue_size": 24}
    variants: ClassVar = {"plain": {}, "sharp": {"teacher_temperature": 0.01}}
    impossible: ClassVar = {"student_temperature": 0}

    def test_the_loss_of_a_step_equals_the_loop(self):
        method, views = self.make(), some_views(count=4)
        method.training_step(some_views(count=4, seed=1))
        queue = method.queue.negatives().double().tolist()
        with torch.no_grad():
            targets = [method.queries.teacher(one) for one in method.teacher_outputs(views)]
            queries = [method._query(crop) for crop in views.crops]
        expected = [
            slow.distribution_imitation(q.double().tolist(), t.double().tolist(), queue, 0.05, 0.2)[
                0
            ]
            for q, t in zip(queries, targets, strict=True)
        ]
        loss = method.training_step(views).loss.item()
        assert loss == pytest.approx(sum(expected) / 2, rel=1e-4)
        assert method.queue.filled == 8

    def test_the_target_entropy_tells_of_a_temperature_that_is_too_low(self):
        def entropy(temperature):
            method = self.make(teacher_temperature=temperature)
            # In the first step the batch itself stands in for the queue.
            method.training_step(self.batch(seed=1))
            return method.training_step(self.batch()).parts["target_entropy"].item()

        assert entropy(1e-4) < 0.05 < entropy(0.05) < entropy(1.0)

    def test_a_teacher_without_projector_is_asked_for_its_feature(self):
        method = Seed(small_encoder(), small_teacher(None), SeedOptions(**self.options)).train()
        assert method.training_step(self.batch(count=4)).loss.isfinite()
        assert method.projector.arguments["out_dim"] == 16

    def test_the_queue_is_cut_to_half_the_images(self):
        assert Seed.fit_to_dataset(SeedOptions(queue_size=500), 100).queue_size == 50
        assert Seed.fit_to_dataset(SeedOptions(queue_size=40), 100).queue_size == 40
