"""Geometry of views: one affine map an image, read as a slow version reads it."""

import pytest
import torch

from asdcfer.augmentation.geometry import affine_maps, sampling_grid
from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.augmentation.warp import local_displacement
from asdcfer.data.sample import sample_pack
from asdcfer.models.preprocessing import Preprocessing
from tests.reference import views as slow

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


@pytest.mark.parametrize("warped", [False, True])
def test_the_geometry_equals_the_pixel_by_pixel_version(warped):
    images, draws = rand(4, 1, 9, 9), rand(4, 6, seed=1)
    options = dict(crop_area=(0.4, 0.9), aspect=(0.8, 1.2), hflip=0.5, rotate=25)
    displacement = local_displacement(2 * rand(4, 2, 3, 3, seed=2) - 1, 7, 0.2) if warped else None
    grid = sampling_grid(affine_maps(draws, **options), 7, displacement)
    ours = torch.nn.functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    assert (draws[:, 4] < 0.5).any()
    assert (draws[:, 4] >= 0.5).any()
    for i in range(4):
        theirs = slow.view(
            images[i, 0].tolist(),
            draws[i].tolist(),
            7,
            **options,
            displacement=None if displacement is None else displacement[i].tolist(),
        )
        torch.testing.assert_close(ours[i, 0], torch.tensor(theirs), rtol=1e-4, atol=1e-5)


def test_a_flip_is_a_mirror_image(faces):
    views = made(faces, **PLAIN | {"hflip": 1})
    torch.testing.assert_close(views.pixels[0], faces[:, None].flip(-1) / 255, rtol=0, atol=1e-5)


def test_crops_stay_inside_the_image_and_have_their_area():
    maps = affine_maps(rand(1000, 6), crop_area=(0.5, 1.0), aspect=(0.9, 1.1), rotate=0)
    half = maps[:, [0, 1], [0, 1]].abs()
    assert (half + maps[:, :, 2].abs() <= 1 + 1e-6).all()
    area = half.prod(1)
    assert 0.49 < area.min() < 0.53
    assert 0.95 < area.max() <= 1
    assert 0.70 < area.mean() < 0.80
    assert 0.4 < (maps[:, 0, 0] < 0).float().mean() < 0.6
