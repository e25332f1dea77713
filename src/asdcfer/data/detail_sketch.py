"""Bound from below how far two photographs' pixels are apart, at a tenth of the price.

The pixel distance is 1 - the best correlation of two images' detail over small shifts. The lowest
frequencies hold most of that detail: their correlation is computed, and what the rest can add is at
most the product of the rests' lengths. A pair whose bound is too far needs no closer look.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asdcfer.data.perceptual_hash import SHIFT, SIDE, Faces, detail_spectra

HIGHEST = 8
"""Frequencies kept, in cycles over the image. NOTE: measured on FER-2013: 9 % of the candidates are
left, where 7 % are near; 7 would leave 11 %, 10 would leave 8 %."""
SLACK = 0.005
"""What half precision may add to a correlation, with room to spare."""
_ROWS = 2048


@dataclass(frozen=True)
class DetailSketches:
    """The low frequencies of the detail of N images.

    Attributes:
        real, imaginary: float16 (N,K), scaled so that a whole spectrum has unit length.
        rest: float32 (N,), length of what is left out.
    """

    real: np.ndarray
    imaginary: np.ndarray
    rest: np.ndarray

    @classmethod
    def joined(cls, parts: Sequence["DetailSketches"]) -> "DetailSketches":
        """Return the sketches of several sets of images, one after the other."""
        return cls(
            np.concatenate([part.real for part in parts]),
            np.concatenate([part.imaginary for part in parts]),
            np.concatenate([part.rest for part in parts]),
        )


_FY = np.r_[0 : HIGHEST + 1, -HIGHEST:0]
_FX = np.arange(HIGHEST + 1)
# Every column but the first stands for two, itself and its mirror image.
_SCALE = (np.sqrt(np.where(_FX > 0, 2, 1)) / SIDE).astype(np.float32)


def _waves() -> tuple[np.ndarray, np.ndarray]:
    shifts = np.r_[0 : SHIFT + 1, -SHIFT:0]
    phase = (
        _FY[:, None, None, None] * shifts[None, None, :, None]
        + _FX[None, :, None, None] * shifts[None, None, None, :]
    )
    angle = (2 * np.pi / SIDE * phase).reshape(len(_FY) * len(_FX), -1)
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


_COSINES, _SINES = _waves()


def sketch_detail(images: Faces, rows: np.ndarray) -> DetailSketches:
    """Return the sketches of images.

    Args:
        images: uint8 (M,48,48), in memory or read when asked for.
        rows: int64 (N,), which of them.

    Returns:
        Sketches, 616 bytes an image.

    Example:
        >>> faces = np.random.default_rng(0).integers(0, 200, (2, 48, 48)).astype(np.uint8)
        >>> sketches = sketch_detail(faces, np.arange(2))
        >>> float(least_distance(sketches, np.array([0]), sketches, np.array([0]))[0])
        0.0
    """
    kept = len(_FY) * len(_FX)
    real, imaginary = (np.empty((len(rows), kept), np.float16) for _ in range(2))
    rest = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _ROWS):
        block = slice(start, start + _ROWS)
        spectra, energy = detail_spectra(images[rows[block]])
        low = (spectra[:, _FY][:, :, _FX] * _SCALE).reshape(len(spectra), -1)
        inside = (low.real**2 + low.imag**2).sum(1)
        real[block], imaginary[block] = low.real, low.imag
        rest[block] = np.sqrt(np.maximum(energy - inside, 0))
    return DetailSketches(real, imaginary, rest)


def least_distance(
    first: DetailSketches, i: np.ndarray, second: DetailSketches, j: np.ndarray
) -> np.ndarray:
    """Return a lower bound of the pixel distance of pairs of images.

    Args:
        first: sketches.
        i: int64 (P,), rows of `first`.
        second: sketches, the same or others.
        j: int64 (P,), rows of `second`.

    Returns:
        float32 (P,), 0 to 1; `perceptual_hash.pixel_distance` is never smaller, but for rounding.
    """
    out = np.empty(len(i), np.float32)
    for start in range(0, len(i), _ROWS):
        a, b = i[start : start + _ROWS], j[start : start + _ROWS]
        ar, ai = first.real[a].astype(np.float32), first.imaginary[a].astype(np.float32)
        br, bi = second.real[b].astype(np.float32), second.imaginary[b].astype(np.float32)
        correlation = (ar * br + ai * bi) @ _COSINES - (ai * br - ar * bi) @ _SINES
        most = correlation.max(1) + first.rest[a] * second.rest[b]
        out[start : start + _ROWS] = np.maximum(1 - most - SLACK, 0)
    return out
