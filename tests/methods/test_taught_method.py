"""What students under a frozen teacher share."""

import pytest
import torch

from asdcfer.errors import TrainingError
from asdcfer.methods.taught_method import TaughtMethod
from asdcfer.methods.teacher import Teacher
from tests.factories import small_encoder, small_teacher, small_teacher_encoder, some_views


class Student(TaughtMethod):
    def __init__(self, teacher):
        super().__init__(teacher)
        self.student = small_encoder()

    @property
    def encoder(self):
        return self.student


def test_an_encoder_becomes_a_frozen_teacher():
    method = Student(small_teacher_encoder()).train()
    assert isinstance(method.teacher, Teacher)
    assert not method.teacher.encoder.training
    assert [p for p in method.teacher.parameters() if p.requires_grad] == []


def test_the_teacher_sees_every_view_and_its_change_is_noticed():
    method, views = Student(small_teacher()), some_views(count=3, views=3)
    taught = method.teacher_outputs(views)
    assert [one.query.shape for one in taught] == [(3, 16)] * 3
    assert taught[0].maps == []
    assert len(method.teacher_outputs(views, with_maps=True)[0].maps) == 4
    method.check()
    with torch.no_grad():
        method.teacher.encoder.stem.weight.add_(1e-6)
    with pytest.raises(TrainingError, match="changed"):
        method.check()
