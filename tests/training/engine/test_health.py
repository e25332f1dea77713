"""Measures of health on features whose answer is known."""

import math

import pytest
import torch

from asdcfer.training.engine.health import (
    assess_health,
    chance_loss,
    effective_rank,
    feature_spread,
)

NOISE = torch.randn(600, 24, generator=torch.Generator().manual_seed(0))


def test_spread_is_one_for_isotropic_features_whatever_their_width_and_scale():
    assert feature_spread(NOISE) == pytest.approx(1.0, abs=0.05)
    assert feature_spread(NOISE * 100) == pytest.approx(feature_spread(NOISE), rel=1e-5)
    assert feature_spread(NOISE * 0.001 + 5) < 0.001


def test_rank_counts_directions():
    basis = torch.linalg.qr(torch.randn(24, 24, generator=torch.Generator().manual_seed(1))).Q
    # Equal and orthogonal directions, as +e and -e: unit, centered, each with the same singular
    # value.
    for count in (1, 3, 10):
        features = torch.cat([basis[:count], -basis[:count]])
        assert effective_rank(features) == pytest.approx(count, rel=1e-3)
    assert effective_rank(torch.ones(8, 4)) == 0.0


def test_rank_against_the_definition():
    unit = NOISE / NOISE.norm(dim=1, keepdim=True)
    values = (
        torch.linalg.eigvalsh((unit - unit.mean(0)).double().T @ (unit - unit.mean(0)).double())
        .clamp_min(0)
        .sqrt()
    )
    share = (values / values.sum()).tolist()
    assert effective_rank(NOISE) == pytest.approx(
        math.exp(-sum(p * math.log(p) for p in share)), rel=1e-4
    )


def test_chance_level_is_a_collapse_of_the_projection():
    assert chance_loss(99) == pytest.approx(math.log(100))
    assert assess_health(NOISE, loss=math.log(100), negatives=99).verdict == "collapsed"
    learnt = assess_health(NOISE, loss=3.0, negatives=99)
    assert learnt.verdict == "healthy"
    assert "3.000 against 4.605" in " ".join(learnt.reasons)


@pytest.mark.parametrize("loss", [6.0, 1.02 * math.log(100)])
def test_a_loss_above_chance_is_not_healthy_and_its_reason_says_what_to_do(loss):
    idle = assess_health(NOISE, loss=loss, negatives=99)
    assert idle.verdict == "not learning"
    assert "nothing learnt yet, train longer" in " ".join(idle.reasons)
    # A collapse is worse and comes first.
    assert assess_health(torch.ones(8, 4), loss=loss, negatives=99).verdict == "collapsed"


def test_one_direction_and_features_that_are_not_finite_are_collapse():
    line = torch.randn(50, 1, generator=torch.Generator().manual_seed(2)) * torch.randn(
        1, 24, generator=torch.Generator().manual_seed(3)
    )
    assert assess_health(line).verdict == "collapsed"
    broken = assess_health(torch.full((8, 4), float("nan")))
    assert broken.verdict == "collapsed"
    assert "not finite" in broken.reasons[0]


def test_one_hot_targets_and_guessing_neighbors_are_mentioned():
    reasons = " ".join(
        assess_health(
            NOISE, target_entropy=0.001, knn_online=0.24, class_shares=[0.25, 0.2]
        ).reasons
    )
    assert "nearly one-hot" in reasons
    assert "no more than always guessing" in reasons
