"""Slow, plain forms of the hash and of the pixel distance, one image at a time."""

import numpy as np
from scipy.fft import dctn
from scipy.ndimage import gaussian_filter


def hash_bits(image: np.ndarray) -> list[bool]:
    """The 64 bits of a (48,48) image: scipy's DCT, lowest frequencies by distance from the origin
    without the mean, above their median.
    """
    table = dctn(image.astype(np.float64), norm="ortho")
    # scipy's orthonormal form scales the first row and column; the unscaled cosines are wanted.
    places = sorted(
        ((u, v) for u in range(9) for v in range(9) if (u, v) != (0, 0)),
        key=lambda p: (p[0] ** 2 + p[1] ** 2, p),
    )[:64]
    values = [table[u, v] for u, v in places]
    middle = float(np.median(values))
    return [value > middle for value in values]


def pixel_distance(first: np.ndarray, second: np.ndarray, furthest: int = 4) -> float:
    """1 - the best correlation of band-passed images over circular shifts."""
    ramp = np.hanning(50)[1:-1]
    window = np.sqrt(np.outer(ramp, ramp))

    def detail(image: np.ndarray) -> np.ndarray:
        flat = (image.astype(np.float64) - image.mean()) * window
        band = gaussian_filter(flat, 0.8, mode="wrap", truncate=8) - gaussian_filter(
            flat, 2.5, mode="wrap", truncate=8
        )
        return band / np.sqrt((band**2).sum())

    a, b = detail(first), detail(second)
    shifts = range(-furthest, furthest + 1)
    return 1 - max(float((np.roll(a, (y, x), (0, 1)) * b).sum()) for y in shifts for x in shifts)
