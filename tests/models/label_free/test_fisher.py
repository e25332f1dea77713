"""Fisher vectors against slow loops, and what a label-free teacher must promise."""

import numpy as np
import pytest
import torch

from asdcfer.data.sample import sample_pack
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.label_free.fisher import Fisher
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_encoder, save_encoder
from tests.reference.fisher import fisher_vector

SMALL = {"components": 3, "directions": 6, "scales": (4,), "stride": 6, "dims": 8}


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.array(sample_pack().images[:120])


@pytest.fixture(scope="module")
def fitted(faces: np.ndarray) -> Fisher:
    return (
        build_encoder(EncoderSpec(name="fisher", arguments=SMALL))
        .eval()
        .fit(faces, descriptors=4000, rounds=8)
    )


def test_fisher_vector_agrees_with_the_loop(fitted: Fisher, faces: np.ndarray) -> None:
    from asdcfer.models.label_free.dense_descriptors import multiscale_descriptors

    x = fitted.preprocessing.batch(faces[:2])
    found, places = multiscale_descriptors(x, fitted.scales, fitted.stride)
    z = fitted._local(found, places.expand(2, -1, -1)).double().numpy()
    slow = [
        fisher_vector(
            one,
            fitted.weight.double().numpy(),
            fitted.mean.double().numpy(),
            fitted.variance.double().numpy(),
        )
        for one in z
    ]
    np.testing.assert_allclose(fitted._one_sided(x).numpy(), np.stack(slow), atol=2e-3)


def test_a_face_and_its_mirror_image_have_one_feature(fitted: Fisher, faces: np.ndarray) -> None:
    x = fitted.preprocessing.batch(faces[:4])
    torch.testing.assert_close(fitted(x), fitted(x.flip(-1)))


def test_the_feature_varies_as_its_projection_says(fitted: Fisher, faces: np.ndarray) -> None:
    feature = fitted(fitted.preprocessing.batch(faces))
    assert feature.shape == (120, 8) == (120, fitted.feature_dim)
    assert feature.mean(0).abs().max() < 0.05
    assert feature.square().mean().item() == pytest.approx(1, abs=0.02)
    covariance = torch.cov(feature.T)
    assert (covariance - covariance.diag().diag()).abs().max() < 0.02
    assert (covariance.diag().diff() <= 1e-3).all()


def test_the_same_seed_gives_the_same_feature_and_the_file_keeps_it(
    fitted: Fisher, faces: np.ndarray, tmp_path
) -> None:
    again = (
        build_encoder(EncoderSpec(name="fisher", arguments=SMALL))
        .eval()
        .fit(faces, descriptors=4000, rounds=8)
    )
    x = fitted.preprocessing.batch(faces[:5])
    assert torch.equal(fitted(x), again(x))
    save_encoder(tmp_path / "f", fitted, {})
    assert torch.equal(load_encoder(tmp_path / "f.safetensors")(x), fitted(x))


def test_unfitted_and_impossible_settings_are_refused(faces: np.ndarray) -> None:
    with pytest.raises(RuntimeError, match="fit"):
        build_encoder(EncoderSpec(name="fisher", arguments=SMALL))(torch.zeros(1, 1, 48, 48))
    with pytest.raises(ValueError, match="gray"):
        Fisher(channels=3)


def test_the_projection_of_some_faces_is_near_that_of_all(faces: np.ndarray) -> None:
    """Fitted on half of the faces; the mixture is that of all."""
    some, every = (
        build_encoder(EncoderSpec(name="fisher", arguments=SMALL))
        .eval()
        .fit(faces, descriptors=4000, rounds=8, faces=count)
        for count in (60, None)
    )
    assert torch.equal(some.mean, every.mean)
    assert not torch.equal(some.projection, every.projection)
    x = some.preprocessing.batch(faces)
    a, b = (encoder(x) - encoder(x).mean(0) for encoder in (some, every))
    near = torch.nn.functional.cosine_similarity(a @ a.T, b @ b.T, dim=1)
    assert near.mean() > 0.9
