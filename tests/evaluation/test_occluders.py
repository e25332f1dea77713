import pytest
import torch

from asdcfer.evaluation.occluders import CELLS, hide_random_cells, wear_mask, wear_sunglasses


def faces(count: int = 3, side: int = 48) -> torch.Tensor:
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 1.0])
def test_as_many_cells_are_hidden_as_was_asked_for(share: float) -> None:
    x = faces()
    hidden = (hide_random_cells(x, share, torch.Generator().manual_seed(1)) != x).float()
    found = hidden.view(3, CELLS, 8, CELLS, 8).mean((2, 4)).sum((1, 2))
    assert found.tolist() == pytest.approx([round(share * 36)] * 3)


def test_what_a_small_share_hides_a_larger_one_hides_as_well() -> None:
    x = faces(side=50)
    hidden = [
        hide_random_cells(x, share, torch.Generator().manual_seed(1)) != x
        for share in (0.1, 0.3, 0.6)
    ]
    assert (hidden[0] <= hidden[1]).all()
    assert (hidden[1] <= hidden[2]).all()
    assert (hidden[0][0] != hidden[0][1]).any(), "each face has its own cells"


@pytest.mark.parametrize("wear", [wear_sunglasses, wear_mask])
def test_what_is_worn_is_symmetric_and_grows(wear) -> None:
    x = faces()
    assert wear(x, 0.0) is x
    before = torch.zeros_like(x, dtype=torch.bool)
    for level in (0.25, 0.5, 1.0):
        covered = wear(x, level) != x
        assert (covered == covered.flip(-1)).all()
        assert (before <= covered).all()
        before = covered
    assert 0.15 < before.float().mean() < 0.6


def test_sunglasses_leave_the_mouth_and_a_mask_leaves_the_eyes() -> None:
    x = faces()
    glasses, mask = wear_sunglasses(x, 1.0) != x, wear_mask(x, 1.0) != x
    eyes, mouth = (slice(None), 0, slice(14, 22)), (slice(None), 0, slice(34, 42))
    assert glasses[eyes].float().mean() > 0.4
    assert not glasses[mouth].any()
    assert mask[mouth].float().mean() > 0.7
    assert not mask[eyes].any()


def test_color_faces_are_covered_in_every_channel() -> None:
    x = faces().expand(-1, 3, -1, -1)
    for out in (wear_mask(x, 1.0), wear_sunglasses(x, 1.0)):
        changed = out != x
        assert (changed[:, 0] == changed[:, 2]).all()
