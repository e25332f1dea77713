import numpy as np
import pytest
import torch

from asdcfer.reporting.feature_views import attention_over, flat, shown_rows
from asdcfer.reporting.runs import read_run
from tests.evaluation.standin import toy_encoder


@pytest.mark.slow
def test_faces_shown_take_expressions_in_turn(run) -> None:
    pack = read_run(run).pack()
    rows = shown_rows(pack, 7)
    assert pack.labels[rows].tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert set(pack.split[rows]) == {"private"}


def test_attention_lies_where_the_response_is() -> None:
    encoder = toy_encoder()
    strong = torch.zeros(1, 4, 8, 8)
    strong[0, :, 1, 6] = 5
    encoder.forward_maps = lambda x: [strong]
    found = attention_over(encoder, np.zeros((1, 32, 32), np.uint8))
    row, column = np.unravel_index(found[0].argmax(), (32, 32))
    assert 3 <= row <= 8
    assert 23 <= column <= 28
    assert found.min() == 0
    assert found.max() == 1
    encoder.forward_maps = lambda x: [torch.ones(1, 4, 1, 1)]
    assert attention_over(encoder, np.zeros((1, 32, 32), np.uint8)) is None


def test_map_of_few_faces_needs_no_neighbors(run) -> None:
    points, labels, method = flat(toy_encoder(), read_run(run).pack())
    assert points.shape == (24, 2)
    assert len(labels) == 24
    assert "principal components" in method
