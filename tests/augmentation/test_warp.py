"""Local warps: smooth, bounded, and another face."""

import pytest
import torch

from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.augmentation.warp import local_displacement
from asdcfer.data.sample import sample_pack
from asdcfer.models.preprocessing import Preprocessing

PLAIN = dict(crop_area=(1, 1), aspect=(1, 1), hflip=0, rotate=0, brightness=0, contrast=0, blur=0)


@pytest.fixture(scope="module")
def faces():
    return torch.from_numpy(sample_pack().images[:16].copy())


def made(faces, seed=0, preprocessing=None, **options):
    return ViewMaker(ViewOptions(**options))(
        faces, preprocessing or Preprocessing(), torch.Generator().manual_seed(seed)
    )


def rand(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_warp_is_smooth_local_and_bounded():
    field = local_displacement(2 * rand(50, 2, 5, 5) - 1, 48, 0.12)
    assert (
        0.06 < field.abs().amax() < 0.15
    )  # bicubic interpolation may overshoot the nodes a little
    assert field[..., 0, :].abs().max() < 0.01
    assert field[..., 0].abs().max() < 0.01
    assert field[..., 12:36, 12:36].std() > 3 * field[..., :3, :].std()
    steps = field.diff(dim=-1).abs().max() * 24  # pixels of displacement from one pixel to the next
    assert steps < 0.75  # below one: nothing folds over
    other = local_displacement(2 * rand(1, 2, 5, 5, seed=1) - 1, 48, 0.12)
    assert not torch.equal(field[:1], other)
    assert torch.equal(local_displacement(torch.zeros(1, 2, 5, 5), 48), torch.zeros(1, 2, 48, 48))


def test_warps_are_as_sharp_as_crops_but_other_faces(faces):
    """One interpolation for both, else a network would tell a warp by its blur."""
    views = made(faces, **PLAIN | {"crop_area": (0.6, 0.9), "warp_negatives": 1, "views": 2})
    sharpness = [x.diff(dim=-1).abs().mean().item() for x in (views.crops[0], views.warps[0])]
    assert sharpness[1] == pytest.approx(sharpness[0], rel=0.15)
    plain = made(faces, **PLAIN | {"warp_negatives": 1})
    apart = (plain.warps[0] - plain.crops[0]).square().mean().sqrt()
    assert 0.1 < apart < 1.0
