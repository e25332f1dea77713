"""A pack of five faces to label: three moments of a track, and two photos."""

from pathlib import Path

import numpy as np

from asdcfer.app.labeling import Labeling, LabelingSettings, open_labeling
from asdcfer.data.pack_writing import PackItem, write_pack

IDS = ["v.mp4#0@0.5", "v.mp4#0@1", "v.mp4#0@1.5", "a.png", "b.png"]


def label_pack(folder: Path) -> Path:
    """Write the pack; the faces are gray squares, darker by their place."""
    items = [
        PackItem(np.full((24, 24), 40 * place, np.uint8), name, "train", -1)
        for place, name in enumerate(IDS)
    ]
    return write_pack(folder / "pack", items, expressions=["happy", "sad"], source={"name": "x"})


def labeling_of(folder: Path, **more: object) -> Labeling:
    """Open it, with its labels in labels.csv beside it."""
    settings = LabelingSettings(label_pack(folder), folder / "labels.csv", **more)
    return open_labeling(settings)
