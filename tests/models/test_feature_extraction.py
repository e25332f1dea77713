"""Features of plain faces: one home for training, probes and whoever else asks."""

import numpy as np
import pytest
import torch

from asdcfer.evaluation.probes.features import embed
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.feature_extraction import eval_mode, features_in_batches
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder
from asdcfer.training.engine.health_callback import features_of


def small_encoder():
    torch.manual_seed(0)
    return build_encoder(
        EncoderSpec(name="mobile", arguments={"width": 0.25}, preprocessing=Preprocessing(size=32))
    )


def faces(count: int = 10, *, color: bool = False) -> np.ndarray:
    return np.random.default_rng(0).integers(
        0, 256, (count, 40, 36, *([3] if color else [])), np.uint8
    )


@pytest.mark.slow
def test_training_and_probes_get_the_same_features():
    encoder = small_encoder().eval()
    with torch.no_grad():
        due = encoder(encoder.preprocessing.batch(faces(300)))
    np.testing.assert_allclose(embed(faces(300), encoder), due.numpy(), atol=1e-5)
    torch.testing.assert_close(features_of(encoder, faces(300)), due, atol=1e-5, rtol=1e-5)
    rough = features_of(encoder, faces(), "bf16-mixed")
    assert rough.dtype == torch.float32
    assert not rough.equal(due[:10])
    torch.testing.assert_close(rough, features_of(encoder, faces()), atol=0.1, rtol=0.1)


def test_the_batch_size_and_the_mirror():
    encoder = small_encoder()
    parts = list(features_in_batches(encoder, faces(), 4, hflip=True))
    assert [start for start, _ in parts] == [0, 4, 8]
    np.testing.assert_allclose(
        torch.cat([found for _, found in parts]).numpy(),
        embed(faces()[:, :, ::-1].copy(), encoder),
        atol=1e-5,
    )


def test_whoever_takes_a_batch_keeps_gradients_and_every_part_its_mode():
    encoder = small_encoder().train()
    encoder.pooling.eval()
    for _, found in features_in_batches(encoder, faces(), 4):
        assert torch.is_grad_enabled()
        assert not found.requires_grad
        assert not encoder.training
        break
    assert encoder.training
    assert not encoder.pooling.training
    with eval_mode(encoder) as device:
        assert device.type == "cpu"
        assert not any(module.training for module in encoder.modules())
    assert encoder.training
    assert not encoder.pooling.training
