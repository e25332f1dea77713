"""The page's colors stay apart for eyes that lack one kind of cone."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

import asdcfer
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT

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


def colors() -> dict[str, np.ndarray]:
    """Expression -> sRGB in 0..1, as palette.js says."""
    text = (Path(asdcfer.__file__).parent / "app/static/palette.js").read_text(encoding="utf-8")
    block = text[text.index("COLORS = {") : text.index("};")]
    return {
        name: np.array([int(code[at : at + 2], 16) for at in (0, 2, 4)]) / 255
        for name, code in re.findall(r'(\w+): "#(\w{6})"', block)
    }


def test_every_expression_has_a_color() -> None:
    assert set(colors()) == set(EXPRESSIONS_WITH_CONTEMPT)


@pytest.mark.parametrize("eyes", SIMULATED)
def test_colors_stay_apart(eyes: str) -> None:
    color = pytest.importorskip("skimage.color", reason="scikit-image is not installed")

    def seen(srgb: np.ndarray) -> np.ndarray:
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        changed = np.clip(SIMULATED[eyes] @ linear, 0, 1)
        return color.rgb2lab(
            np.where(changed <= 0.0031308, changed * 12.92, 1.055 * changed ** (1 / 2.4) - 0.055)
        )

    lab = {name: seen(color) for name, color in colors().items()}
    distances = {
        pair: float(np.linalg.norm(lab[pair[0]] - lab[pair[1]]))
        for pair in itertools.combinations(lab, 2)
    }
    closest = min(distances, key=distances.get)
    # About 2.3 is the smallest step an eye can tell when both lie side by side.
    assert distances[closest] > 10, (closest, distances[closest])
