"""A sheet of selected faces to look at, numbered in their order."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

THUMBNAIL = 88
COLUMNS = 10
_CAPTION = 26
_GAP = 8
_MOST = 200


def draw_faces(path: Path, images: Sequence[np.ndarray], captions: Sequence[str]) -> None:
    """Draw faces with their numbers and captions as PNG; of many the first two hundred.

    Args:
        path: file to write.
        images: uint8 (H,W) or (H,W,3).
        captions: one line for each; what is too long is cut.
    """
    shown = min(len(images), _MOST)
    rows = max(1, -(-shown // COLUMNS))
    width, height = THUMBNAIL + _GAP, THUMBNAIL + _CAPTION + _GAP
    across = min(COLUMNS, max(shown, 1))
    sheet = Image.new("RGB", (across * width + _GAP, rows * height + _GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for place in range(shown):
        left, top = _GAP + place % COLUMNS * width, _GAP + place // COLUMNS * height
        face = Image.fromarray(np.ascontiguousarray(images[place])).convert("RGB")
        sheet.paste(face.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BICUBIC), (left, top))
        for line, text in enumerate((f"{place + 1}", captions[place])):
            while draw.textlength(text) > THUMBNAIL and len(text) > 1:
                text = text[:-1]
            draw.text((left, top + THUMBNAIL + 1 + 12 * line), text, "black")
    sheet.save(path, "PNG")
