"""The student's terms against loops, and their properties."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.errors import TrainingError
from asdcfer.losses.attention import channel_attention, spatial_attention
from asdcfer.losses.attention_transfer import attention_transfer
from asdcfer.losses.facial_key_feature import (
    attention_disagreement,
    hidden_at,
    key_cosine_distance,
    key_positions,
    reconstruction_error,
)
from asdcfer.losses.feature_regression import feature_regression
from asdcfer.losses.joint_feature import (
    joint_feature,
    joint_feature_distance,
    unit_positions,
    weighted_map_distance,
)
from asdcfer.losses.query_distillation import (
    distribution_query_distillation,
    squared_query_distillation,
)
from asdcfer.methods.map_alignment import resized_to
from tests.reference import losses as slow


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def positive(*shape, seed=0):
    return rand(*shape, seed=seed).abs() + 0.1


def close(ours, theirs):
    torch.testing.assert_close(ours, torch.tensor(theirs, dtype=ours.dtype), rtol=1e-9, atol=1e-12)


POSITIONS = key_positions(rand(3, 4, 5, seed=9), 0.3)

# name -> (loss of student and teacher tensors, loop version, shape of both tensors)
TERMS = {
    "map": (
        lambda s, t: weighted_map_distance(s, t, spatial_attention(t), channel_attention(t)),
        lambda s, t: slow.weighted_map_distance(
            s, t, slow.spatial_attention(t, 0.5), slow.channel_attention(t, 0.5)
        ),
        (3, 6, 4, 5),
    ),
    "joint": (joint_feature_distance, slow.squared_distance, (3, 7)),
    "squared query": (squared_query_distillation, slow.squared_imitation, (3, 7)),
    "key cosine": (
        lambda s, t: key_cosine_distance(s, t, POSITIONS[: len(s)]),
        lambda s, t: slow.key_cosine_distance(s, t, POSITIONS[: len(s)].tolist()),
        (3, 6, 4, 5),
    ),
    "reconstruction": (
        lambda s, t: reconstruction_error(s, t, POSITIONS[: len(s)]),
        lambda s, t: slow.reconstruction_error(s, t, POSITIONS[: len(s)].tolist()),
        (3, 6, 4, 5),
    ),
    "attention transfer": (attention_transfer, slow.attention_transfer, (3, 6, 4, 5)),
    "feature squared": (
        feature_regression,
        lambda s, t: slow.feature_imitation(s, t, "squared"),
        (3, 7),
    ),
    "feature cosine": (
        lambda s, t: feature_regression(s, t, "cosine"),
        lambda s, t: slow.feature_imitation(s, t, "cosine"),
        (3, 7),
    ),
    "attention": (
        lambda s, t: attention_disagreement(spatial_attention(s), spatial_attention(t)),
        lambda s, t: slow.attention_disagreement(
            slow.spatial_attention(s, 0.5), slow.spatial_attention(t, 0.5)
        ),
        (3, 6, 4, 5),
    ),
}
every_term = pytest.mark.parametrize("name", TERMS)


@every_term
def test_a_term_equals_its_loop(name):
    loss, loop, shape = TERMS[name]
    for seed in range(5):
        s, t = rand(*shape, seed=seed), rand(*shape, seed=seed + 50)
        close(loss(s, t), loop(s.tolist(), t.tolist()))


@every_term
def test_a_term_is_zero_when_student_and_teacher_are_identical(name):
    loss, _, shape = TERMS[name]
    t = rand(*shape)
    assert loss(t, t.clone()).item() == pytest.approx(0, abs=1e-12)
    assert loss(rand(*shape, seed=1), t).item() > 1e-3


@pytest.mark.parametrize(
    "name", [name for name in TERMS if name not in ("key cosine", "reconstruction")]
)
def test_a_term_is_a_mean_over_images_whatever_the_batch(name):
    """Trap 3: a sum over the batch makes the batch size a weight."""
    loss, _, shape = TERMS[name]
    s, t = rand(*shape), rand(*shape, seed=1)
    assert torch.stack(
        [loss(s[i : i + 1], t[i : i + 1]) for i in range(3)]
    ).mean().item() == pytest.approx(loss(s, t).item(), rel=1e-12)
    assert loss(
        s.repeat(4, *[1] * (s.ndim - 1)), t.repeat(4, *[1] * (s.ndim - 1))
    ).item() == pytest.approx(loss(s, t).item(), rel=1e-12)


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


@every_term
def test_a_term_is_the_same_twice_and_changes_with_one_element(name):
    loss, _, shape = TERMS[name]
    s, t = rand(*shape), rand(*shape, seed=1)
    assert loss(s, t).item() == loss(s, t).item()
    changed = s.clone()
    changed[(0, 0, *POSITIONS[0].nonzero()[0].tolist())[: s.ndim]] += 0.5
    assert loss(changed, t).item() != loss(s, t).item()


@every_term
def test_the_gradient_of_a_term_is_right(name):
    loss, _, shape = TERMS[name]
    t = rand(*shape, seed=1)
    assert torch.autograd.gradcheck(lambda s: loss(s, t), (rand(*shape).requires_grad_(),))


@every_term
def test_a_term_is_float32_under_autocast(name):
    loss, _, shape = TERMS[name]
    s, t = rand(*shape).float(), rand(*shape, seed=1).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside, half = loss(s, t), loss(s.bfloat16(), t.bfloat16())
    assert inside.item() == loss(s, t).item()
    assert half.dtype == torch.float32 and half.item() == pytest.approx(
        inside.item(), rel=0.1, abs=0.02
    )


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 6),
    tau_t=st.floats(0.02, 1),
    tau_s=st.floats(0.02, 1),
    seed=st.integers(0, 99),
)
def test_distribution_imitation_equals_the_loop(rows, tau_t, tau_s, seed):
    s, t, queue = rand(3, 4, seed=seed), rand(3, 4, seed=seed + 1), rand(rows, 4, seed=seed + 2)
    loss, entropy = distribution_query_distillation(s, t, queue, tau_t, tau_s)
    expected = slow.distribution_imitation(s.tolist(), t.tolist(), queue.tolist(), tau_t, tau_s)
    assert (loss.item(), entropy.item()) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_distribution_imitation_properties():
    s, t, queue = rand(4, 8), rand(4, 8, seed=1), rand(32, 8, seed=2)
    assert distribution_query_distillation(t, t, queue, 0.1, 0.1)[0].item() == pytest.approx(
        0, abs=1e-12
    )
    assert distribution_query_distillation(s.repeat(3, 1), t.repeat(3, 1), queue)[
        0
    ].item() == pytest.approx(distribution_query_distillation(s, t, queue)[0].item(), rel=1e-12)
    assert torch.autograd.gradcheck(
        lambda q: distribution_query_distillation(q, t, queue)[0], (s.requires_grad_(),)
    )


def test_the_target_entropy_shows_a_one_hot_target():
    """Trap 1: SEED's public default temperature leaves nothing to learn beyond the contrast."""
    t, queue = rand(4, 8), rand(64, 8, seed=2)
    assert distribution_query_distillation(t, t, queue, 1e-4)[1].item() < 1e-6
    assert 0.2 < distribution_query_distillation(t, t, queue, 0.2)[1].item() < math.log(65)
    assert distribution_query_distillation(t, t, queue, 1e4)[1].item() == pytest.approx(
        math.log(65), rel=1e-6
    )


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_attention_equals_the_loop_and_has_mean_one(temperature):
    maps = rand(3, 6, 4, 5)
    spatial, channel = spatial_attention(maps, temperature), channel_attention(maps, temperature)
    close(spatial, slow.spatial_attention(maps.tolist(), temperature))
    close(channel, slow.channel_attention(maps.tolist(), temperature))
    assert torch.allclose(
        spatial.mean((1, 2)), torch.ones(3, dtype=torch.float64)
    ) and torch.allclose(channel.mean(1), torch.ones(3, dtype=torch.float64))


