"""Index batches: each image once an epoch, disjoint between processes, from any position."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.errors import DataError
from asdcfer.training.engine.sampler import BatchSampler, Share


def first(sampler, count):
    return list(itertools.islice(iter(sampler), count))


@settings(max_examples=40, deadline=None)
@given(
    images=st.integers(4, 90),
    batch=st.integers(2, 9),
    accumulate=st.integers(1, 3),
    processes=st.integers(1, 3),
    drop=st.booleans(),
    seed=st.integers(0, 5),
)
def test_an_epoch_sees_no_image_twice_and_processes_share_nothing(
    images, batch, accumulate, processes, drop, seed
):
    if images < batch * accumulate * processes:
        with pytest.raises(DataError, match="do not fill one step"):
            BatchSampler(images, batch, seed=seed, accumulate=accumulate, share=Share(0, processes))
        return
    samplers = [
        BatchSampler(
            images,
            batch,
            seed=seed,
            accumulate=accumulate,
            share=Share(rank, processes),
            drop_last=drop,
        )
        for rank in range(processes)
    ]
    one = samplers[0]
    for epoch in range(2):
        seen = [
            index.tolist()
            for sampler in samplers
            for index in first(sampler, (epoch + 1) * one.batches_per_epoch)[
                epoch * one.batches_per_epoch :
            ]
        ]
        flat = [row for rows in seen for row in rows]
        assert len(flat) == len(set(flat)) == one.images_per_epoch
        assert all(len(rows) >= 2 for rows in seen)
    left = images - one.images_per_epoch
    assert left < batch * accumulate * processes
    if not drop:
        assert left < 2 * accumulate * processes


@pytest.mark.parametrize("position", [1, 4, 5, 17])
def test_it_goes_on_from_any_position(position):
    make = {"seed": 3, "accumulate": 2, "drop_last": False}
    whole = first(BatchSampler(45, 4, **make), 25)
    rest = first(BatchSampler(45, 4, **make, position=position), 25 - position)
    assert all(one.equal(other) for one, other in zip(whole[position:], rest, strict=True))


def test_seeds_and_epochs_give_other_orders():
    sampler = BatchSampler(50, 5, seed=0)
    assert not sampler.order(0).equal(sampler.order(1))
    assert not sampler.order(1).equal(BatchSampler(50, 5, seed=1).order(0))
    assert sampler.order(7).equal(BatchSampler(50, 9, seed=0).order(7))


def test_two_processes_split_the_steps_of_one():
    alone = first(BatchSampler(40, 8, seed=1), 5)
    pair = [first(BatchSampler(40, 4, seed=1, share=Share(rank, 2)), 5) for rank in range(2)]
    assert all(torch.cat(parts).equal(whole) for *parts, whole in zip(*pair, alone, strict=True))
