import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.augmentation.mixing import cutmix, mixed, mixup

SHARES, PLACES = st.floats(0, 1), st.floats(0, 1)


def batch(size: int = 6, side: int = 9) -> tuple[torch.Tensor, torch.Tensor]:
    """Images whose every pixel says which image it is of, and one-hot labels."""
    return torch.arange(size).float().view(size, 1, 1, 1).expand(
        size, 2, side, side
    ).clone(), torch.eye(size)


@given(SHARES, PLACES, PLACES, st.permutations(range(6)))
def test_cut_labels_are_the_shares_of_pixels(share, row, column, other) -> None:
    x, target = batch()
    found, labels = cutmix(x, target, share, torch.tensor(other), (row, column))
    counted = torch.stack([(found[:, 0] == i).flatten(1).float().mean(1) for i in range(6)], 1)
    assert torch.allclose(labels, counted, atol=1e-6)
    assert torch.allclose(labels.sum(1), torch.ones(6))


@given(SHARES, st.permutations(range(6)))
def test_blended_images_are_between_their_labels(share, other) -> None:
    x, target = batch()
    found, labels = mixup(x, target, share, torch.tensor(other))
    # An image's value is its number, so the mean number under the mixed label is the mixed value.
    assert torch.allclose(found[:, 0, 0, 0], labels @ torch.arange(6.0), atol=1e-5)
    assert torch.allclose(labels.sum(1), torch.ones(6))


def test_whole_rectangle_in_the_middle_swaps_the_images() -> None:
    x, target = batch()
    other = torch.tensor([5, 4, 3, 2, 1, 0])
    found, labels = cutmix(x, target, 0.0, other, (0.5, 0.5))
    assert torch.equal(found, x[other])
    assert torch.equal(labels, target[other])
    assert torch.equal(x, batch()[0])  # the batch given is left alone


@pytest.mark.parametrize(
    ("alpha", "cut_alpha", "expected"),
    [
        (0.0, 0.0, {"same"}),
        (0.4, 0.0, {"blend"}),
        (0.0, 1.0, {"cut"}),
        (0.4, 1.0, {"blend", "cut"}),
    ],
)
def test_what_is_on_is_done_and_both_alternate(alpha, cut_alpha, expected) -> None:
    rng, seen, cuts = np.random.default_rng(0), set(), 0
    for _ in range(200):
        x, target = batch()
        found, labels = mixed(x, target, rng, alpha, cut_alpha, 0.25)
        whole = found == found.round()
        kind = "same" if found is x else "cut" if bool(whole.all()) else "blend"
        if not torch.equal(
            labels, labels.round()
        ):  # neither a share of 0 or 1 nor partners that are the images themselves
            seen.add(kind)
            cuts += kind == "cut"
        elif kind == "same":
            seen.add(kind)
    assert seen == expected
    if len(expected) == 2:
        assert 30 <= cuts <= 70


def test_smoothing_of_mixed_labels_is_the_mix_of_smoothed_labels() -> None:
    torch.manual_seed(0)
    logits, target = torch.randn(6, 6), torch.eye(6)
    _, labels = mixup(torch.zeros(6, 1, 1, 1), target, 0.3, torch.tensor([3, 4, 5, 0, 1, 2]))
    by_hand = -((0.9 * labels + 0.1 / 6) * logits.log_softmax(1)).sum(1).mean()
    assert torch.allclose(F.cross_entropy(logits, labels, label_smoothing=0.1), by_hand, atol=1e-6)
