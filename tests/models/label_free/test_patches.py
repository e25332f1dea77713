import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeClassifier

from asdcfer.data.sample import sample_pack
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.label_free.patches import CONTRAST_FLOOR, Patches, spherical_kmeans
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_encoder, save_encoder
from tests.reference import patches as reference


def faces(n: int = 40, seed: int = 0, color: bool = False) -> np.ndarray:
    """Smooth random pictures, so that patches have structure."""
    noise = torch.randn(n, 3 if color else 1, 8, 8, generator=torch.Generator().manual_seed(seed))
    smooth = torch.nn.functional.interpolate(noise, (24, 24), mode="bicubic", align_corners=False)
    pixels = (smooth * 40 + 128).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return pixels if color else pixels[..., 0]


def small(**arguments) -> Patches:
    spec = EncoderSpec(
        name="patches",
        arguments={"patch": 5, "centroids": 12, "grid": 3} | arguments,
        pooling="grid",
        pooling_arguments={"cells": 3},
        preprocessing=Preprocessing(size=24),
    )
    return build_encoder(spec)


@pytest.mark.parametrize("channels", [1, 3])
def test_features_equal_the_slow_reference_one_patch_at_a_time(channels, monkeypatch):
    spec = EncoderSpec(
        name="patches",
        arguments={"patch": 5, "centroids": 6, "grid": 3},
        preprocessing=Preprocessing(size=24, channels=channels),
    )
    encoder, images = build_encoder(spec), faces(6, color=channels == 3)
    x = encoder.preprocessing.batch(images)
    # All windows of the images as training patches, whitened and clustered by the reference as
    # well.
    windows = x.unfold(2, 5, 4).unfold(3, 5, 4).permute(0, 2, 3, 1, 4, 5).reshape(-1, channels * 25)
    monkeypatch.setattr(Patches, "_draw", lambda self, images, patches, generator: windows)
    encoder.fit(images, rounds=3)
    p = windows.double().numpy()
    normal = (p - p.mean(1, keepdims=True)) / np.sqrt(p.var(1, keepdims=True) + CONTRAST_FLOOR)
    mean, whiten = reference.zca(normal, 0.1)
    centroids = (
        torch.randn(6, channels * 25, generator=torch.Generator().manual_seed(0)).double().numpy()
    )
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    for _ in range(3):
        centroids = reference.spherical_kmeans_round((normal - mean) @ whiten, centroids)
    due = np.stack(
        [
            reference.patch_features(image, mean, whiten, centroids, 5, 3, 0.25, CONTRAST_FLOOR)
            for image in x.double().numpy()
        ]
    )
    np.testing.assert_allclose(encoder.forward_maps(x)[0].numpy(), due, atol=2e-4)


def test_the_same_seed_gives_the_same_features_and_another_seed_others():
    x = Preprocessing(size=24).batch(faces(5))
    one, same, other = (small().fit(faces(), patches=500, rounds=4, seed=s)(x) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.allclose(one, other)


def test_maps_and_feature_keep_the_contract():
    encoder = small().fit(faces(), patches=500, rounds=4)
    x = encoder.preprocessing.batch(faces(70))
    assert encoder.forward_maps(x)[0].shape == (70, 24, 3, 3)
    assert encoder(x).shape == (70, encoder.feature_dim) == (70, 24 * 9)
    torch.testing.assert_close(
        encoder(x), torch.cat([encoder(one[None]) for one in x]), atol=1e-5, rtol=1e-4
    )


def test_it_is_the_same_under_autocast_and_has_nothing_to_train():
    encoder = small().fit(faces(), patches=500, rounds=4)
    x = encoder.preprocessing.batch(faces(3))
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(encoder(x), small().fit(faces(), patches=500, rounds=4)(x))
    assert list(encoder.parameters()) == []


def test_it_does_not_see_exposure_or_contrast():
    encoder = small().fit(faces(), patches=500, rounds=4)
    x = encoder.preprocessing.batch(faces(3))
    first, second = encoder(x), encoder(x * 3 + 5)
    assert torch.nn.functional.cosine_similarity(first, second).min() > 0.99


def test_saved_and_loaded_it_is_the_same(tmp_path):
    encoder = small().fit(faces(), patches=500, rounds=4)
    loaded = load_encoder(save_encoder(tmp_path / "patches", encoder, {}))
    x = encoder.preprocessing.batch(faces(3))
    assert torch.equal(loaded(x), encoder(x))
    assert int(loaded.fitted) == 500


def test_before_fit_it_says_so():
    with pytest.raises(RuntimeError, match="fit"):
        small()(torch.zeros(1, 1, 24, 24))


def test_fit_reports_every_round():
    seen = []
    small().fit(
        faces(), patches=200, rounds=3, report=lambda turn, rounds: seen.append((turn, rounds))
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_fewer_patches_than_images_and_more_than_each_holds_are_drawn():
    encoder = small()
    generator = torch.Generator().manual_seed(0)
    assert encoder._draw(faces(40), 7, generator).shape == (7, 25)
    assert encoder._draw(faces(40), 1001, generator).shape == (1001, 25)


def test_drawn_patches_are_windows_of_the_images():
    encoder, images = small(), faces(3)
    x = encoder.preprocessing.batch(images)
    windows = x.unfold(2, 5, 1).unfold(3, 5, 1).reshape(-1, 25)
    drawn = encoder._draw(images, 30, torch.Generator().manual_seed(1))
    assert (torch.cdist(drawn.double(), windows.double()).min(1).values < 1e-5).all()


def test_kmeans_centroids_are_unit_and_get_closer():
    points = torch.randn(400, 8, generator=torch.Generator().manual_seed(0)) * torch.tensor(
        [5.0, 4, 3, 1, 1, 1, 1, 1]
    )

    def explained(rounds):
        centroids = spherical_kmeans(points, 6, rounds, torch.Generator().manual_seed(1))
        torch.testing.assert_close(centroids.norm(dim=1), torch.ones(6))
        return (points @ centroids.T).abs().max(1).values.square().mean()

    assert explained(1) < explained(3) <= explained(15) * 1.01


@pytest.mark.slow
def test_on_real_faces_it_sees_expressions_that_it_was_never_told_of():
    pack = sample_pack()
    train, test = pack.rows("train"), pack.rows("public", "private")
    spec = EncoderSpec(
        name="patches",
        arguments={"centroids": 48, "grid": 4},
        pooling="grid",
        pooling_arguments={"cells": 4},
    )
    encoder = build_encoder(spec).fit(pack.images[train], patches=20_000, rounds=8)
    seen, unseen = (
        torch.cat(
            [
                encoder(encoder.preprocessing.batch(part))
                for part in np.array_split(pack.images[rows], 10)
            ]
        )
        for rows in (train, test)
    )
    mean, deviation = seen.mean(0), seen.std(0) + 1e-4
    scores = (
        RidgeClassifier(alpha=1e4)
        .fit((seen - mean) / deviation, pack.labels[train])
        .score((unseen - mean) / deviation, pack.labels[test])
    )
    # Chance is 1 in 7; a random convolutional encoder gets about 0.2 here, these features about
    # 0.4.
    assert scores > 0.32
