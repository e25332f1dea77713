"""Poolings and attention gates in loops over images, channels and positions (float64)."""

import math

import numpy as np


def grid(x: np.ndarray, cells: int) -> np.ndarray:
    """(B,C,H,W) -> (B, C cells cells): means of the cells, channels slowest, then rows, then
    columns.
    """
    batch, channels, height, width = x.shape
    out = np.zeros((batch, channels, cells, cells))
    for i in range(cells):
        for j in range(cells):
            top, bottom = math.floor(i * height / cells), math.ceil((i + 1) * height / cells)
            left, right = math.floor(j * width / cells), math.ceil((j + 1) * width / cells)
            out[:, :, i, j] = x[:, :, top:bottom, left:right].mean((2, 3))
    return out.reshape(batch, -1)


def layout_parts(x: np.ndarray, layout: dict, sharpness: float) -> np.ndarray:
    """(B,C,H,W) -> (B, parts C): every part's window times the image's attention, one position at a
    time.
    """
    _, channels, height, width = x.shape
    features = []
    for image in x:
        magnitude = np.abs(image).mean(0)
        row = []
        for cx, cy, sx, sy in layout.values():
            weights = np.zeros((height, width))
            for i in range(height):
                for j in range(width):
                    down, across = ((i + 0.5) / height - cy) / sy, ((j + 0.5) / width - cx) / sx
                    window = math.exp(-(down**2) / 2 - across**2 / 2)
                    weights[i, j] = window * math.exp(
                        sharpness * magnitude[i, j] / magnitude.mean()
                    )
            weights /= weights.sum()
            row += [(image[c] * weights).sum() for c in range(channels)]
        features.append(row)
    return np.array(features)


def learnt_parts(x: np.ndarray, queries: np.ndarray, temperature: float) -> np.ndarray:
    """(B,C,H,W) and (P,C) -> (B, P C): every query's softmax over the cosine to each position."""
    _, channels, height, width = x.shape
    features = []
    for image in x:
        row = []
        for query in queries:
            weights = np.zeros((height, width))
            for i in range(height):
                for j in range(width):
                    cosine = (
                        image[:, i, j]
                        @ query
                        / np.linalg.norm(image[:, i, j])
                        / np.linalg.norm(query)
                    )
                    weights[i, j] = math.exp(cosine / temperature)
            weights /= weights.sum()
            row += [(image[c] * weights).sum() for c in range(channels)]
        features.append(row)
    return np.array(features)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def channel_gate(
    x: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> np.ndarray:
    """CBAM eq. 2 on (B,C,H,W), image by image."""
    out = np.zeros_like(x)
    for n, image in enumerate(x):
        total = 0.0
        for summary in (image.mean((1, 2)), image.max((1, 2))):
            total = total + w2 @ np.maximum(w1 @ summary + b1, 0) + b2
        out[n] = image * sigmoid(total)[:, None, None]
    return out


def spatial_gate(x: np.ndarray, kernel: np.ndarray, bias: float) -> np.ndarray:
    """CBAM eq. 3 on (B,C,H,W) with a (2,k,k) kernel, position by position."""
    side = kernel.shape[-1]
    out = np.zeros_like(x)
    for n, image in enumerate(x):
        summary = np.pad(
            np.stack([image.mean(0), image.max(0)]), ((0, 0), (side // 2,) * 2, (side // 2,) * 2)
        )
        for i in range(image.shape[1]):
            for j in range(image.shape[2]):
                out[n, :, i, j] = image[:, i, j] * sigmoid(
                    (summary[:, i : i + side, j : j + side] * kernel).sum() + bias
                )
    return out
