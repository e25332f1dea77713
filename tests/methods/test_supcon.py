"""Supervised contrast: its step, and that labels are what it learns from."""

from dataclasses import replace
from typing import ClassVar

import pytest
import torch

from asdcfer.errors import TrainingError
from asdcfer.methods.supcon import Supcon
from tests.factories import some_views
from tests.methods.any_method import AnyMethod
from tests.reference import losses as slow


class TestSupcon(AnyMethod):
    method = Supcon
    variants: ClassVar = {"plain": {}, "without attention": {"w_attention": 0.0}}
    impossible: ClassVar = {"attention_temperature": 0}

    def test_the_loss_of_a_step_equals_the_loops(self):
        method, views = self.make(w_attention=0.5), self.batch(count=5)
        labels = [0, 1, 2, 0, 1]
        with torch.no_grad():
            seen = [method.network(crop) for crop in views.crops]
            plain = [one.projection.double().tolist() for one in seen]
            attended = [method.attention(one.maps).double().tolist() for one in seen]
        expected = slow.supervised_contrast(plain, labels, 0.1)
        expected += 0.5 * slow.supervised_contrast(attended, labels, 0.1)
        assert method.training_step(views).loss.item() == pytest.approx(expected, rel=1e-4)

    def test_other_labels_are_another_loss(self):
        method, views = self.make(), self.batch()
        one = method.training_step(views).loss.item()
        method.take_labels(torch.zeros(32, dtype=torch.int64))
        assert method.training_step(views).loss.item() != one

    def test_views_without_index_are_refused(self):
        with pytest.raises(TrainingError, match="index"):
            self.make().training_step(some_views(count=4))
        # Faces without any label are told apart by their views alone.
        method = self.make()
        method.take_labels(torch.full((4,), -1))
        views = replace(some_views(count=4), index=torch.arange(4))
        assert method.training_step(views).loss.isfinite()
