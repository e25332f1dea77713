"""Attention inside of parts, on plain faces and on crops."""

import torch

from asdcfer.augmentation.erasing import PARTS
from asdcfer.augmentation.geometry import affine_maps, sampling_grid
from asdcfer.methods.part_attention import attention_in_boxes

BOXES = torch.tensor(PARTS)


def test_it_is_the_mean_attention_of_each_box():
    attention = torch.rand(2, 8, 8)
    found = attention_in_boxes(attention, BOXES, 8)
    for b in range(2):
        means = []
        for x0, y0, w, h in PARTS:
            inside = [
                attention[b, y, x].item()
                for y in range(8)
                for x in range(8)
                if abs((x + 0.5) / 4 - 1 - x0) <= w and abs((y + 0.5) / 4 - 1 - y0) <= h
            ]
            means.append(sum(inside) / len(inside))
        expected = torch.tensor(means) / sum(means)
        assert torch.allclose(found[b], expected, atol=1e-4)


def test_a_mirrored_view_attends_to_the_other_eye():
    attention = torch.zeros(1, 4, 4)
    attention[0, 1, 0] = 1.0  # the left side of the view
    draws = torch.full((1, 6), 0.5)
    draws[0, 4] = 0.0  # mirrored
    maps = affine_maps(draws, (1.0, 1.0), (1.0, 1.0), hflip=0.5)
    plain = attention_in_boxes(attention, BOXES, 16)
    mirrored = attention_in_boxes(attention, BOXES, 16, sampling_grid(maps, 16))
    assert plain.argmax() == 0
    assert mirrored.argmax() == 1


def test_a_part_that_the_crop_left_out_counts_next_to_nothing():
    upper = sampling_grid(torch.tensor([[[1.0, 0, 0], [0, 0.3, -0.5]]]), 16)
    found = attention_in_boxes(torch.ones(1, 4, 4), BOXES, 16, upper)
    assert found[0, 2] < 1e-3
    assert torch.allclose(found.sum(1), torch.ones(1))
