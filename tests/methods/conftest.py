"""A small student, a small teacher and real views of real faces."""

import pytest
import torch

from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.data.sample import sample_pack
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder

SMALL = dict(projector_hidden=32, projector_dim=16, queue_size=24)


def small_encoder(seed=0, name="mobile", width=0.25, preprocessing=None, **arguments):
    torch.manual_seed(seed)
    return build_encoder(
        EncoderSpec(
            name=name,
            arguments={"width": width} | arguments,
            preprocessing=preprocessing or Preprocessing(size=32),
        )
    )


def small_teacher_encoder(seed=7, **kwargs):
    return small_encoder(seed, "resnet18", 8, **kwargs)


def some_views(count=8, seed=0, size=32, preprocessing=None, **options):
    faces = torch.from_numpy(sample_pack().images[seed * count : (seed + 1) * count].copy())
    maker = ViewMaker(ViewOptions(size=size, **options))
    return maker(
        faces, preprocessing or Preprocessing(size=size), torch.Generator().manual_seed(seed)
    )


@pytest.fixture
def views():
    return some_views(warp_negatives=1)
