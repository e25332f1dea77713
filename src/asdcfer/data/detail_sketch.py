"""Bound from below how far two photographs' pixels are apart, at a tenth of the price.

The pixel distance is 1 - the best correlation of two images' detail over small shifts. The lowest
frequencies hold most of that detail: their correlation is computed, and what the rest can add is at
most the product of the rests' lengths. A pair whose bound is too far needs no closer look.
"""

from dataclasses import dataclass, fields

import numpy as np

from asdcfer.data.perceptual_hash import SHIFT, SIDE, Faces, detail_spectra

HIGHEST = 8
"""Frequencies kept, in cycles over the image. NOTE: measured on FER-2013: 9 % of the candidates are
left, where 7 % are near; 7 would leave 11 %, 10 would leave 8 %."""
SLACK = 0.001
"""What single precision may add to a correlation, with room to spare."""
_ROWS = 512


@dataclass(frozen=True)
class DetailSketches:
    """The low frequencies of the detail of N images, each number in a byte.

    Attributes:
        codes: int8 (N,2K), real and imaginary parts, in steps of `step`.
        step: float32 (N,), scaled so that a whole spectrum has unit length.
        error: float32 (N,), length of what rounding to bytes has changed.
        rest: float32 (N,), length of what is left out.
    """

    codes: np.ndarray
    step: np.ndarray
    error: np.ndarray
    rest: np.ndarray

    @classmethod
    def empty(cls, images: int) -> "DetailSketches":
        """Return room for the sketches of some images."""
        single = (np.empty(images, np.float32) for _ in range(3))
        return cls(np.empty((images, 2 * _KEPT), np.int8), *single)

    def put(self, start: int, part: "DetailSketches") -> None:
        """Fill a part of the rows, from `start` on."""
        for field in fields(self):
            values = getattr(part, field.name)
            getattr(self, field.name)[start : start + len(values)] = values

    def most_length(self) -> np.ndarray:
        """Return the length that each spectrum has at most, float32 (N,)."""
        length = np.linalg.norm(self.codes.astype(np.float32), axis=1) * self.step + self.error
        found: np.ndarray = np.sqrt(length**2 + self.rest**2)
        return found


_FY = np.r_[0 : HIGHEST + 1, -HIGHEST:0]
_FX = np.arange(HIGHEST + 1)
_KEPT = len(_FY) * len(_FX)
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
        Sketches, 318 bytes an image.

    Example:
        >>> faces = np.random.default_rng(0).integers(0, 200, (2, 48, 48)).astype(np.uint8)
        >>> sketches = sketch_detail(faces, np.arange(2))
        >>> float(least_distance(sketches, np.array([0]), sketches, np.array([0]))[0])
        0.0
    """
    made = DetailSketches.empty(len(rows))
    for start in range(0, len(rows), _ROWS):
        spectra, energy = detail_spectra(images[rows[start : start + _ROWS]])
        low = (spectra[:, _FY][:, :, _FX] * _SCALE).reshape(len(spectra), -1)
        both = np.concatenate([low.real, low.imag], 1)
        step = np.maximum(np.abs(both).max(1), 1e-12) / 127
        codes = np.rint(both / step[:, None])
        error = np.linalg.norm(both - codes * step[:, None], axis=1)
        rest = np.sqrt(np.maximum(energy - (both**2).sum(1), 0))
        made.put(start, DetailSketches(codes.astype(np.int8), step, error, rest))
    return made


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
        one, two = first.codes[a].astype(np.float32), second.codes[b].astype(np.float32)
        ar, ai, br, bi = one[:, :_KEPT], one[:, _KEPT:], two[:, :_KEPT], two[:, _KEPT:]
        correlation = (ar * br + ai * bi) @ _COSINES - (ai * br - ar * bi) @ _SINES
        most = correlation.max(1) * (first.step[a] * second.step[b])
        # No spectrum is longer than 1, so rounding one changes a correlation by no more than that.
        left, right = first.error[a], second.error[b]
        most += left + right + left * right + first.rest[a] * second.rest[b]
        out[start : start + _ROWS] = np.maximum(1 - most - SLACK, 0)
    return out
