"""Draw faces onto pictures: boxes, names, score bars, and the attention that led to an answer."""

from collections.abc import Sequence

import cv2
import numpy as np

from asdcfer.recognition.face import STATUS_OK, Face
from asdcfer.recognition.palette import OTHER, ink_on, looks, rgb

_WHITE = (255, 255, 255)


def draw_faces(image: np.ndarray, faces: Sequence[Face], bars: bool = True) -> np.ndarray:
    """Return a copy of a picture with its faces drawn in.

    Args:
        image: uint8 (H,W,3) RGB.
        faces: of this picture; attention maps are laid over it where faces carry them.
        bars: draw a bar for each score beside the box.

    Example:
        >>> face = Face((8, 8, 30, 30), None, {"happy": 0.9, "sad": 0.1}, "happy", 0.9)
        >>> bool((draw_faces(np.zeros((64, 64, 3), np.uint8), [face]) > 0).any())
        True
    """
    result = np.ascontiguousarray(image).copy()
    for face in faces:
        if face.attention is not None and face.corners is not None:
            _lay_over(result, face.attention, face.corners)
    # Text keeps one size on the sheet, whatever the picture's resolution.
    unit = max(1.0, max(result.shape[:2]) / 900)
    for face in faces:
        _draw(result, face, unit, bars)
    return result


def attention_overlay(image: np.ndarray, face: Face) -> np.ndarray:
    """Return a copy of a picture with the attention of one face, if it carries one, laid over."""
    result = np.ascontiguousarray(image).copy()
    if face.attention is not None and face.corners is not None:
        _lay_over(result, face.attention, face.corners)
    return result


def _lay_over(image: np.ndarray, attention: np.ndarray, corners: np.ndarray) -> None:
    """Warp a map over the crop back to the picture and blend it in, in place."""
    side = 96
    smooth = cv2.resize(
        attention.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
    ).clip(0, 1)
    square = np.array([[0, 0], [side, 0], [side, side]], np.float32)
    matrix = cv2.getAffineTransform(square, np.ascontiguousarray(corners[:3], np.float32))
    left, top = np.floor(corners.min(0)).astype(int).clip(0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, image.shape[1::-1])
    if right <= left or bottom <= top:
        return
    matrix[:, 2] -= (left, top)
    size = (int(right - left), int(bottom - top))
    heat = cv2.warpAffine(smooth, matrix, size)
    inside = cv2.warpAffine(np.ones_like(smooth), matrix, size)
    color = cv2.cvtColor(
        cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB
    )
    weight = (inside * (0.15 + 0.5 * heat))[..., None]
    part = image[top:bottom, left:right]
    part[:] = (part * (1 - weight) + color * weight).astype(np.uint8)


def _draw(image: np.ndarray, face: Face, unit: float, bars: bool) -> None:
    color = _colors(face).get(face.expression, rgb(OTHER.dark))
    x, y, width, height = (round(value) for value in face.box)
    cv2.rectangle(
        image, (x, y), (x + width, y + height), color, max(1, round(2 * unit)), cv2.LINE_AA
    )
    if face.landmarks is not None and width > 30 * unit:
        for px, py in face.landmarks:
            cv2.circle(
                image,
                (round(float(px)), round(float(py))),
                max(1, round(1.5 * unit)),
                _WHITE,
                -1,
                cv2.LINE_AA,
            )
    note = "" if face.status in (STATUS_OK, face.expression) else f" ({face.status})"
    _label(
        image,
        f"{face.id}: {face.expression} {100 * face.confidence:.0f}%{note}",
        (x, y),
        color,
        unit,
    )
    if bars and height > 40 * unit:
        _bars(image, face, unit)


def _colors(face: Face) -> dict[str, tuple[int, int, int]]:
    return {name: rgb(look.dark) for name, look in looks(tuple(face.scores)).items()}


def _label(
    image: np.ndarray, text: str, corner: tuple[int, int], color: tuple[int, int, int], unit: float
) -> None:
    """Write a line on a filled strip above a point, or below it where there is no room above."""
    scale, thickness = 0.5 * unit, max(1, round(unit))
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    strip = height + base + round(4 * unit)
    x = max(0, min(corner[0], image.shape[1] - width - round(6 * unit)))
    y = corner[1] - strip if corner[1] >= strip else corner[1]
    cv2.rectangle(image, (x, y), (x + width + round(6 * unit), y + strip), color, -1)
    cv2.putText(
        image,
        text,
        (x + round(3 * unit), y + strip - base - round(unit)),
        cv2.FONT_HERSHEY_SIMPLEX,
        scale,
        ink_on(color),
        thickness,
        cv2.LINE_AA,
    )


def _bars(image: np.ndarray, face: Face, unit: float) -> None:
    """Draw one bar a score to the right of the box.

    To its left where there is no room on the right; none where there is room on neither side.
    """
    row, wide = round(15 * unit), round(130 * unit)
    left = round(face.box[0] + face.box[2] + 6 * unit)
    if left + wide > image.shape[1]:
        left = round(face.box[0] - 6 * unit) - wide
    top = min(max(0, round(face.box[1])), max(0, image.shape[0] - row * len(face.scores)))
    if left < 0:
        return
    panel = image[top : top + row * len(face.scores), left : left + wide]
    panel[:] = (panel * 0.35).astype(np.uint8)
    colors = _colors(face)
    for number, (name, score) in enumerate(face.scores.items()):
        y = top + number * row
        begin = left + round(62 * unit)
        cv2.rectangle(
            image,
            (begin, y + round(3 * unit)),
            (begin + round((wide - 66 * unit) * score), y + row - round(3 * unit)),
            colors[name],
            -1,
        )
        cv2.putText(
            image,
            name,
            (left + round(3 * unit), y + row - round(4 * unit)),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.38 * unit,
            _WHITE,
            max(1, round(0.7 * unit)),
            cv2.LINE_AA,
        )
