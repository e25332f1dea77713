"""Views against a pixel-by-pixel version, and what is promised of them."""

import pytest
import torch
from pydantic import ValidationError

from asdcfer.augmentation.erasing import PARTS, erase_regions, part_boxes, random_boxes
from asdcfer.augmentation.geometry import affine_maps, sampling_grid
from asdcfer.augmentation.photometric import relight, soften
from asdcfer.augmentation.views import ViewMaker, ViewOptions, Views
from asdcfer.augmentation.warp import local_displacement
from asdcfer.data.sample import sample_pack
from asdcfer.models.preprocessing import Preprocessing
from tests.reference import views as slow

PLAIN = dict(crop_area=(1, 1), aspect=(1, 1), hflip=0, rotate=0, brightness=0, contrast=0, blur=0)
EVERYTHING = dict(views=3, warp_negatives=2, gamma=0.3, shading=0.2, erase=0.5, blur=0.5)


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


def test_the_blur_equals_the_pixel_by_pixel_version_and_leaves_the_others_alone():
    images, draws = rand(4, 1, 5, 6), torch.tensor([[0.1, 0.9], [0.9, 0.9], [0.2, 0.0], [0.3, 0.5]])
    soft = soften(images, draws, probability=0.5, sigma=0.8)
    for i in (0, 3):
        torch.testing.assert_close(
            soft[i, 0], torch.tensor(slow.blurred(images[i, 0].tolist(), 0.8 * draws[i, 1].item()))
        )
    assert torch.equal(soft[1], images[1])
    torch.testing.assert_close(soft[2], images[2])


def test_light_follows_its_formula():
    images, draws = 0.3 + 0.4 * rand(3, 1, 4, 4), rand(3, 5, seed=1)
    ours = relight(images.clone(), draws, brightness=0.2, contrast=0.3, gamma=0.4, shading=0.1)
    line = torch.linspace(-1, 1, 4)
    for i in range(3):
        b, c, g, sx, sy = ((2 * draws[i] - 1) * torch.tensor([0.2, 0.3, 0.4, 0.1, 0.1])).tolist()
        toned = images[i, 0] ** torch.exp(torch.tensor(g))
        mean = toned.mean()
        expected = (
            (toned - mean) * (1 + c) + mean * (1 + b) + sx * line[None] + sy * line[:, None]
        ).clamp(0, 1)
        torch.testing.assert_close(ours[i, 0], expected)
    assert relight(images, draws, 0, 0) is images


def test_nothing_switched_on_gives_the_faces_back(faces):
    views = made(faces, **PLAIN)
    torch.testing.assert_close(views.pixels[0], faces[:, None] / 255, rtol=0, atol=1e-5)
    torch.testing.assert_close(views.crops[0], Preprocessing().batch(faces), rtol=0, atol=1e-5)


def test_a_flip_is_a_mirror_image(faces):
    views = made(faces, **PLAIN | {"hflip": 1})
    torch.testing.assert_close(views.pixels[0], faces[:, None].flip(-1) / 255, rtol=0, atol=1e-5)


def test_views_are_normalized_through_the_preprocessing(faces):
    views = made(faces, **EVERYTHING)
    assert len(views.crops) == 3
    assert len(views.warps) == 2
    assert len(views.pixels) == 3
    for crop, pixels in zip(views.crops, views.pixels, strict=True):
        assert crop.shape == (16, 1, 48, 48)
        assert crop.dtype == torch.float32
        assert 0 <= pixels.min() <= pixels.max() <= 1
        assert torch.equal(crop, Preprocessing().normalized(pixels))
    by_data = made(faces, preprocessing=Preprocessing(normalize="dataset"), **EVERYTHING)
    assert torch.equal(by_data.pixels[0], views.pixels[0])
    assert not torch.equal(by_data.crops[0], views.crops[0])


def test_views_are_decided_by_the_generator_alone(faces):
    one, again, other = (
        made(faces, 0, **EVERYTHING),
        made(faces, 0, **EVERYTHING),
        made(faces, 1, **EVERYTHING),
    )
    for a, b, c in zip(
        one.crops + one.warps, again.crops + again.warps, other.crops + other.warps, strict=True
    ):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(made(faces, 0, **EVERYTHING).crops[0], one.crops[0])
    torch.manual_seed(5)
    first = ViewMaker(ViewOptions())(faces, Preprocessing()).crops[0]
    torch.manual_seed(5)
    assert torch.equal(first, ViewMaker(ViewOptions())(faces, Preprocessing()).crops[0])


def test_the_views_of_one_face_depend_on_that_face_only(faces):
    changed = faces.clone()
    changed[3] = 255 - changed[3]
    a, b = made(faces, **EVERYTHING), made(changed, **EVERYTHING)
    others = [i for i in range(16) if i != 3]
    for x, y in zip(a.pixels + a.warps, b.pixels + b.warps, strict=True):
        assert torch.equal(x[others], y[others])
        assert not torch.equal(x[3], y[3])


def test_each_face_and_each_view_gets_its_own_draw(faces):
    same = faces[:1].repeat(16, 1, 1)
    views = made(same, **EVERYTHING)
    tensors = torch.cat(views.crops + views.warps)
    distances = torch.cdist(tensors.flatten(1), tensors.flatten(1)) + torch.eye(len(tensors)) * 1e9
    assert distances.min() > 1


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


def test_crops_stay_inside_the_image_and_have_their_area():
    maps = affine_maps(rand(1000, 6), crop_area=(0.5, 1.0), aspect=(0.9, 1.1), rotate=0)
    half = maps[:, [0, 1], [0, 1]].abs()
    assert (half + maps[:, :, 2].abs() <= 1 + 1e-6).all()
    area = half.prod(1)
    assert 0.49 < area.min() < 0.53
    assert 0.95 < area.max() <= 1
    assert 0.70 < area.mean() < 0.80
    assert 0.4 < (maps[:, 0, 0] < 0).float().mean() < 0.6


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


def test_large_photos_are_low_passed_before_they_are_sampled():
    checkerboard = ((torch.arange(384)[:, None] // 2 + torch.arange(384) // 2) % 2 * 255).to(
        torch.uint8
    )[None]
    view = made(checkerboard, **PLAIN).pixels[0]
    assert view.std() < 0.05
    assert view.mean() == pytest.approx(0.5, abs=0.02)


def test_color_images_and_color_encoders(faces):
    color = torch.stack([faces, faces // 2, 255 - faces], dim=-1)
    assert made(color).crops[0].shape == (16, 1, 48, 48)
    assert made(color, preprocessing=Preprocessing(channels=3)).crops[0].shape == (16, 3, 48, 48)
    assert made(faces, preprocessing=Preprocessing(channels=3), size=32).crops[0].shape == (
        16,
        3,
        32,
        32,
    )


def test_views_move_with_their_index(faces):
    views = ViewMaker(ViewOptions())(faces, Preprocessing(), index=torch.arange(16))
    moved = views.to("cpu")
    assert isinstance(moved, Views)
    assert torch.equal(moved.index, torch.arange(16))
    assert torch.equal(moved.crops[1], views.crops[1])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"crop_area": (0.0, 1.0)}, "crop_area"),
        ({"crop_area": (0.9, 0.5)}, "crop_area"),
        ({"aspect": (2, 1)}, "aspect"),
        ({"crops": 2}, "crops"),
    ],
)
def test_impossible_options_are_named(options, words):
    with pytest.raises(ValidationError, match=words):
        ViewOptions(**options)
