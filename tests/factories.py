"""Small things that tests of several packages are made of."""

import json

import torch
from torch import Tensor

from asdcfer.augmentation.views import ViewMaker, ViewOptions, Views
from asdcfer.data.sample import sample_pack
from asdcfer.expressions import EXPRESSIONS
from asdcfer.methods.asdc import Asdc
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.teacher import Teacher
from asdcfer.models import cards
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.heads import Projector
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_encoder


class Heard:
    """A `Progress` that remembers.

    Attributes:
        calls: stage -> (done, total) of each call.
        lines: the messages.
    """

    def __init__(self) -> None:
        self.calls: dict[str, list[tuple[float, float]]] = {}
        self.lines: list[str] = []

    @property
    def stages(self) -> dict[str, float]:
        """How much of each stage was done in the end."""
        return {stage: calls[-1][0] for stage, calls in self.calls.items()}

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        assert done >= 0
        assert not total or done <= total + 1e-6, (stage, done, total)
        self.calls.setdefault(stage, []).append((done, total))

    def message(self, text: str) -> None:
        assert "\n\n" not in text
        self.lines.append(text)


SMALL = dict(projector_hidden=32, projector_dim=16, queue_size=24)
"""Options of a method that is as small as its tests need."""

SPEC = EncoderSpec(
    name="resnet18",
    arguments={"width": 4, "stem": "stride2", "attention": "both"},
    pooling="parts",
    preprocessing=Preprocessing(size=32),
)
"""An encoder with every kind of part, to be saved."""


def rand(*shape: int, seed: int = 0) -> Tensor:
    """Return float64 numbers from a normal distribution, the same for a seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def small_encoder(seed=0, name="mobile", width=0.25, preprocessing=None, **arguments) -> Encoder:
    """Return a student for faces of 32 pixels."""
    torch.manual_seed(seed)
    return build_encoder(
        EncoderSpec(
            name=name,
            arguments={"width": width} | arguments,
            preprocessing=preprocessing or Preprocessing(size=32),
        )
    )


def small_teacher_encoder(seed=7, **kwargs) -> Encoder:
    """Return an encoder of another kind than `small_encoder`."""
    return small_encoder(seed, "resnet18", 8, **kwargs)


def some_views(count=8, seed=0, size=32, preprocessing=None, **options) -> Views:
    """Return views of real faces, other faces for another seed."""
    faces = torch.from_numpy(sample_pack().images[seed * count : (seed + 1) * count].copy())
    maker = ViewMaker(ViewOptions(size=size, **options))
    return maker(
        faces, preprocessing or Preprocessing(size=size), torch.Generator().manual_seed(seed)
    )


def small_teacher(width=16, **kwargs) -> Teacher:
    """Return a teacher with a projector of that width; None for none."""
    encoder = small_teacher_encoder(**kwargs)
    return Teacher(encoder, Projector(encoder.feature_dim, 32, width) if width else None)


def small_asdc(frozen=None, **options) -> Asdc:
    """Return a student under `frozen`, or under a small teacher."""
    frozen = frozen or small_teacher()
    torch.manual_seed(1)
    return Asdc(small_encoder(), frozen, AsdcOptions(**SMALL | options)).train()


def an_encoder(spec: EncoderSpec = SPEC):
    encoder = build_encoder(spec)
    encoder.train()(torch.randn(8, 1, 32, 32))
    return encoder.eval()


def a_model() -> ExpressionModel:
    encoder = an_encoder()
    return ExpressionModel(
        encoder, Classifier(encoder.feature_dim, 7, 0.2), EXPRESSIONS, 1.7
    ).eval()


def saved(tmp_path):
    return save_encoder(tmp_path / "one", an_encoder(), {})


def resign(path, **changes):
    """Make the card fit the changed file, so that the next check is reached."""
    card = json.loads(path.with_suffix(".json").read_text()) | changes
    card["hashes"]["file"] = cards.hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(cards.card_text(card))
