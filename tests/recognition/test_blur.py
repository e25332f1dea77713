"""Blur: what is left of a face are a few colors, whatever its pixels were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.recognition.blur import CELLS, blur_faces, cover, face_region, mosaic
from asdcfer.recognition.face import Face


def face_at(box, corners=None):
    return Face(box, None, {"happy": 1.0}, "happy", 1.0, corners=corners)


def noise(seed=0, height=120, width=160):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def inside(face, shape):
    """The pixels whose middle lies in a face, its box or its crop, as a mask."""
    x, y, width, height = face.box
    down, across = np.mgrid[: shape[0], : shape[1]] + 0.5
    mask = (x <= across) & (across < x + width) & (y <= down) & (down < y + height)
    if face.corners is not None:
        # On one side of all edges, whichever way round they go.
        sides = [
            (b[0] - a[0]) * (down - a[1]) - (b[1] - a[1]) * (across - a[0])
            for a, b in zip(face.corners, np.roll(face.corners, -1, 0), strict=True)
        ]
        mask |= (np.array(sides) >= 0).all(0)
    return mask


def slow_bilinear(colors, height, width):
    """Each pixel from the four colors about it, pixel by pixel."""
    rows, columns = colors.shape[:2]
    result = np.zeros((height, width, 3))
    for y in range(height):
        for x in range(width):
            v = min(max((y + 0.5) * rows / height - 0.5, 0), rows - 1)
            u = min(max((x + 0.5) * columns / width - 0.5, 0), columns - 1)
            top, left = int(v), int(u)
            below, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            dv, du = v - top, u - left
            upper = (1 - du) * colors[top, left] + du * colors[top, right]
            lower = (1 - du) * colors[below, left] + du * colors[below, right]
            result[y, x] = (1 - dv) * upper + dv * lower
    return result


def test_every_pixel_of_a_face_comes_from_36_colors():
    image, face = noise(), face_at((50, 40, 40, 40))
    left, top, right, bottom = face_region(face)
    colors = mosaic(image, (left, top, right, bottom))
    assert colors.shape == (CELLS, CELLS, 3)
    result = blur_faces(image, [face])
    part = result[top:bottom, left:right]
    slow = slow_bilinear(colors.astype(float), *part.shape[:2])
    assert np.abs(part - slow).max() <= 1
    outside = np.ones(image.shape[:2], bool)
    outside[top:bottom, left:right] = False
    assert (result[outside] == image[outside]).all()


def test_pixels_that_change_places_within_a_cell_change_nothing():
    """So nothing of a face finer than a cell is left."""
    image, face = noise(), face_at((40, 30, 40, 40))
    left, top, right, bottom = face_region(face)
    assert (right - left, bottom - top) == (60, 60)
    other = image.copy()
    generator = np.random.default_rng(1)
    for y in range(top, bottom, 10):
        for x in range(left, right, 10):
            cell = other[y : y + 10, x : x + 10].reshape(100, 3)
            other[y : y + 10, x : x + 10] = generator.permutation(cell).reshape(10, 10, 3)
    assert (other != image)[inside(face, image.shape)].mean() > 0.9
    assert (blur_faces(other, [face]) == blur_faces(image, [face])).all()


@given(
    st.floats(-40, 150),
    st.floats(-40, 110),
    st.floats(1, 200),
    st.floats(1, 200),
    st.floats(0, 6.3),
)
def test_the_whole_face_is_covered_wherever_it_lies(x, y, width, height, angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * width / 2
    corners = (square @ turn.T + (x + width / 2, y + height / 2)).astype(np.float32)
    face = face_at((x, y, width, height), corners)
    image = noise()
    covered = np.zeros(image.shape[:2], bool)
    left, top, right, bottom = (max(0, side) for side in face_region(face))
    covered[top:bottom, left:right] = True
    assert covered[inside(face, image.shape)].all()
    blur_faces(image, [face])


@pytest.mark.parametrize("side", [1, 3, 5, 12])
def test_small_faces_keep_fewer_colors(side):
    image = noise()
    colors = mosaic(image, (10, 10, 10 + side, 10 + side))
    assert colors.shape[:2] == (max(1, side // 4),) * 2
    before = image.copy()
    cover(image, (10, 10, 10 + side, 10 + side), colors)
    if side == 1:
        assert (image == before).all(), "one pixel is its own mean: it tells of no face"


def test_faces_that_overlap_and_faces_outside():
    image = noise()
    two = [face_at((40, 40, 30, 30)), face_at((55, 45, 30, 30))]
    result = blur_faces(image, two)
    for face in two:
        mask = inside(face, image.shape)
        assert (result[mask] != image[mask]).any(axis=1).mean() > 0.99
    assert (blur_faces(image, [face_at((500, 500, 30, 30))]) == image).all()
