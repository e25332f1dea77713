"""Feature regression against loops."""

import pytest
import torch

from asdcfer.losses.feature_regression import feature_regression
from tests.losses.pair_loss import PairLoss
from tests.reference import losses as slow


class TestSquared(PairLoss):
    shape = (3, 7)

    def loss(self, s, t):
        return feature_regression(s, t)

    def loop(self, s, t):
        return slow.feature_imitation(s, t, "squared")


class TestCosine(PairLoss):
    shape = (3, 7)

    def loss(self, s, t):
        return feature_regression(s, t, "cosine")

    def loop(self, s, t):
        return slow.feature_imitation(s, t, "cosine")


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="squared"):
        feature_regression(torch.zeros(1, 1), torch.zeros(1, 1), "cubed")
