"""Self-assignment against loops, and its ties to the contrast inside a batch."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.self_assignment import assigned_cross_entropy, self_assignment
from tests.factories import rand
from tests.losses.pair_loss import close
from tests.reference import losses as slow


@settings(max_examples=25, deadline=None)
@given(
    batch=st.integers(1, 5),
    epsilon=st.floats(0.05, 1),
    temperature=st.floats(0.1, 2),
    seed=st.integers(0, 99),
)
def test_both_equal_their_loops(batch, epsilon, temperature, seed):
    h, g, q, k = (rand(batch, 4, seed=seed + i) for i in range(4))
    assignment = self_assignment(h, g, epsilon, 3)
    close(assignment, slow.self_assignment(h.tolist(), g.tolist(), epsilon, 3))
    loss = assigned_cross_entropy(q, k, assignment, temperature).item()
    theirs = slow.assigned_cross_entropy(q.tolist(), k.tolist(), assignment.tolist(), temperature)
    assert loss == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_images_that_the_encoder_finds_alike_share_their_target():
    feature = torch.tensor([[1.0, 0.0], [1.0, 0.01], [0.0, 1.0]])
    assignment = self_assignment(feature, feature)
    assert assignment[0, 1].item() == pytest.approx(0.5, abs=0.05)
    assert assignment[0, 2].item() < 1e-3
    assert not self_assignment(feature.requires_grad_(), feature).requires_grad


def test_with_the_identity_it_is_the_contrast_inside_a_batch():
    q, k = rand(5, 4), rand(5, 4, seed=1)
    expected = (
        slow.soft_target_cross_entropy(
            slow._cosines(q.tolist(), k.tolist()), torch.eye(5).tolist(), 0.2
        )
        + slow.soft_target_cross_entropy(
            slow._cosines(k.tolist(), q.tolist()), torch.eye(5).tolist(), 0.2
        )
    ) / 2
    ours = assigned_cross_entropy(q, k, torch.eye(5).double(), 0.2).item()
    assert ours == pytest.approx(expected, rel=1e-9)
    assert assigned_cross_entropy(q, k, torch.eye(5).double()).item() == pytest.approx(
        assigned_cross_entropy(k, q, torch.eye(5).double()).item()
    )


def test_it_is_at_chance_without_knowledge_and_its_gradient_is_right():
    same, assignment = torch.ones(4, 3).double(), rand(4, 4).softmax(1)
    assert assigned_cross_entropy(same, same, torch.eye(4).double()).item() == pytest.approx(
        math.log(4)
    )
    key = rand(4, 3, seed=1)
    assert torch.autograd.gradcheck(
        lambda q: assigned_cross_entropy(q, key, assignment), (rand(4, 3).requires_grad_(),)
    )


def test_centering_takes_off_what_all_images_share():
    h, g = rand(5, 4), rand(5, 4, seed=1)
    close(self_assignment(h + 9, g + 9, center=True), self_assignment(h, g, center=True).tolist())
    close(
        self_assignment(h, g, center=True),
        self_assignment(h - h.mean(0), g - g.mean(0)).tolist(),
    )
    # Under a large common mean every image is everybody's neighbor.
    assert self_assignment(h + 9, h + 9).diagonal().mean() < 0.5
    assert self_assignment(h + 9, h + 9, center=True).diagonal().mean() > 0.9
