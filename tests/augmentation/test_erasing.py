"""Erased regions: anew in every image, moved with the crop, inside the view."""

import pytest
import torch

from asdcfer.augmentation.erasing import PARTS, erase_regions, part_boxes, random_boxes
from asdcfer.augmentation.geometry import affine_maps, sampling_grid
from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.data.sample import sample_pack
from asdcfer.models.preprocessing import Preprocessing

PLAIN = dict(crop_area=(1, 1), aspect=(1, 1), hflip=0, rotate=0, brightness=0, contrast=0, blur=0)


@pytest.fixture(scope="module")
def faces():
    return torch.from_numpy(sample_pack().images[:16].copy())


def rand(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("region", ["random", "parts"])
def test_regions_are_erased_anew_in_every_image(faces, region):
    """Trap 8: a region chosen once at construction hides the same part of every face."""
    maker = ViewMaker(ViewOptions(**PLAIN, erase=1.0, erase_region=region))
    generator = torch.Generator().manual_seed(0)
    masks = []
    for _ in range(3):
        view = maker(faces[:1].repeat(24, 1, 1), Preprocessing(), generator).pixels[0]
        mask = (view - faces[:1, None] / 255).abs() > 1e-4
        assert mask.flatten(1).any(1).all()
        masks.append(mask.flatten(1))
    distinct = len(torch.unique(torch.cat(masks), dim=0))
    assert distinct == len(PARTS) if region == "parts" else distinct > 40
    assert (
        ViewMaker(ViewOptions(**PLAIN, erase=0.5))(faces, Preprocessing(), generator)
        .pixels[0]
        .sub(faces[:, None] / 255)
        .abs()
        .flatten(1)
        .amax(1)
        .gt(0.01)
        .any()
    )


def test_an_erased_part_moves_with_the_crop():
    """A white mouth in a black face: wherever crop, flip and rotation put it, hiding the mouth
    leaves no white.
    """
    x, y = torch.meshgrid(torch.linspace(-1, 1, 96), torch.linspace(-1, 1, 96), indexing="xy")
    mouth = ((x - PARTS[2][0]).abs() < 0.8 * PARTS[2][2]) & (
        (y - PARTS[2][1]).abs() < 0.8 * PARTS[2][3]
    )
    face = mouth.float()[None, None].repeat(32, 1, 1, 1)
    grid = sampling_grid(affine_maps(rand(32, 6), (0.5, 1.0), (0.9, 1.1), 0.5, 20), 48)
    view = torch.nn.functional.grid_sample(face, grid, padding_mode="border", align_corners=False)
    assert view.flatten(1).amax(1).min() == 1
    hidden = erase_regions(
        view, torch.tensor(PARTS[2]).repeat(32, 1), torch.ones(32, dtype=torch.bool), grid
    )
    assert hidden.flatten(1).amax(1).max() < 0.5


def test_boxes_lie_inside_the_view():
    boxes = random_boxes(rand(500, 4))
    assert ((boxes[:, :2].abs() + boxes[:, 2:]) <= 1 + 1e-6).all()
    share = boxes[:, 2] * boxes[:, 3]
    assert share.min() > 0.025
    assert share.max() < 0.21
    assert {tuple(b) for b in part_boxes(rand(100, 1)).tolist()} == {
        tuple(torch.tensor(p).tolist()) for p in PARTS
    }
