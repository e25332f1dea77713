"""Masked reconstruction against a loop, and which pixels it looks at."""

import pytest
import torch

from asdcfer.losses.masked_reconstruction import masked_reconstruction
from tests.factories import rand
from tests.losses.pair_loss import PairLoss
from tests.reference import losses as slow

HIDDEN = torch.rand(4, 5, generator=torch.Generator().manual_seed(0)) < 0.5


class TestMaskedReconstruction(PairLoss):
    loss = staticmethod(lambda p, x: masked_reconstruction(p, x, HIDDEN.expand(len(p), 4, 5)))
    loop = staticmethod(lambda p, x: slow.masked_reconstruction(p, x, [HIDDEN.tolist()] * len(p)))
    shape = (3, 2, 4, 5)
    changed = (0, 0, *HIDDEN.nonzero()[0].tolist())


def test_what_was_seen_counts_nothing():
    predicted, pixels = rand(2, 1, 4, 5), rand(2, 1, 4, 5, seed=1)
    hidden = torch.stack([HIDDEN, ~HIDDEN])
    before = masked_reconstruction(predicted, pixels, hidden)
    other = predicted.where(hidden[:, None], predicted + 7)
    assert masked_reconstruction(other, pixels, hidden).item() == before.item()


def test_an_image_of_which_nothing_is_hidden_counts_nothing_and_breaks_nothing():
    predicted, pixels = rand(2, 1, 4, 5).requires_grad_(), rand(2, 1, 4, 5, seed=1)
    hidden = torch.stack([HIDDEN, torch.zeros_like(HIDDEN)])
    loss = masked_reconstruction(predicted, pixels, hidden)
    loss.backward()
    assert loss.item() == pytest.approx(
        masked_reconstruction(predicted[:1], pixels[:1], hidden[:1]).item() / 2
    )
    assert predicted.grad.isfinite().all()
