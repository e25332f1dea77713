"""DisCo: its two terms, its wide projector, and teachers that have no query."""

from typing import ClassVar

import pytest
import torch

from asdcfer.errors import TrainingError
from asdcfer.methods.disco import USUAL_HIDDEN, Disco, DiscoOptions
from asdcfer.methods.teacher import Teacher
from asdcfer.models.heads import Projector
from tests.factories import small_encoder, small_teacher, small_teacher_encoder, some_views
from tests.methods.any_method import AnyMethod
from tests.reference import losses as slow


class TestDisco(AnyMethod):
    method = Disco
    options: ClassVar = {"queue_size": 24}
    variants: ClassVar = {
        "plain": {},
        "distance alone": {"w_contrastive": 0.0},
        "parts": {"w_dense": 0.5},
    }
    impossible: ClassVar = {"w_distance": -1}

    def test_the_loss_is_the_sum_of_contrast_and_distance(self):
        method, views = self.make(w_contrastive=0.5, w_distance=2.0), some_views(count=4)
        with torch.no_grad():
            queries = [q.projection for q in method.contrast.embed(views).queries]
            targets = [one.query for one in method.teacher_outputs(views)]
        distance = [
            slow.squared_imitation(q.double().tolist(), t.double().tolist())
            for q, t in zip(queries, targets, strict=True)
        ]
        result = method.training_step(views)
        assert result.parts["distance"].item() == pytest.approx(sum(distance) / 2, rel=1e-4)
        expected = 0.5 * result.parts["contrastive"] + 2 * result.parts["distance"]
        assert result.loss.item() == pytest.approx(expected.item(), rel=1e-6)
        assert method.num_negatives(4) == method.contrast.num_negatives(4) == 4

    def test_the_projector_is_as_wide_as_the_teachers(self):
        method = self.make()
        assert method.projector.hidden_dim == method.teacher.projector.hidden_dim == 32
        assert method.projector.arguments["out_dim"] == 16
        assert self.make(projector_hidden=24).projector.hidden_dim == 24
        encoder = small_teacher_encoder()
        flat = Teacher(encoder, Projector(encoder.feature_dim, 1, 8, layers=1))
        wide = Disco(small_encoder(), flat, DiscoOptions(queue_size=8))
        assert wide.projector.hidden_dim == USUAL_HIDDEN

    def test_a_teacher_without_projector_is_refused_with_a_way_out(self):
        with pytest.raises(TrainingError, match="query_dims"):
            Disco(small_encoder(), small_teacher(None), DiscoOptions())
