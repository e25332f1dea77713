"""Slow versions of the view ingredients: one pixel at a time; used by tests alone."""

import math


def bilinear(image, x, y):
    """Read a list-of-lists image at (x, y) in -1..1, rim repeated."""
    height, width = len(image), len(image[0])
    column = min(max((x + 1) / 2 * width - 0.5, 0), width - 1)
    row = min(max((y + 1) / 2 * height - 0.5, 0), height - 1)
    left, top = math.floor(column), math.floor(row)
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    fx, fy = column - left, row - top
    return (
        image[top][left] * (1 - fx) * (1 - fy)
        + image[top][right] * fx * (1 - fy)
        + image[bottom][left] * (1 - fx) * fy
        + image[bottom][right] * fx * fy
    )


def view(image, draws, size, crop_area, aspect, hflip, rotate, displacement=None):
    """Crop, flip, rotate (and displace) one image; `draws` are its six uniform numbers."""
    area = crop_area[0] + (crop_area[1] - crop_area[0]) * draws[0]
    ratio = aspect[0] * (aspect[1] / aspect[0]) ** draws[1]
    half_width, half_height = min(math.sqrt(area * ratio), 1), min(math.sqrt(area / ratio), 1)
    center_x, center_y = (
        (1 - half_width) * (2 * draws[2] - 1),
        (1 - half_height) * (2 * draws[3] - 1),
    )
    angle = math.radians(rotate) * (2 * draws[5] - 1)
    result = []
    for i in range(size):
        row = []
        for j in range(size):
            x, y = (j + 0.5) / size * 2 - 1, (i + 0.5) / size * 2 - 1
            if displacement is not None:
                x, y = x + displacement[0][i][j], y + displacement[1][i][j]
            if draws[4] < hflip:
                x = -x
            x, y = (
                x * math.cos(angle) - y * math.sin(angle),
                x * math.sin(angle) + y * math.cos(angle),
            )
            row.append(bilinear(image, center_x + half_width * x, center_y + half_height * y))
        result.append(row)
    return result


def blurred(image, sigma):
    """Filter with (a, 1 - 2a, a) along columns, then rows, rim repeated."""
    edge = math.exp(-0.5 / sigma**2)
    a = edge / (1 + 2 * edge)
    height, width = len(image), len(image[0])
    down = [
        [
            a * image[max(i - 1, 0)][j]
            + (1 - 2 * a) * image[i][j]
            + a * image[min(i + 1, height - 1)][j]
            for j in range(width)
        ]
        for i in range(height)
    ]
    return [
        [
            a * row[max(j - 1, 0)] + (1 - 2 * a) * row[j] + a * row[min(j + 1, width - 1)]
            for j in range(width)
        ]
        for row in down
    ]
