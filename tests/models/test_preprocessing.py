import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from asdcfer.errors import InputError
from asdcfer.models.preprocessing import Preprocessing
from tests.reference.preprocessing import preprocess


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(9, 90),
    width=st.integers(9, 90),
    color=st.booleans(),
    channels=st.sampled_from([1, 3]),
    normalize=st.sampled_from(["image", "dataset"]),
    size=st.sampled_from([16, 48, 57]),
    seed=st.integers(0, 1000),
)
def test_batch_equals_the_slow_reference(height, width, color, channels, normalize, size, seed):
    images = np.random.default_rng(seed).integers(
        0, 256, (2, height, width) + ((3,) if color else ()), np.uint8
    )
    preprocessing = Preprocessing(size=size, channels=channels, normalize=normalize)
    due = np.stack(
        [
            preprocess(image, size, channels, normalize, preprocessing.mean, preprocessing.std)
            for image in images
        ]
    )
    # Division by the small deviation of shrunken noise enlarges float32 rounding to 2.1e-5.
    np.testing.assert_allclose(preprocessing.batch(images).numpy(), due, atol=5e-5)


def test_a_list_of_different_sizes_equals_one_at_a_time():
    generator = np.random.default_rng(0)
    images = [
        generator.integers(0, 256, shape, np.uint8) for shape in [(48, 48), (30, 61), (70, 20, 3)]
    ]
    preprocessing = Preprocessing()
    together = preprocessing.batch(images)
    assert together.shape == (3, 1, 48, 48)
    for image, x in zip(images, together, strict=True):
        torch.testing.assert_close(preprocessing.batch(image[None])[0], x)


def test_an_empty_list_and_an_empty_array_give_an_empty_batch():
    assert Preprocessing(channels=3).batch([]).shape == (0, 3, 48, 48)
    assert Preprocessing().batch(np.zeros((0, 48, 48), np.uint8)).shape == (0, 1, 48, 48)


def test_an_image_of_the_right_size_is_not_resampled():
    image = np.random.default_rng(1).integers(0, 256, (1, 48, 48), np.uint8)
    x = Preprocessing(normalize="dataset", mean=0.0, std=1.0).batch(image)
    assert torch.equal(x[0, 0], torch.from_numpy(image[0]).float() / 255)


def test_exposure_and_contrast_leave_the_input_almost_unchanged():
    image = np.random.default_rng(2).integers(60, 120, (1, 48, 48), np.uint8)
    plain, brighter = (
        Preprocessing().batch(image),
        Preprocessing().batch((image * 2 - 30).astype(np.uint8)),
    )
    assert (plain - brighter).abs().max() < 0.5 * plain.abs().max()
    torch.testing.assert_close(plain / plain.std(), brighter / brighter.std(), atol=1e-4, rtol=1e-4)


def test_a_blank_image_becomes_zeros():
    assert Preprocessing().batch(np.full((1, 48, 48), 200, np.uint8)).abs().max() < 1e-4


def test_each_image_is_normalized_by_itself():
    images = np.random.default_rng(3).integers(0, 256, (4, 48, 48), np.uint8)
    torch.testing.assert_close(
        Preprocessing().batch(images)[2:3], Preprocessing().batch(images[2:3])
    )


def test_memory_mapped_and_strided_images_are_taken(tmp_path):
    images = np.random.default_rng(4).integers(0, 256, (6, 48, 48), np.uint8)
    images.tofile(tmp_path / "images.u8")
    mapped = np.memmap(tmp_path / "images.u8", np.uint8, "r", shape=images.shape)
    assert torch.equal(Preprocessing().batch(mapped), Preprocessing().batch(images))
    mirrored = images[:, :, ::-1]
    assert torch.equal(
        Preprocessing().batch(mirrored), Preprocessing().batch(np.ascontiguousarray(mirrored))
    )


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.zeros((2, 48, 48), np.float32), "uint8"),
        (np.zeros((48, 48), np.uint8), "shape"),
        (np.zeros((1, 48, 48, 4), np.uint8), "shape"),
    ],
)
def test_other_types_and_shapes_are_refused(images, said):
    with pytest.raises(InputError, match=said):
        Preprocessing().batch(images)


@pytest.mark.parametrize(
    "arguments", [{"size": 8}, {"channels": 2}, {"normalize": "none"}, {"std": 0}, {"mode": "x"}]
)
def test_impossible_settings_are_refused(arguments):
    with pytest.raises(ValidationError):
        Preprocessing(**arguments)


@pytest.mark.parametrize("normalize", ["image", "dataset"])
def test_normalized_can_be_exported(normalize):
    # Recognition puts this step inside the exported graph.
    preprocessing = Preprocessing(normalize=normalize)

    class Step(torch.nn.Module):
        def forward(self, pixels):
            return preprocessing.normalized(pixels)

    pixels = torch.rand(3, 1, 48, 48)
    exported = torch.export.export(
        Step(), (pixels,), dynamic_shapes={"pixels": {0: torch.export.Dim("batch", min=1, max=512)}}
    )
    other = torch.rand(7, 1, 48, 48)
    torch.testing.assert_close(exported.module()(other), preprocessing.normalized(other))
