"""The colors stay apart for eyes that lack one kind of cone, and from the ground behind them."""

import itertools

import numpy as np
import pytest

from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT
from asdcfer.recognition.palette import LOOKS, OTHER, contrast, ink_on, looks, rgb

# Machado, Oliveira and Fernandes (2009), full severity, for linear RGB.
SIMULATED = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
GROUNDS = {"light": "#ffffff", "dark": "#1b222a"}


def test_every_expression_has_a_look_of_its_own() -> None:
    assert set(LOOKS) == set(EXPRESSIONS_WITH_CONTEMPT)
    assert len(set(LOOKS.values())) == len(LOOKS)
    assert looks(EXPRESSIONS) == {name: LOOKS[name] for name in EXPRESSIONS}


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("eyes", SIMULATED)
def test_colors_stay_apart(eyes: str, ground: str) -> None:
    color = pytest.importorskip("skimage.color", reason="scikit-image is not installed")

    def seen(code: str) -> np.ndarray:
        srgb = np.array(rgb(code)) / 255
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        changed = np.clip(SIMULATED[eyes] @ linear, 0, 1)
        return color.rgb2lab(
            np.where(changed <= 0.0031308, changed * 12.92, 1.055 * changed ** (1 / 2.4) - 0.055)
        )

    lab = {name: seen(getattr(look, ground)) for name, look in LOOKS.items()}
    distances = {
        pair: float(np.linalg.norm(lab[pair[0]] - lab[pair[1]]))
        for pair in itertools.combinations(lab, 2)
    }
    closest = min(distances, key=distances.get)
    # About 2.3 is the smallest step an eye can tell when both lie side by side.
    assert distances[closest] > 20, (closest, distances[closest])


@pytest.mark.parametrize("ground", GROUNDS)
def test_lines_can_be_seen_and_labels_read(ground: str) -> None:
    for look in (*LOOKS.values(), OTHER):
        color = rgb(getattr(look, ground))
        assert contrast(color, rgb(GROUNDS[ground])) >= 3
        assert contrast(color, ink_on(color)) >= 4.5


def test_own_classes_are_told_apart_as_well() -> None:
    names = ("happy", *(f"class {number}" for number in range(20)))
    found = looks(names)
    assert list(found) == list(names)
    assert found["happy"] == LOOKS["happy"]
    assert len(set(found.values())) == len(names)
    assert len({found[f"class {number}"].light for number in range(7)}) == 7
