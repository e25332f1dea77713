"""Plain distillation: its two terms, each alone, and what it needs of a teacher."""

from typing import ClassVar

import pytest
import torch

from asdcfer.errors import TrainingError
from asdcfer.methods.distillation import Distillation, DistillationOptions
from tests.factories import some_views
from tests.methods.any_method import AnyMethod
from tests.reference import losses as slow


class TestDistillation(AnyMethod):
    method = Distillation
    options: ClassVar = {"queue_size": 24}
    variants: ClassVar = {
        "plain": {},
        "soft labels": {"w_maps": 0.0},
        "maps": {"w_labels": 0.0, "student_maps": (-2, -1), "teacher_maps": (-2, -1)},
    }
    impossible: ClassVar = {"temperature": 0}
    teacher = None

    def test_the_loss_of_a_step_equals_the_loops(self):
        method, views = self.make(w_labels=2.0, w_maps=0.5), some_views(count=4)
        method.training_step(some_views(count=4, seed=1))
        method.eval()  # statistics and batch normalization stand still
        queue = method.queue.negatives().double().tolist()
        divergences, errors = [], []
        with torch.no_grad():
            for crop, one in zip(
                views.crops, method.teacher_outputs(views, with_maps=True), strict=True
            ):
                maps = method.student.forward_maps(crop)
                predicted = method.head(method.student.pooling(maps)).double().tolist()
                target = method.statistics(one.feature).double().tolist()
                divergences.append(
                    slow.distribution_imitation(predicted, target, queue, 0.15, 0.15)[0]
                )
                (layer,) = method.maps(maps, one)
                errors.append((layer.aligned - layer.target).double().square().mean().item())
            result = method.training_step(views)
        expected = 2 * sum(divergences) / 2 + 0.5 * sum(errors) / 2
        assert result.loss.item() == pytest.approx(expected, rel=1e-4)

    def test_without_attention_every_position_weighs_the_same(self):
        """What sets it apart from ASDC: moving an error to another position changes nothing."""
        method, views = self.make(w_labels=0.0), some_views(count=4, hflip=0.0)
        one = method.training_step(views).loss.item()
        assert set(method.training_step(views).parts) == {"maps"}
        assert one > 0
        assert method.projector is None

    def test_maps_that_cannot_be_aligned_are_refused(self):
        with pytest.raises(TrainingError, match="student_maps"):
            self.make(student_maps=(-1, -2))

    def test_the_queue_is_cut_to_half_the_images(self):
        asked = DistillationOptions(queue_size=500)
        assert Distillation.fit_to_dataset(asked, 100).queue_size == 50
        assert Distillation.fit_to_dataset(asked, 10**6) == asked
