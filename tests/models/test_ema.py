import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from asdcfer.errors import TrainingError
from asdcfer.models.ema import MomentumEncoder, momentum_at
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.heads import Projector
from asdcfer.models.registry import build_encoder


def network() -> nn.Module:
    encoder = build_encoder(EncoderSpec(name="resnet18", arguments={"width": 8, "stem": "stride2"}))
    built = nn.Sequential(encoder, Projector(encoder.feature_dim, 16, 8))
    built(
        torch.randn(4, 1, 48, 48)
    )  # so that running statistics are not the ones every network starts with
    return built


def test_at_step_0_the_copy_is_the_network_projector_and_buffers_included():
    query = network()
    key = MomentumEncoder(query)
    mine, theirs = key.network.state_dict(), query.state_dict()
    assert mine.keys() == theirs.keys()
    assert any("running_var" in name for name in mine)
    assert any(name.startswith("1.") for name in mine)
    for name in mine:
        assert torch.equal(mine[name], theirs[name]), name
        assert mine[name].data_ptr() != theirs[name].data_ptr(), name
    x = torch.randn(3, 1, 48, 48)
    assert torch.equal(key.eval()(x), query.eval()(x))


def test_the_copy_has_no_gradient_and_leaves_the_network_trainable():
    query = network()
    key = MomentumEncoder(query)
    assert not any(p.requires_grad for p in key.parameters())
    assert all(p.requires_grad for p in query.parameters())
    assert not key(torch.randn(2, 1, 48, 48)).requires_grad


def test_the_mode_is_kept_and_can_be_switched():
    assert MomentumEncoder(network().eval()).training is False
    key = MomentumEncoder(network().train())
    assert key.network.training
    key.eval()
    before = {n: b.clone() for n, b in key.named_buffers()}
    key(torch.randn(4, 1, 48, 48))
    assert all(torch.equal(b, before[n]) for n, b in key.named_buffers())


@settings(max_examples=20, deadline=None)
@given(momentum=st.floats(0, 1), steps=st.integers(1, 4))
def test_update_is_the_moving_average_for_parameters_and_buffers(momentum, steps):
    query = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    key = MomentumEncoder(query)
    due = {n: t.double().clone() for n, t in query.state_dict().items()}
    for step in range(steps):
        with torch.no_grad():
            for tensor in query.state_dict().values():
                tensor.add_(1 + step) if not tensor.is_floating_point() else tensor.add_(
                    torch.randn_like(tensor)
                )
        for n, t in query.state_dict().items():
            due[n] = (
                momentum * due[n] + (1 - momentum) * t.double()
                if t.is_floating_point()
                else t.double()
            )
        key.update(query, momentum)
    for n, t in key.network.state_dict().items():
        torch.testing.assert_close(t.double(), due[n], atol=1e-5, rtol=1e-5)


def test_momentum_0_copies_and_1_keeps_exactly():
    query = network()
    key = MomentumEncoder(query)
    old = {n: t.clone() for n, t in key.network.state_dict().items()}
    with torch.no_grad():
        for p in query.parameters():
            p.add_(torch.randn_like(p))
    key.update(query, 1.0)
    assert all(torch.equal(t, old[n]) for n, t in key.network.state_dict().items())
    key.update(query, 0.0)
    assert all(torch.equal(t, query.state_dict()[n]) for n, t in key.network.state_dict().items())


def test_update_of_another_network_or_with_an_impossible_momentum_is_refused():
    key = MomentumEncoder(nn.Linear(2, 2))
    with pytest.raises(TrainingError, match="bias"):
        key.update(nn.Linear(2, 2, bias=False), 0.9)
    with pytest.raises(ValueError, match="momentum"):
        key.update(nn.Linear(2, 2), 1.1)


def test_the_state_dict_brings_it_back():
    query = network()
    key = MomentumEncoder(query)
    with torch.no_grad():
        query[0].stem.weight.add_(1)
    key.update(query, 0.5)
    other = MomentumEncoder(network())
    other.load_state_dict(key.state_dict())
    assert all(torch.equal(t, other.state_dict()[n]) for n, t in key.state_dict().items())


@given(progress=st.floats(-1, 2), start=st.floats(0, 1), end=st.floats(0, 1))
def test_the_schedule_stays_between_its_ends_and_meets_them(progress, start, end):
    value = momentum_at(progress, start, end)
    assert min(start, end) - 1e-12 <= value <= max(start, end) + 1e-12
    assert momentum_at(0, start, end) == pytest.approx(start)
    assert momentum_at(1, start, end) == pytest.approx(end)


def test_the_schedule_never_turns_back():
    values = [momentum_at(i / 50, 0.99, 1.0) for i in range(51)]
    assert values == sorted(values)


@pytest.mark.parametrize(("progress", "same"), [(1.5, 1.0), (2.0, 1.0), (-0.5, 0.0), (-1.0, 0.0)])
def test_outside_of_training_the_schedule_stands_at_its_ends(progress, same):
    assert momentum_at(progress, 0.9, 0.99) == momentum_at(same, 0.9, 0.99)
    assert momentum_at(same, 0.9, 0.99) == pytest.approx(0.9 if same == 0 else 0.99)
