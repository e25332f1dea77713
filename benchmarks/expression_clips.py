r"""Make clips of faces that move and change, from still faces with labels.

    python benchmarks/expression_clips.py --data fer2013 --out clips

Each clip is one camera: its own light (gamma, gain, from a side), size of the face, blur, noise and
compression. In it a few still faces of the pack follow each other; each drifts, turns, nods and is
warped a little from frame to frame. What is shown when is kept, so that the label of every moment
is known. Clips of `train` show faces of PublicTest, clips of `test` those of PrivateTest: the
shipped model has learnt the labels of the training faces, and would know them.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.resolve_data import resolve_data_path
from asdcfer.files import write_json

CANVAS, RATE = 192, 8
SHOWN = ".json"
"""Suffix of the file beside the folder of clips: what each shows when."""


@dataclass(frozen=True)
class ClipSettings:
    """How many clips, and of what length.

    Attributes:
        train: clips to learn from.
        test: clips to measure on.
        faces: in each clip.
        seconds: that each face is shown.
        seed: of everything random.
    """

    train: int = 120
    test: int = 120
    faces: int = 4
    seconds: float = 1.5
    seed: int = 0


@dataclass(frozen=True)
class Camera:
    """What all frames of a clip have in common."""

    gamma: float
    gain: float
    side: float
    size: int
    blur: float
    noise: float
    bit_rate: int


def camera(rng: np.random.Generator) -> Camera:
    """Return a cheap camera, far away, in a dim room."""
    return Camera(
        gamma=float(rng.uniform(1.2, 2.6)),
        gain=float(rng.uniform(0.3, 0.8)),
        side=float(rng.uniform(-0.8, 0.8)),
        size=int(rng.integers(50, 80)),
        blur=float(rng.uniform(0.4, 1.3)),
        noise=float(rng.uniform(3, 10)),
        bit_rate=int(rng.uniform(60_000, 250_000)),
    )


def warped(face: np.ndarray, rng: np.random.Generator, reach: float = 0.03) -> np.ndarray:
    """Return a face whose parts are shifted a little, smoothly.

    Args:
        face: float32 (S,S).
        rng: random numbers.
        reach: largest shift, as a share of the side.
    """
    side = len(face)
    shift = rng.uniform(-reach, reach, (2, 4, 4)).astype(np.float32) * side
    right, lower = (cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC) for one in shift)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    return cv2.remap(face, x + right, y + lower, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def frames(face: np.ndarray, count: int, look: Camera, rng: np.random.Generator) -> Iterator:
    """Yield the frames in which one still face moves, uint8 (192,192,3).

    Args:
        face: uint8 (S,S).
        count: how many.
        look: of the camera.
        rng: random numbers.
    """
    large = cv2.resize(face, (look.size,) * 2, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    y, x = (np.mgrid[: look.size, : look.size] / look.size - 0.5).astype(np.float32)
    # The still face ends at its frame; it fades into the wall behind.
    mask = np.clip((0.5 - np.maximum(np.abs(x), np.abs(y))) * 8, 0, 1)
    wall = float(face.mean())
    start, end = rng.uniform(-14, 14, (2, 2))
    turns = rng.uniform(-9, 9, 2)
    light = 1 + look.side * np.linspace(-1, 1, CANVAS, dtype=np.float32)[None]
    for step in range(count):
        part = step / max(1, count - 1)
        shown = warped(large, rng) * mask + wall * (1 - mask)
        turn = cv2.getRotationMatrix2D(
            (look.size / 2,) * 2, float((1 - part) * turns[0] + part * turns[1]), 1
        )
        turn[:, 2] += CANVAS / 2 - look.size / 2 + (1 - part) * start + part * end
        frame = cv2.warpAffine(shown, turn, (CANVAS,) * 2, borderValue=wall)
        frame = 255 * look.gain * np.clip(frame / 255, 0, 1) ** look.gamma * light
        frame = cv2.GaussianBlur(frame, (0, 0), look.blur) + rng.normal(0, look.noise, frame.shape)
        yield np.repeat(np.clip(frame, 0, 255).astype(np.uint8)[..., None], 3, 2)


def write_clip(
    path: Path, faces: list[np.ndarray], settings: ClipSettings, rng: np.random.Generator
) -> None:
    """Write a clip in which faces follow each other."""
    look, count = camera(rng), round(settings.seconds * RATE)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width = stream.height = CANVAS
        stream.pix_fmt, stream.bit_rate = "yuv420p", look.bit_rate
        for face in faces:
            for frame in frames(face, count, look, rng):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def write_clips(pack: Pack, out: Path, settings: ClipSettings) -> dict[str, list[list]]:
    """Write train/ and test/ with their clips, and what they show.

    Returns:
        Clip -> [second at which a face appears, its expression] in the order of time.
    """
    shown: dict[str, list[list]] = {}
    parts = (("train", "public", settings.train), ("test", "private", settings.test))
    for split, source, count in parts:
        rng = np.random.default_rng([settings.seed, len(shown)])
        rows = rng.permutation(pack.rows(source))[: count * settings.faces]
        (out / split).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            own = rows[number * settings.faces : (number + 1) * settings.faces]
            name = f"{split}/{number:03d}.mp4"
            write_clip(out / name, [np.asarray(pack.images[row]) for row in own], settings, rng)
            shown[name] = [
                [place * round(settings.seconds * RATE) / RATE, pack.expressions[pack.labels[row]]]
                for place, row in enumerate(own)
            ]
    write_json(out.with_suffix(SHOWN), {"settings": asdict(settings), "shown": shown})
    return shown


def shown_at(moments: list[list], seconds: float) -> str:
    """Return the expression that a clip shows at a time.

    Example:
        >>> moments = [[0.0, "happy"], [1.5, "sad"]]
        >>> shown_at(moments, 1.4), shown_at(moments, 1.5)
        ('happy', 'sad')
    """
    return str([label for begin, label in moments if begin <= seconds + 1e-6][-1])


def main() -> None:
    """Write the clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="fer2013")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    shown = write_clips(load_pack(resolve_data_path(asked.data)), asked.out, ClipSettings())
    print(json.dumps({"clips": len(shown), "out": str(asked.out)}))


if __name__ == "__main__":
    main()
