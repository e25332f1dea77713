"""Learning from occluded faces: its two tasks, each of which can be learnt."""

from typing import ClassVar

import pytest
import torch

from asdcfer.methods.occluded import Occluded, OccludedOptions, balanced_accuracy
from tests.factories import some_views
from tests.methods.any_method import AnyMethod, short_run


class TestOccluded(AnyMethod):
    method = Occluded
    variants: ClassVar = {"plain": {}, "prediction alone": {"w_contrastive": 0.0, "map": -3}}
    impossible: ClassVar = {"w_occlusion": -1}
    fall = 0.02

    def test_the_loss_is_the_weighted_sum_of_both_tasks(self):
        method = self.make(w_occlusion=2.0, w_contrastive=0.5)
        result = method.training_step(self.batch())
        expected = 2 * result.parts["occlusion"] + 0.5 * result.parts["contrastive"]
        assert result.loss.item() == pytest.approx(expected.item(), rel=1e-6)
        assert method.num_negatives(12) == 22

    @pytest.mark.slow
    def test_it_learns_to_see_what_covers_a_face(self):
        method = short_run(self.make(w_contrastive=0.0, map=-3), 60, rate=0.3)
        found = [method.training_step(some_views(seed=s)).parts["covered_found"] for s in (9, 10)]
        # Faces of which none was trained on; 0.5 is chance.
        assert sum(found) / 2 > 0.57

    def test_occluders_are_drawn_anew_in_every_step(self):
        method, views = self.make(), self.batch()
        method.eval()
        losses = {method.training_step(views).loss.item() for _ in range(3)}
        assert len(losses) == 3

    def test_an_impossible_area_is_refused(self):
        with pytest.raises(ValueError, match="two rising shares"):
            OccludedOptions(area=(0.5, 0.2))


def test_telling_all_cells_alike_is_half_right():
    true = torch.rand(50) < 0.2
    for said in (torch.ones(50).bool(), torch.zeros(50).bool()):
        assert balanced_accuracy(said, true).item() == 0.5
    assert balanced_accuracy(true, true).item() == 1.0
