"""Which shared negatives are believed, against slow references and by property."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.queue_neighbors import nearest_positive, neighbor_mask
from tests.factories import rand
from tests.reference import losses as slow


def cosine(a, b):
    norms = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / norms


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 12), share=st.floats(0.01, 0.99), seed=st.integers(0, 1000))
def test_the_mask_holds_the_nearest_rows_and_no_other(rows, share, seed):
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    queue = torch.randn(rows, 5, generator=generator, dtype=torch.float64)
    mask = neighbor_mask(query, queue, share)
    count = max(1, math.ceil(share * rows - 1e-9))
    for one, found in zip(query.tolist(), mask.tolist(), strict=True):
        cosines = [cosine(one, row) for row in queue.tolist()]
        nearest = sorted(range(rows), key=lambda j, cosines=cosines: -cosines[j])[:count]
        assert {j for j, chosen in enumerate(found) if chosen} == set(nearest)


@pytest.mark.parametrize(("share", "rows"), [(0.07, 100), (0.1, 70), (0.28, 25), (0.5, 4)])
def test_a_whole_number_of_rows_is_not_rounded_up(share, rows):
    mask = neighbor_mask(rand(3, 6), rand(rows, 6, seed=1), share)
    assert mask.sum(1).tolist() == [round(share * rows)] * 3


def test_rows_of_equal_cosine_are_masked_together():
    mask = neighbor_mask(torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0, 0.0]] * 3), 0.34)
    assert mask.tolist() == [[True, True, True]]


def test_nearest_positive_equals_the_loop():
    key, queue = rand(6, 5), rand(9, 5, seed=1)
    positives, chosen = nearest_positive(key, queue)
    assert chosen.double().argmax(1).tolist() == slow.nearest(key.tolist(), queue.tolist())
    assert chosen.sum(1).eq(1).all()
    assert torch.allclose(positives.norm(dim=1), torch.ones(6, dtype=torch.float64))
    assert nearest_positive(queue, queue)[1].double().argmax(1).tolist() == list(range(9))
