"""Maps of a teacher at the student's size."""

import pytest
import torch

from asdcfer.errors import TrainingError
from asdcfer.methods.map_alignment import resized_to


def test_maps_are_resized_to_the_student():
    big = torch.arange(16.0).view(1, 1, 4, 4)
    assert resized_to(big, torch.zeros(1, 3, 2, 2)).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    assert resized_to(big[..., :2, :2], torch.zeros(1, 3, 6, 6)).shape == (1, 1, 6, 6)
    assert resized_to(big, big) is big


@pytest.mark.parametrize(
    ("teacher", "words"),
    [
        ((2, 8, 1, 1), "has no layout"),
        ((2, 8), "must have shape"),
        ((2, 8, 4, 8), "different shape"),
        ((3, 8, 4, 4), "holds 3 images"),
    ],
)
def test_a_map_that_cannot_be_aligned_says_what_to_do(teacher, words):
    with pytest.raises(TrainingError, match=f"cannot be aligned.*{words}"):
        resized_to(torch.zeros(teacher), torch.zeros(2, 4, 6, 6))
