"""Preprocessing in loops and float64 numpy, from its description alone."""

import numpy as np


def triangle_resize(image: np.ndarray, size: int) -> np.ndarray:
    """Resize (H,W) to (size,size): each output pixel is a triangle-weighted mean, the triangle
    widened where the image shrinks.
    """
    return _along_rows(_along_rows(image, size).T, size).T


def _along_rows(image: np.ndarray, size: int) -> np.ndarray:
    height = image.shape[0]
    scale = height / size
    reach = max(scale, 1.0)
    out = np.zeros((size, image.shape[1]))
    for i in range(size):
        center = (i + 0.5) * scale
        total = 0.0
        for j in range(height):
            weight = max(0.0, 1 - abs((j + 0.5 - center) / reach))
            out[i] += weight * image[j]
            total += weight
        out[i] /= total
    return out


def preprocess(
    image: np.ndarray, size: int, channels: int, normalize: str, mean: float, std: float
) -> np.ndarray:
    """One uint8 image (H,W) or (H,W,3) -> float64 (channels,size,size)."""
    pixels = image.astype(np.float64) / 255
    planes = [pixels] if pixels.ndim == 2 else [pixels[..., c] for c in range(3)]
    if channels == 1 and len(planes) == 3:
        planes = [0.299 * planes[0] + 0.587 * planes[1] + 0.114 * planes[2]]
    if channels == 3 and len(planes) == 1:
        planes = planes * 3
    x = np.stack([triangle_resize(plane, size) for plane in planes])
    if normalize == "dataset":
        return (x - mean) / std
    return (x - x.mean()) / (x.std() + 0.02)