def test_joint_feature_equals_the_loop_and_has_two_unit_halves():
    maps, query = rand(3, 6, 4, 5), rand(3, 8, seed=1)
    joint = joint_feature(maps, spatial_attention(maps), query)
    close(
        joint,
        slow.joint_feature(
            maps.tolist(), slow.spatial_attention(maps.tolist(), 0.5), query.tolist()
        ),
    )
    assert torch.allclose(
        joint[:, :6].norm(dim=1), torch.ones(3, dtype=torch.float64)
    ) and torch.allclose(joint[:, 6:].norm(dim=1), torch.ones(3, dtype=torch.float64))


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


def test_attention_weights_the_map_distance_where_the_teacher_looks():
    t = torch.ones(1, 2, 2, 2)
    t[0, :, 0, 0] = 9.0
    s_wrong_there, s_wrong_elsewhere = t.clone(), t.clone()
    s_wrong_there[0, 0, 0, 0] *= -1
    s_wrong_elsewhere[0, 0, 1, 1] *= -1
    distance = [
        weighted_map_distance(s, t, spatial_attention(t), channel_attention(t)).item()
        for s in (s_wrong_there, s_wrong_elsewhere)
    ]
    assert distance[0] > 100 * distance[1] > 0


def test_maps_are_resized_to_the_student():
    big = torch.arange(16.0).view(1, 1, 4, 4)
    assert resized_to(big, torch.zeros(1, 3, 2, 2)).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    assert resized_to(big[..., :2, :2], torch.zeros(1, 3, 6, 6)).shape == (1, 1, 6, 6)
    assert resized_to(big, big) is big
    assert torch.allclose(
        unit_positions(rand(2, 5, 3, 3)).norm(dim=1), torch.ones(2, 3, 3, dtype=torch.float64)
    )


@pytest.mark.parametrize(
    ("teacher", "words"),
    [
        ((2, 8, 1, 1), "has no layout"),
        ((2, 8), "must have shape"),
        ((2, 8, 4, 8), "different shape"),
        ((3, 8, 4, 4), "holds 3 images"),
    ],
)
def test_a_map_that_cannot_be_aligned_says_what_to_do(teacher, words):
    with pytest.raises(TrainingError, match=f"cannot be aligned.*{words}"):
        resized_to(torch.zeros(teacher), torch.zeros(2, 4, 6, 6))


def test_feature_imitation_refuses_an_unknown_form():
    with pytest.raises(ValueError, match="squared"):
        feature_regression(torch.zeros(1, 1), torch.zeros(1, 1), "cubed")
