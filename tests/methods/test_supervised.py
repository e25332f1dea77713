"""Supervised training: its step, and which faces it learns from."""

from typing import ClassVar

import pytest
import torch
import torch.nn.functional as F

from asdcfer.errors import TrainingError
from asdcfer.methods.supervised import Supervised
from tests.methods.any_method import AnyMethod, steps


class TestSupervised(AnyMethod):
    method = Supervised
    options: ClassVar = {"mixup": 0.0}
    variants: ClassVar = {
        "plain": {},
        "mixup": {"mixup": 1.0, "dropout": 0.2, "expressions": 3},
    }
    views: ClassVar = {"views": 1}
    impossible: ClassVar = {"smoothing": 1.0}

    def test_without_mixup_it_is_the_usual_cross_entropy(self):
        method, views = self.make(), self.batch()
        with torch.no_grad():
            logits = method.classifier(method.network(views.crops[0]))
        expected = F.cross_entropy(logits, torch.arange(12) % 3, label_smoothing=0.1)
        assert method.training_step(views).loss.item() == pytest.approx(expected.item(), rel=1e-5)

    @pytest.mark.slow
    def test_it_learns_the_labels_of_a_batch(self):
        method, views = self.make(), self.batch()
        steps(method, [views] * 30)
        assert method.training_step(views).parts["accuracy"] == 1

    def test_faces_without_a_label_are_left_out(self):
        method, views = self.make(), self.batch()
        method.eval()
        method.take_labels(torch.tensor([0, 1, 2, *[-1] * 9]))
        few = self.batch()
        for crop in few.crops:
            crop[3:] = 7.0
        assert method.training_step(views).loss.item() == method.training_step(few).loss.item()
        method.take_labels(torch.full((12,), -1))
        nothing = method.training_step(views)
        assert nothing.loss.item() == 0
        nothing.loss.backward()
        method.take_labels(torch.tensor([0, 1, 2, *[-1] * 9]))
        assert nothing.parts.keys() == method.training_step(few).parts.keys()

    def test_more_expressions_than_it_has_outputs_are_refused(self):
        with pytest.raises(TrainingError, match=r"options\.expressions=9"):
            self.make().take_labels(torch.tensor([8]))
        assert self.make().projector is None
