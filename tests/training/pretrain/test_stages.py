"""Stages: queues that fit the data."""

import pytest

from asdcfer.methods.moco import MocoOptions
from asdcfer.training.pretrain.stages import fitting_options


@pytest.mark.parametrize("images", [1000, 100_000])
def test_both_queues_hold_at_most_half_the_images(images, capsys):
    options = MocoOptions(queue_size=4096, dense_queue_size=1024, w_dense=0.5).model_dump()
    fitting = fitting_options(options, images, "teacher")
    assert (fitting["queue_size"], fitting["dense_queue_size"]) == (
        min(4096, images // 2),
        min(1024, images // 2),
    )
    assert {key for key in options if fitting[key] != options[key]} == (
        {"queue_size", "dense_queue_size"} if images == 1000 else set()
    )
    told = capsys.readouterr().err
    assert ("dense_queue_size 1,024 cut to 500, half of the 1,000 images" in told) == (
        images == 1000
    )


def test_a_queue_that_is_not_there_is_not_told_of(capsys):
    options = MocoOptions(queue_size=100, dense_queue_size=1024).model_dump()
    assert fitting_options(options, 1000, "teacher") == options
    assert capsys.readouterr().err == ""
