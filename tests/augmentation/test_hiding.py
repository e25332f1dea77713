"""Cells of a view that are hidden."""

import torch

from asdcfer.augmentation.hiding import hide_cells


def test_hidden_cells_hold_the_mean_of_their_image_and_the_rest_is_as_it_was():
    views = torch.randn(3, 2, 6, 6)
    hidden = torch.rand(3, 3, 3) < 0.5
    shown, pixels = hide_cells(views, hidden)
    for b in range(3):
        for y in range(6):
            for x in range(6):
                away = bool(hidden[b, y // 2, x // 2])
                assert bool(pixels[b, y, x]) == away
                expected = views[b].mean().expand(2) if away else views[b, :, y, x]
                assert torch.allclose(shown[b, :, y, x], expected)


def test_a_grid_that_does_not_divide_the_side_covers_it_all_the_same():
    views = torch.ones(1, 1, 5, 5)
    _, pixels = hide_cells(views, torch.ones(1, 3, 3, dtype=torch.bool))
    assert pixels.all()
    shown, none = hide_cells(views, torch.zeros(1, 3, 3, dtype=torch.bool))
    assert not none.any()
    assert torch.equal(shown, views)
