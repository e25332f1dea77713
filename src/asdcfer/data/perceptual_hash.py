"""How alike two photographs are: a 64-bit perceptual hash, then a comparison of pixels.

The hash finds candidates, the pixels decide. The same photograph comes back cropped a pixel or two
aside, brightened, compressed again, with or without a watermark. Low frequencies survive all of
that, and so choose the candidates; but two different faces under the same light share them too, so
fine detail, moved to its best place, decides.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image
from scipy import fft

SIDE = 48
"""Images are compared at this size."""
HAMMING = 16
"""Largest number of differing hash bits (of 64) of a candidate."""
LOW_COSINE = 0.8
"""Smallest cosine of the low frequencies of a candidate."""
PIXEL_DISTANCE = 0.22
"""Largest pixel distance of near duplicates. NOTE: our reading. On FER-2013 the distances of
candidates fall into two heaps, with the valley here.
"""
SHIFT = 4
"""Furthest shift tried when pixels are compared, in pixels of the 48."""

_INDEX = np.array(
    sorted(
        ((u, v) for u in range(9) for v in range(9) if u + v),
        key=lambda p: (p[0] ** 2 + p[1] ** 2, p),
    )[:64]
)
_ROWS = 512


def _cosines() -> np.ndarray:
    at = np.arange(SIDE)
    basis = np.cos(np.pi * (2 * at[None] + 1) * np.arange(9)[:, None] / (2 * SIDE))
    basis = basis.astype(np.float32)
    basis[0] /= np.sqrt(2)
    return basis


_BASIS = _cosines()


class Faces(Protocol):
    """Faces, uint8 (N,48,48), of which some are taken at a time; an array is one."""

    def __len__(self) -> int:
        """Return N."""
        ...

    def __getitem__(self, rows: np.ndarray | slice, /) -> np.ndarray:
        """Return the faces in some rows, uint8 (R,48,48)."""
        ...


def comparable(images: np.ndarray) -> np.ndarray:
    """Return images as gray uint8 (N,48,48), whatever their size and channels.

    Args:
        images: uint8 (N,H,W) or (N,H,W,3).
    """
    if images.shape[1:] == (SIDE, SIDE):
        return np.asarray(images)
    out = np.empty((len(images), SIDE, SIDE), np.uint8)
    for i, image in enumerate(images):
        out[i] = np.asarray(
            Image.fromarray(image).convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        )
    return out


@dataclass(frozen=True)
class Hashes:
    """Perceptual hashes of N images.

    Attributes:
        bits: uint64 (N,).
        low: float16 (N,64), the low-frequency coefficients the bits were made from, unit length;
            as float32 `low_frequencies` gives them.
    """

    bits: np.ndarray
    low: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Hashes":
        return Hashes(self.bits[rows], self.low[rows])


def perceptual_hash(images: Faces) -> Hashes:
    """Hash images by their lowest DCT coefficients.

    Bit k says whether the k-th lowest (the mean left out) is above the image's median coefficient.

    Args:
        images: uint8 (N,48,48), as `comparable` returns them, or read when asked for.

    Returns:
        Hashes of the N images.

    Source: the DCT form of perceptual hashing (Zauner, "Implementation and benchmarking of
    perceptual image hash functions", 2010), here with the 64 lowest frequencies by distance from
    the origin.

    Example:
        >>> face = np.random.default_rng(0).integers(0, 200, (1, 48, 48)).astype(np.uint8)
        >>> int(np.bitwise_count(perceptual_hash(face).bits ^ perceptual_hash(face + 40).bits)[0])
        0
    """
    bits, low = np.empty(len(images), np.uint64), np.empty((len(images), 64), np.float16)
    for start in range(0, len(images), _ROWS):
        block = slice(start, start + _ROWS)
        found = _coefficients(images[block])
        above = found > np.median(found, axis=1, keepdims=True)
        bits[block] = np.packbits(above, axis=1).view(np.uint64).ravel()
        low[block] = _of_unit_length(found)
    return Hashes(bits, low)


def low_frequencies(images: np.ndarray) -> np.ndarray:
    """Return the lowest DCT coefficients of images, float32 (N,64), each row of unit length.

    Args:
        images: uint8 (N,48,48).

    Example:
        >>> face = np.random.default_rng(0).integers(0, 200, (1, 48, 48)).astype(np.uint8)
        >>> bool(np.allclose(low_frequencies(face), perceptual_hash(face).low, atol=1e-3))
        True
    """
    return _of_unit_length(_coefficients(images))


def _coefficients(images: np.ndarray) -> np.ndarray:
    block = np.asarray(images, np.float32)
    return np.ascontiguousarray((_BASIS @ block @ _BASIS.T)[:, _INDEX[:, 0], _INDEX[:, 1]])


def _of_unit_length(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    found: np.ndarray = rows / np.maximum(length, 1e-6)
    return found


def pixel_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return 1 - the correlation of the images' fine detail at the best shift of up to 4 pixels.

    Detail is what lies between blurs of 0.8 and 2.5 pixels: lighting, contrast and small shifts do
    not count, features of the face do.

    Args:
        first: uint8 (N,48,48).
        second: uint8 (N,48,48), compared row by row.

    Returns:
        float32 (N,), 0 (the same photograph) to 2; about 0.5 for different faces, 1 where an image
        is flat.

    Example:
        >>> face = np.random.default_rng(0).integers(0, 200, (1, 48, 48)).astype(np.uint8)
        >>> bool(pixel_distance(face, face // 2 + 60)[0] < 0.01)
        True
    """
    out = np.empty(len(first), np.float32)
    shifts = np.r_[0 : SHIFT + 1, -SHIFT:0]
    for start in range(0, len(first), _ROWS):
        a, _ = detail_spectra(first[start : start + _ROWS])
        b, _ = detail_spectra(second[start : start + _ROWS])
        correlation = fft.irfft2(a * b.conj(), s=(SIDE, SIDE))[:, shifts][:, :, shifts]
        out[start : start + _ROWS] = np.maximum(
            1 - correlation.max((1, 2)), 0
        )  # rounding may leave -1e-7
    return out


def detail_spectra(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the spectra of images' detail, scaled to unit energy.

    Args:
        images: uint8 (N,48,48).

    Returns:
        complex64 (N,48,25), half spectra, and float32 (N,), their energies: 1, less where an image
        is nearly flat.
    """
    block = np.asarray(images, np.float32)
    spectrum = fft.rfft2((block - block.mean((1, 2), keepdims=True)) * _WINDOW) * _PASS
    energy = ((spectrum.real**2 + spectrum.imag**2) * _TWICE).sum((1, 2), keepdims=True) / SIDE**2
    least = np.maximum(energy, 1e-3)
    return spectrum / np.sqrt(least), (energy / least)[:, 0, 0]


def _band() -> tuple[np.ndarray, np.ndarray]:
    square = fft.fftfreq(SIDE)[:, None] ** 2 + fft.rfftfreq(SIDE)[None] ** 2
    pass_band = np.exp(-2 * (np.pi * 0.8) ** 2 * square) - np.exp(-2 * (np.pi * 2.5) ** 2 * square)
    window = np.hanning(SIDE + 2)[1:-1]
    return pass_band.astype(np.float32), np.sqrt(np.outer(window, window)).astype(np.float32)


_PASS, _WINDOW = _band()
# Parseval over the half spectrum: every column but the first and the last stands for two.
_TWICE = np.r_[1, np.full(SIDE // 2 - 1, 2), 1].astype(np.float32)
