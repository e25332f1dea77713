"""What a method promises where it says nothing itself."""

import torch

from asdcfer.methods.method import Method
from tests.factories import small_asdc as asdc


def test_what_a_method_need_not_say():
    method = Method()
    assert not Method.needs_teacher
    assert method.num_negatives(16) is None
    assert method.prepare(torch.zeros(2, 8, 8, dtype=torch.uint8)) is None
    assert method.fit_heads(torch.zeros(2, 8, 8, dtype=torch.uint8)) is None
    assert (method.after_step(0.5), method.check()) == (None, None)


def test_negatives_are_those_of_the_contrast_where_there_is_one():
    student = asdc(queue_size=0)
    assert student.num_negatives(16) == 15
