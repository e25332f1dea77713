"""Attention transfer against a loop."""

from asdcfer.losses.attention_transfer import attention_transfer
from tests.losses.pair_loss import PairLoss
from tests.reference import losses as slow


class TestAttentionTransfer(PairLoss):
    shape = (3, 6, 4, 5)

    def loss(self, s, t):
        return attention_transfer(s, t)

    def loop(self, s, t):
        return slow.attention_transfer(s, t)
