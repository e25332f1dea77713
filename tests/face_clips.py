"""Made videos: faces of the bundled sample that move over a background, and change."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from asdcfer.data.sample import sample_pack

SIDE = 120
"""Of a face, pixels."""
SHAPE = (240, 480)


def clip_frames(
    people: Sequence[int], seconds: float, rate: int = 10, seed: int = 0, still: bool = False
) -> Iterator[np.ndarray]:
    """Yield RGB frames in which faces sway beside each other, and their mouths open and close.

    Args:
        people: rows of the sample pack, two at most.
        seconds: length.
        rate: frames a second.
        seed: of noise and background.
        still: nothing moves but the noise.
    """
    images = sample_pack().images
    random = np.random.default_rng(seed)
    coarse = random.integers(40, 200, (4, 8, 3)).astype(np.uint8)
    background = cv2.resize(coarse, SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
    for number in range(round(seconds * rate)):
        time = 0.0 if still else number / rate
        frame = background.copy()
        for place, row in enumerate(people):
            face = cv2.resize(images[row], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
            face = _opened(face, 0.5 - 0.5 * np.cos(2 * np.pi * time / 3))
            left = 50 + 220 * place + round(20 * np.sin(time + place))
            top = 60 + round(15 * np.sin(0.7 * time))
            frame[top : top + SIDE, left : left + SIDE] = face[..., None]
        noise = random.integers(-4, 5, frame.shape)
        yield np.clip(frame + noise, 0, 255).astype(np.uint8)


def _opened(face: np.ndarray, share: float) -> np.ndarray:
    """Stretch the lower part of a face, as a mouth that opens."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    center, reach = 0.75 * SIDE, 0.22 * SIDE
    near = np.exp(-(((y - center) / reach) ** 2) - ((x - SIDE / 2) / (1.3 * reach)) ** 2)
    moved = y - 0.3 * share * near * (y - center)
    return cv2.remap(face, x, moved.astype(np.float32), cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT)


def write_clip(path: Path, people: Sequence[int], seconds: float, rate: int = 10, **how) -> Path:
    """Write such a video; the suffix says its container."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        codec = "mpeg4" if path.suffix == ".avi" else "libx264"
        stream = container.add_stream(codec, rate=rate, options={"preset": "ultrafast"})
        stream.height, stream.width = SHAPE
        stream.pix_fmt = "yuv420p"
        for image in clip_frames(people, seconds, rate, **how):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path
