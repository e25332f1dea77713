"""Sharpness by loops."""

import math

import numpy as np


def sharpness(gray: np.ndarray, sigma: float = 0.7, rim: int = 4) -> float:
    """Return the deviation of the Laplacian of a Gaussian, over that of the gray values."""
    side = len(gray)
    # OpenCV takes 3 deviations to each side of floats, rounded to an odd number of taps.
    reach = (round(sigma * 8 + 1) | 1) // 2
    taps = [math.exp(-(i**2) / (2 * sigma**2)) for i in range(-reach, reach + 1)]
    taps = [tap / sum(taps) for tap in taps]

    def mirrored(i: int) -> int:
        i = abs(i)
        return 2 * (side - 1) - i if i >= side else i

    def blurred(rows: list[list[float]]) -> list[list[float]]:
        return [
            [sum(t * row[mirrored(x + i - reach)] for i, t in enumerate(taps)) for x in range(side)]
            for row in rows
        ]

    rows = blurred([[float(v) for v in row] for row in gray])
    columns = blurred([list(column) for column in zip(*rows, strict=True)])
    smooth = [list(row) for row in zip(*columns, strict=True)]
    inside = range(rim, side - rim)
    edges = [
        smooth[y - 1][x] + smooth[y + 1][x] + smooth[y][x - 1] + smooth[y][x + 1] - 4 * smooth[y][x]
        for y in inside
        for x in inside
    ]
    return float(np.std(edges) / np.std([float(gray[y][x]) for y in inside for x in inside]))
