import numpy as np
import pytest

from asdcfer.evaluation.corruptions import CORRUPTIONS, corrupt


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("shape", [(2, 40, 40), (2, 40, 40, 3)])
def test_damage_grows_from_nothing(name: str, shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    images[:, 8:20, 8:20] = 220
    levels = CORRUPTIONS[name].levels
    changes = []
    for level in levels:
        found = corrupt(images, name, level, seed=1)
        assert found.shape == images.shape
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, corrupt(images, name, level, seed=1))
        changes.append(np.abs(found.astype(int) - images).mean())
    assert changes[0] == 0
    assert min(changes[1:]) > 0
    if name != "brightness":
        assert changes == sorted(changes)


def test_rotation_turns_by_its_angle() -> None:
    image = np.zeros((1, 41, 41), np.uint8)
    image[0, 20, 30] = 255
    turned = corrupt(np.repeat(image, 8, 0), "rotation", 45.0)
    peaks = {tuple(np.unravel_index(t.argmax(), t.shape)) for t in turned}
    assert peaks == {(13, 27), (27, 27)}
