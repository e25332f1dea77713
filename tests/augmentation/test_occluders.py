"""Synthetic occluders: their shapes, their fillings, and what is told covered."""

import pytest
import torch

from asdcfer.augmentation.occluders import (
    OCCLUDER_DRAWS,
    covered_cells,
    occluder_masks,
    paste_occluders,
)


def drawn(count, **fixed):
    draws = torch.rand(count, OCCLUDER_DRAWS, generator=torch.Generator().manual_seed(0))
    for column, value in fixed.items():
        draws[:, int(column[1:])] = value
    return draws


@pytest.mark.parametrize(("kind", "share"), [(0.1, 1.0), (0.5, 0.785), (0.9, 1.0)])
def test_boxes_ellipses_and_bands_cover_the_area_that_was_asked_for(kind, share):
    masks = occluder_masks(drawn(300, c4=kind, c5=0.5)[:, :6], 48, (0.2, 0.2))
    found = masks.float().mean((1, 2))
    assert found.mean().item() == pytest.approx(0.2 * share, rel=0.12)


def test_a_band_goes_from_rim_to_rim_and_a_turned_box_is_no_rectangle():
    band = occluder_masks(drawn(20, c4=0.9, c5=0.5)[:, :6], 48, (0.2, 0.2))
    assert (band.any(1).sum(1) == 48).all()
    assert (band.any(2).sum(1) < 48).all()
    turned = occluder_masks(drawn(1, c4=0.0, c5=1.0, c0=0.5)[:, :6], 48, (0.2, 0.2))[0]
    rows = turned[turned.any(1)].sum(1)
    assert len(rows.unique()) > 2


def test_only_covered_pixels_change_and_all_of_them_may():
    views = torch.rand(30, 2, 32, 32)
    occluded, covered = paste_occluders(views, drawn(30))
    changed = (occluded != views).any(1)
    assert not (changed & ~covered).any()
    assert changed.sum() > 0.95 * covered.sum()
    # A tone stays between the darkest and the brightest of its view.
    flat, _ = paste_occluders(views, drawn(30, c7=0.0))
    assert flat.min() >= views.min()
    assert flat.max() <= views.max()
    assert not torch.equal(flat, paste_occluders(views, drawn(30, c7=1.0))[0])


def test_cells_are_told_covered_from_half_of_them_on():
    covered = torch.zeros(1, 4, 4, dtype=torch.bool)
    covered[0, 0, :2] = True
    covered[0, 3, 3] = True
    assert covered_cells(covered, 2, 2).tolist() == [[[1.0, 0.0], [0.0, 0.0]]]
    assert covered_cells(torch.ones(1, 5, 5, dtype=torch.bool), 3, 3).sum() == 9
