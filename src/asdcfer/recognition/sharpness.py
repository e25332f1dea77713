"""Sharpness of a face, at one size of face, so that numbers of any photos compare."""

import cv2
import numpy as np

from asdcfer.data.eight_bits import to_gray

SIDE = 48
"""Side of the aligned crop that is measured, pixels: the size at which expressions are learnt, so
that blur which cannot be seen in it does not count.
"""
BLURRED = 0.2
"""Under this a face is not named unless asked for: the default model is right on at most 70 % of
such faces of PublicTest, of all on 83 %, and nearly as confident (docs/results/quality.md).
"""
_RIM = 4
"""Pixels at each side that are left out: there the crop may show what is behind the face."""
_SMOOTHED = 0.7
"""Deviation of the Gaussian, pixels: noise of single pixels is no sharpness."""


def sharpness(crop: np.ndarray) -> float:
    """Return how sharp an aligned face is.

    deviation of the Laplacian of Gaussian (0.7 pixels) / deviation of the gray values

    over a crop of 48 x 48 pixels without its rim of 4. Neither brightness nor contrast changes it.

    Args:
        crop: uint8 (48,48) or (48,48,3), an aligned face.

    Returns:
        0 for an even surface; most faces of FER-2013 have 0.3 to 0.65, and 0.1 to 0.2 once they are
        blurred by a Gaussian of 1.5 pixels.

    Raises:
        ValueError: a crop of another size.

    Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000 (the
        variance of the Laplacian); the smoothing and the ratio are ours.

    Example:
        >>> face = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)
        >>> sharpness(face) > sharpness(cv2.GaussianBlur(face, (0, 0), 2)) > sharpness(0 * face)
        True
    """
    if crop.shape[:2] != (SIDE, SIDE):
        raise ValueError(f"sharpness is measured at {SIDE} x {SIDE} pixels, not {crop.shape[:2]}")
    gray = (crop if crop.ndim == 2 else to_gray(crop)).astype(np.float32)
    inner = (slice(_RIM, SIDE - _RIM),) * 2
    spread = float(gray[inner].std())
    if spread < 1e-3:
        return 0.0
    edges = cv2.Laplacian(cv2.GaussianBlur(gray, (0, 0), _SMOOTHED), cv2.CV_32F)
    return float(edges[inner].std()) / spread
