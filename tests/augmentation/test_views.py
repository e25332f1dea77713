"""Views against a pixel-by-pixel version, and what is promised of them."""

import pytest
import torch
from pydantic import ValidationError

from asdcfer.augmentation.views import Partners, ViewMaker, ViewOptions, Views
from asdcfer.data.sample import sample_pack
from asdcfer.models.preprocessing import Preprocessing

PLAIN = dict(crop_area=(1, 1), aspect=(1, 1), hflip=0, rotate=0, brightness=0, contrast=0, blur=0)
EVERYTHING = dict(views=3, warp_negatives=2, gamma=0.3, shading=0.2, erase=0.5, blur=0.5)


@pytest.fixture(scope="module")
def faces():
    return torch.from_numpy(sample_pack().images[:16].copy())


def made(faces, seed=0, preprocessing=None, **options):
    return ViewMaker(ViewOptions(**options))(
        faces, preprocessing or Preprocessing(), torch.Generator().manual_seed(seed)
    )


def test_nothing_switched_on_gives_the_faces_back(faces):
    views = made(faces, **PLAIN)
    torch.testing.assert_close(views.pixels[0], faces[:, None] / 255, rtol=0, atol=1e-5)
    torch.testing.assert_close(views.crops[0], Preprocessing().batch(faces), rtol=0, atol=1e-5)


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
        ({"temporal": -1}, "temporal"),
        ({"temporal": 1, "views": 1}, "temporal needs 2 views"),
    ],
)
def test_impossible_options_are_named(options, words):
    with pytest.raises(ValidationError, match=words):
        ViewOptions(**options)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_later_half_of_the_views_shows_the_partners(faces, count):
    make = ViewMaker(ViewOptions(views=count, warp_negatives=1, temporal=1))
    rows, other = torch.arange(16), torch.arange(16).flip(0)

    def views(images, partners=None):
        generator = torch.Generator().manual_seed(0)
        return make(images, Preprocessing(), generator, rows, partners)

    own, theirs = views(faces), views(faces[other])
    both = views(faces, Partners(faces[other], other))
    early = (count + 1) // 2
    for i in range(count):
        expected, shown = (own, rows) if i < early else (theirs, other)
        assert torch.equal(both.crops[i], expected.crops[i])
        assert torch.equal(both.pixels[i], expected.pixels[i])
        assert torch.equal(both.geometry[i], expected.geometry[i])
        assert torch.equal(both.to("cpu").rows_of(i), shown)
        assert torch.equal(own.rows_of(i), rows)
    assert torch.equal(both.warps[0], own.warps[0])


def test_views_of_unknown_faces_say_so(faces):
    assert ViewMaker(ViewOptions())(faces, Preprocessing()).rows_of(1) is None
