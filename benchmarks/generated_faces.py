"""Packs of generated faces of any size, for measurements of scale; `benchmarks/scale.py` uses them.

    python benchmarks/generated_faces.py 1000000 OUT

Each face is two bundled faces, turned, moved and enlarged a little, joined along a smooth mask and
relit: there are as many different ones as are asked for. One in twenty is a near duplicate of an
earlier one (brighter, a pixel aside, noisy), one in fifty an exact copy. `crowd` makes the last
tenth copies of one face that share its hash and differ in a few pixels. The same number gives the
same faces.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.sample import sample_pack

BLOCK = 1000


def faces_of(block: int, bases: torch.Tensor) -> np.ndarray:
    """Return the faces of one block, uint8 (1000,48,48), from the bundled ones, float (B,48,48).

    Example:
        >>> faces_of(3, torch.rand(4, 48, 48) * 255).shape
        (1000, 48, 48)
    """
    draw = torch.Generator().manual_seed(block)
    layers = []
    for _ in range(2):
        angle = torch.randn(BLOCK, generator=draw) * 0.15
        scale = 0.85 + 0.2 * torch.rand(BLOCK, generator=draw)
        mirrored = (torch.rand(BLOCK, generator=draw) < 0.5) * 2 - 1
        place = torch.randn(BLOCK, 2, generator=draw) * 0.06
        cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
        turn = torch.stack([cos * mirrored, -sin, place[:, 0], sin, cos, place[:, 1]], 1)
        grid = F.affine_grid(turn.view(-1, 2, 3), [BLOCK, 1, 48, 48], align_corners=False)
        chosen = bases[torch.randint(len(bases), (BLOCK,), generator=draw)][:, None]
        layers.append(F.grid_sample(chosen, grid, padding_mode="reflection", align_corners=False))
    mask = F.interpolate(torch.randn(BLOCK, 1, 4, 4, generator=draw) * 3, (48, 48), mode="bicubic")
    mixed = torch.lerp(*layers, torch.sigmoid(mask))[:, 0]
    light = 0.6 + 0.6 * torch.rand(BLOCK, 1, 1, generator=draw)
    faces = (mixed * light).clamp(0, 255).to(torch.uint8).numpy()
    rng = np.random.default_rng(block)
    for row in range(1, BLOCK):
        chance, earlier = rng.random(), faces[rng.integers(row)]
        if chance < 0.05:
            noise = rng.normal(0, 3, earlier.shape)
            changed = np.clip(np.roll(earlier, 1, 1) * 0.9 + 15 + noise, 0, 255)
            faces[row] = changed.astype(np.uint8)
        elif chance < 0.07:
            faces[row] = earlier
    return faces


def items(count: int, crowd: bool = False, start: int = 0) -> Iterator[PackItem]:
    """Yield generated faces."""
    pack = sample_pack()
    bases = torch.from_numpy(np.array(pack.images)).float()
    alike = count - count // 10 if crowd else count
    for row in range(start, count):
        if row == start or row % BLOCK == 0:
            block = faces_of(row // BLOCK, bases)
        face = block[row % BLOCK]
        if row >= alike:
            face = np.array(pack.images[0])
            face.flat[np.random.default_rng(row).integers(0, face.size, 4)] ^= 1
        yield PackItem(face, f"face {row}")


def make(count: int, out: Path, crowd: bool = False) -> Path:
    """Write a pack of generated faces, unless it is there."""
    if not (out / "pack.json").is_file():
        write_pack(out, items(count, crowd), expressions=[], source={"name": "generated"})
    return out


if __name__ == "__main__":
    make(int(sys.argv[1]), Path(sys.argv[2]), crowd="--crowd" in sys.argv)
