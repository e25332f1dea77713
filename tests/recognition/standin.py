"""A small model fitted in a second, and real pictures, for the tests of recognition and of its
commands.
"""

import functools
from importlib.util import find_spec
from pathlib import Path

import av
import cv2
import matplotlib
import numpy as np
import torch

from asdcfer.data.sample import sample_pack
from asdcfer.expressions import EXPRESSIONS
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder
from asdcfer.recognition.face import Face

NAMES = ("happy", "sad")
"""The scores of `face`."""


def face(number: int = 0, score: float = 0.75, **more) -> Face:
    """A face that no model made."""
    scores = {"happy": score, "sad": 1 - score}
    return Face((1.234, 2, 30, 40), None, scores, "happy", score, id=number, **more)


@functools.cache
def fitted_model(channels: int = 1) -> ExpressionModel:
    """A random small network with a ridge regression on the sample's training faces: poor (it
    guesses), but its answers depend on the face.
    """
    torch.manual_seed(0)
    encoder = build_encoder(
        EncoderSpec(
            name="resnet18",
            arguments={"width": 8, "stem": "stride2"},
            preprocessing=Preprocessing(channels=channels),
        )
    ).eval()
    pack = sample_pack()
    rows = pack.rows("train")[::3]
    x = encoder.preprocessing.batch(pack.images[rows])
    for part in encoder.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            # plain average of what it sees: a random network's features vanish under the statistics
            # it is born with
            part.momentum = None
    with torch.no_grad():
        encoder.train()(x)
        feature = encoder.eval()(x).double()
    mean, std = feature.mean(0), feature.std(0) + 1e-12
    x = (feature - mean) / std
    targets = torch.eye(7, dtype=torch.double)[torch.as_tensor(pack.labels[rows])] - 1 / 7
    weight = torch.linalg.solve(
        x.T @ x + 50 * torch.eye(x.shape[1], dtype=torch.double), x.T @ targets
    ).T
    classifier = Classifier(encoder.feature_dim, 7)
    with torch.no_grad():
        classifier.linear.weight.copy_(weight / std)
        classifier.linear.bias.copy_(-(weight / std) @ mean)
    return ExpressionModel(
        encoder,
        classifier,
        EXPRESSIONS,
        temperature=0.1,
        card={"name": "standin", "license": "MIT"},
    ).eval()


@functools.cache
def astronaut() -> np.ndarray:
    """One smiling face, about 90 x 113 pixels, in 512 x 512."""
    # Read from the installed folder: importing skimage takes a second.
    return cv2.cvtColor(
        cv2.imread(str(Path(find_spec("skimage").origin).parent / "data" / "astronaut.png")),
        cv2.COLOR_BGR2RGB,
    )


def hopper_path() -> Path:
    """A photo of one face as a JPEG file."""
    return Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"


@functools.cache
def hopper() -> np.ndarray:
    """One face, about 170 x 212 pixels, in 600 x 512."""
    return cv2.cvtColor(cv2.imread(str(hopper_path())), cv2.COLOR_BGR2RGB)


@functools.cache
def both() -> np.ndarray:
    """Both side by side: two faces, Grace Hopper's (right) the larger."""
    return np.hstack([astronaut(), hopper()[:512]])


def write_video(
    path: Path, frames: list[np.ndarray], rate: int = 25, codec: str | None = None, **options: str
) -> Path:
    """Encode RGB frames; options are the container's."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(
            codec or ("libx264" if path.suffix != ".avi" else "mpeg4"),
            rate=rate,
            options={"g": "5"},
        )
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for image in frames:
            container.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
                )
            )
        container.mux(stream.encode(None))
    return path


def small(image: np.ndarray, side: int) -> np.ndarray:
    """Shrink to a square of `side` pixels."""
    return cv2.resize(image[:512, :512], (side, side), interpolation=cv2.INTER_AREA)


def moving_frames(count: int = 60) -> list[np.ndarray]:
    """The astronaut walks to the right, Hopper stands; between a third and two thirds the astronaut
    is away, and comes back.
    """
    walker, stander = small(astronaut(), 160), small(hopper(), 200)
    frames = []
    for number in range(count):
        canvas = np.full((220, 520, 3), 128, np.uint8)
        canvas[10:210, 310:510] = stander
        if not count // 3 <= number < 2 * count // 3:
            left = 2 * number
            canvas[30:190, left : left + 160] = walker
        frames.append(canvas)
    return frames
