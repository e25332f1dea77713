"""Options of the student."""

import pytest

from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.moco_options import MocoOptions


def test_a_student_has_every_option_of_its_contrast():
    assert MocoOptions().model_dump().items() <= AsdcOptions().model_dump().items()


@pytest.mark.parametrize("name", [n for n in AsdcOptions.model_fields if n.startswith("w_")])
def test_no_term_has_a_negative_weight(name):
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        AsdcOptions(**{name: -1})


@pytest.mark.parametrize(
    "others",
    [
        {"queue_size": 0},
        {"w_query": 0, "w_joint": 0},
        {"w_query": 0, "joint_form": "map"},
    ],
)
def test_neighbors_that_nobody_could_find_are_refused(others):
    with pytest.raises(ValueError, match="neighbors_ignored leaves out keys of the queue"):
        AsdcOptions(neighbors_ignored=0.1, **others)
    assert AsdcOptions(**others)
    assert AsdcOptions(neighbors_ignored=0.1, w_query=0)
