"""Key positions and the terms that look at them, against loops."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.attention import spatial_attention
from asdcfer.losses.facial_key_feature import (
    attention_disagreement,
    hidden_at,
    key_cosine_distance,
    key_positions,
    reconstruction_error,
)
from tests.factories import rand
from tests.losses.pair_loss import PairLoss
from tests.reference import losses as slow

POSITIONS = key_positions(rand(3, 4, 5, seed=9), 0.3)


class TestKeyCosineDistance(PairLoss):
    shape = (3, 6, 4, 5)
    test_it_is_a_mean_over_images_whatever_the_batch = None  # with its positions, below
    changed = (0, 0, *POSITIONS[0].nonzero()[0].tolist())

    def loss(self, s, t):
        return key_cosine_distance(s, t, POSITIONS[: len(s)])

    def loop(self, s, t):
        return slow.key_cosine_distance(s, t, POSITIONS[: len(s)].tolist())


class TestReconstructionError(PairLoss):
    shape = (3, 6, 4, 5)
    test_it_is_a_mean_over_images_whatever_the_batch = None  # with its positions, below
    changed = (0, 0, *POSITIONS[0].nonzero()[0].tolist())

    def loss(self, s, t):
        return reconstruction_error(s, t, POSITIONS[: len(s)])

    def loop(self, s, t):
        return slow.reconstruction_error(s, t, POSITIONS[: len(s)].tolist())


class TestAttentionDisagreement(PairLoss):
    shape = (3, 6, 4, 5)

    def loss(self, s, t):
        return attention_disagreement(spatial_attention(s), spatial_attention(t))

    def loop(self, s, t):
        return slow.attention_disagreement(
            slow.spatial_attention(s, 0.5), slow.spatial_attention(t, 0.5)
        )


@pytest.mark.parametrize("loss", [key_cosine_distance, reconstruction_error])
def test_key_terms_are_means_over_images(loss):
    s, t = rand(3, 6, 4, 5), rand(3, 6, 4, 5, seed=1)
    whole = loss(s, t, POSITIONS)
    assert torch.stack(
        [loss(s[i : i + 1], t[i : i + 1], POSITIONS[i : i + 1]) for i in range(3)]
    ).mean().item() == pytest.approx(whole.item(), rel=1e-12)
    assert loss(
        s.repeat(2, 1, 1, 1), t.repeat(2, 1, 1, 1), POSITIONS.repeat(2, 1, 1)
    ).item() == pytest.approx(whole.item(), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(fraction=st.floats(0.01, 1), seed=st.integers(0, 99), ties=st.booleans())
def test_key_positions_equal_the_loop(fraction, seed, ties):
    attention = rand(3, 4, 5, seed=seed)
    attention = attention.round() if ties else attention
    assert key_positions(attention, fraction).tolist() == slow.key_positions(
        attention.tolist(), fraction
    )


def test_only_key_positions_count_for_the_key_terms():
    s, t = rand(3, 6, 4, 5), rand(3, 6, 4, 5, seed=1)
    elsewhere = s + 5 * (~POSITIONS)[:, None]
    assert (
        key_cosine_distance(elsewhere, t, POSITIONS).item()
        == key_cosine_distance(s, t, POSITIONS).item()
    )
    assert (
        reconstruction_error(elsewhere, t, POSITIONS).item()
        == reconstruction_error(s, t, POSITIONS).item()
    )
    assert torch.equal(
        hidden_at(elsewhere, POSITIONS)[0][:, POSITIONS[0]],
        torch.zeros(6, int(POSITIONS[0].sum()), dtype=torch.float64),
    )
    assert torch.equal(hidden_at(s, POSITIONS)[1][:, ~POSITIONS[1]], s[1][:, ~POSITIONS[1]])
