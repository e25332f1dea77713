"""Real pictures of faces and a real recognizer with untrained weights: true boxes and attention,
meaningless scores.
"""

from pathlib import Path
from typing import Any

import numpy as np


def astronaut() -> np.ndarray:
    """The smiling astronaut, uint8 (512,512,3)."""
    from skimage import data

    return data.astronaut()


def hopper() -> np.ndarray:
    """Grace Hopper, uint8 (600,512,3)."""
    import matplotlib.cbook
    from PIL import Image

    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        return np.asarray(Image.open(file).convert("RGB"))


def pair() -> np.ndarray:
    """Both side by side, uint8 (512,1024,3)."""
    return np.hstack([astronaut(), hopper()[:512]])


def film(path: Path, seconds: float = 3, rate: int = 10, sound: bool = False) -> Path:
    """Both faces in one picture; the right one leaves in the middle third and returns.

    With sound, a tone of 440 Hz goes along.
    """
    import av

    both, alone = pair()[::2, ::2], pair()[::2, ::2].copy()
    alone[:, 256:] = 60
    # VP8 because every Chromium plays it; constant size keeps the encoder fast.
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libvpx", rate=rate, options={"deadline": "realtime", "cpu-used": "8"}
        )
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = (
            512,
            256,
            "yuv420p",
            1_500_000,
        )
        tone = container.add_stream("libopus", rate=48_000) if sound else None
        count = int(seconds * rate)
        for index in range(count):
            picture = alone if count / 3 <= index < 2 * count / 3 else both
            moved = np.roll(picture, 2 * (index % 10), axis=0)
            container.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(np.ascontiguousarray(moved), format="rgb24")
                )
            )
        container.mux(stream.encode(None))
        if tone is not None:
            container.mux(tone.encode(_tone(seconds)))
            container.mux(tone.encode(None))
    return path


def _tone(seconds: float) -> Any:
    import av

    wave = np.sin(2 * np.pi * 440 * np.arange(int(48_000 * seconds)) / 48_000)
    samples = (8000 * wave).astype(np.int16)[None]
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = 48_000
    return frame


def real_recognizer() -> Any:
    """YuNet, alignment and a tiny network with random weights of a fixed seed, sharpened so that
    one score leads.
    """
    import torch

    from asdcfer.expressions import EXPRESSIONS
    from asdcfer.models.classifier import Classifier, ExpressionModel
    from asdcfer.models.encoder import EncoderSpec
    from asdcfer.models.registry import build_encoder
    from asdcfer.predict.recognizer import Recognizer

    torch.manual_seed(3)
    encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
    model = ExpressionModel(
        encoder, Classifier(encoder.feature_dim, len(EXPRESSIONS)), EXPRESSIONS, temperature=0.02
    )
    return Recognizer(model.eval())
