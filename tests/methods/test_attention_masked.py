"""Attention-masked contrast: its step, and its share along the run."""

from typing import ClassVar

import pytest
import torch

from asdcfer.methods.attention_masked import AttentionMasked
from tests.factories import SMALL, some_views
from tests.methods.any_method import AnyMethod
from tests.reference import losses as slow


class TestAttentionMasked(AnyMethod):
    method = AttentionMasked
    options: ClassVar = SMALL
    variants: ClassVar = {
        "plain": {},
        "parts": {"w_dense": 0.5, "hidden_random": 0.5},
        "contrast alone": {"w_agreement": 0.0},
    }
    impossible: ClassVar = {"hidden_end": 1.5}

    def test_the_loss_of_a_step_equals_the_loops(self):
        method, views = self.make(w_agreement=2.0), some_views(count=4)
        embeddings = method.embed(views)
        q = [one.projection.detach().double().tolist() for one in embeddings.queries]
        k = [one.projection.double().tolist() for one in embeddings.keys]
        expected = sum(slow.info_nce(q[i], k[1 - i]) for i in range(2)) / 2
        expected += 2 * sum(slow.squared_imitation(q[i], k[i]) for i in range(2)) / 2
        result = method.training_step(views)
        assert result.loss.item() == pytest.approx(expected, rel=1e-4)

    def test_more_is_hidden_later_in_the_run(self):
        method, views = self.make(), self.batch()
        shares = []
        for progress in (0.0, 0.5):
            method.after_step(progress)
            shares.append(method.training_step(views).parts["hidden_share"].item())
        assert 0.05 < shares[0] < shares[1]
        assert shares[1] == pytest.approx(0.4, abs=0.12)
        with torch.no_grad():
            assert not torch.equal(method.shown(views, method.embed(views).keys)[0], views.crops[0])
