"""Partners in time against a loop, and that every one of them comes up."""

import numpy as np
import pytest
import torch

from asdcfer.methods.track_partners import TrackPartners


def candidates(tracks, seconds, within):
    """Rows that may be the partner of each row, by comparing all with all."""
    return [
        {
            j
            for j in range(len(tracks))
            if j != i
            and tracks[i] >= 0
            and tracks[i] == tracks[j]
            and abs(seconds[i] - seconds[j]) <= within + 1e-9
        }
        or {i}
        for i in range(len(tracks))
    ]


@pytest.mark.parametrize("seed", range(4))
def test_partners_are_those_of_the_loop_and_all_come_up_alike(seed):
    random = np.random.default_rng(seed)
    tracks = random.integers(-1, 4, 30)
    seconds = random.integers(0, 12, 30) * 0.25
    expected = candidates(tracks, seconds, 0.75)
    partners = TrackPartners(within=0.75)
    partners.take(torch.from_numpy(tracks), torch.from_numpy(seconds))
    generator = torch.Generator().manual_seed(seed)
    index = torch.arange(30)
    found = torch.stack([partners.draw(index, generator) for _ in range(400)])
    for row, wanted in enumerate(expected):
        values, counts = found[:, row].unique(return_counts=True)
        assert set(values.tolist()) == wanted
        assert counts.min() > 0.3 * counts.max()
    assert partners.shared == sum(wanted != {row} for row, wanted in enumerate(expected))


def test_nothing_of_it_is_saved_and_the_generator_decides():
    partners = TrackPartners(within=9.0)
    partners.take(torch.zeros(50, dtype=torch.int64), torch.arange(50).double())
    assert partners.state_dict() == {}
    one, other = (
        partners.draw(torch.arange(50), torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert torch.equal(one, other)
    assert (one != torch.arange(50)).all()
