"""A made pack of moving faces: real faces whose mouth, eyes and brows move along a track."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from asdcfer.augmentation.geometry import sampling_grid
from asdcfer.augmentation.warp import local_displacement
from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.sample import sample_pack
from asdcfer.expressions import EXPRESSIONS


def moving_pack(path: Path, tracks: int = 12, moments: int = 4, every: float = 0.4) -> Pack:
    """Return a pack of faces that move, with ids as a pack made from a video has them.

    Args:
        path: where to write it.
        tracks: faces.
        moments: of each.
        every: seconds between two.
    """
    generator = torch.Generator().manual_seed(0)
    sample = sample_pack()
    faces = []
    for track in range(tracks):
        face = torch.from_numpy(sample.images[track].copy()).float()[None, None]
        nodes = 2 * torch.rand(1, 2, 5, 5, generator=generator) - 1
        for moment in range(moments):
            moved = local_displacement(nodes, 48, 0.15 * moment / moments)
            grid = sampling_grid(torch.eye(2, 3)[None], 48, moved)
            frame = F.grid_sample(face, grid, padding_mode="border", align_corners=False)
            name = f"made.mp4#{track}@{moment * every:.2f}"
            faces.append(PackItem(frame[0, 0].round().numpy().astype(np.uint8), name, "train"))
    return load_pack(write_pack(path, faces, expressions=EXPRESSIONS, source={"kind": "test"}))
