import numpy as np
import pytest
import torch

import asdcfer
from asdcfer.errors import InputError, WeightsError
from asdcfer.evaluation.probes.features import embed, extract, map_shapes, repooled
from asdcfer.models.weights import save_encoder
from tests.evaluation.standin import toy_encoder, toy_pack
from tests.factories import Heard


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return toy_pack(
        tmp_path_factory.mktemp("features") / "pack", {"train": 20, "public": 6, "private": 6}
    )


@pytest.mark.slow
def test_embed_is_the_encoder_on_the_preprocessed_batch_whatever_the_batch_size(pack) -> None:
    encoder = toy_encoder()
    with torch.no_grad():
        expected = encoder(encoder.preprocessing.batch(pack.images)).numpy()
    for size in (1, 7, 256):
        found = asdcfer.embed(pack.images, encoder, batch_size=size)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_embed_takes_color_of_any_size_and_leaves_the_mode_and_the_buffers() -> None:
    encoder = toy_encoder().train()
    encoder.pooling.eval()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    assert embed(
        np.random.default_rng(0).integers(0, 256, (3, 50, 40, 3), np.uint8), encoder
    ).shape == (3, encoder.feature_dim)
    assert encoder.training
    assert not encoder.pooling.training
    assert all(torch.equal(before[name], tensor) for name, tensor in encoder.state_dict().items())
    assert embed(np.zeros((0, 50, 40), np.uint8), encoder).shape == (0, encoder.feature_dim)


def test_embed_tells_the_one_progress_protocol() -> None:
    progress = Heard()
    embed(np.zeros((5, 48, 48), np.uint8), toy_encoder(), batch_size=2, progress=progress)
    assert progress.calls == {"embedding": [(2, 5), (4, 5), (5, 5)]}


def test_embed_takes_a_list_of_faces_of_different_sizes() -> None:
    encoder, rng = toy_encoder(), np.random.default_rng(1)
    faces = [
        rng.integers(0, 256, shape, np.uint8)
        for shape in ((50, 40), (32, 32, 3), (50, 40), (90, 120, 3))
    ]
    found = embed(faces, encoder)
    for size in (1, 3):
        np.testing.assert_allclose(embed(tuple(faces), encoder, batch_size=size), found, atol=1e-5)
    for face, feature in zip(faces, found, strict=True):
        np.testing.assert_allclose(embed(face[None], encoder)[0], feature, atol=1e-5)
    assert embed([], encoder).shape == (0, encoder.feature_dim)


@pytest.mark.slow
def test_embed_takes_the_name_or_the_path_of_an_encoder(tmp_path) -> None:
    faces = [np.full((48, 48), 90, np.uint8), np.zeros((60, 50, 3), np.uint8)]
    np.testing.assert_array_equal(
        asdcfer.embed(faces, "resnet18"), embed(faces, asdcfer.load_encoder("resnet18"))
    )
    save_encoder(tmp_path / "student" / "encoder", toy_encoder())
    for path in (tmp_path, str(tmp_path / "student" / "encoder")):
        np.testing.assert_array_equal(embed(faces, path), embed(faces, toy_encoder()))
    with pytest.raises(WeightsError, match="no weights 'resnet81'"):
        embed(faces, "resnet81")


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (None, "not NoneType"),
        ("photo.jpg", "not str"),
        (["photo.jpg"], "number 0 is a str"),
        ([[1, 2], [3, 4]], "number 0 is a list"),
        ([np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.float32)], "number 1 is float32"),
        ([np.zeros((2, 9, 9), np.uint8)], r"number 0 is uint8 of shape \(2, 9, 9\)"),
        ([np.zeros((0, 9), np.uint8)], r"shape \(0, 9\)"),
    ],
)
def test_embed_says_in_one_line_what_is_no_list_of_faces(images, said) -> None:
    with pytest.raises(InputError, match=said) as caught:
        embed(images, toy_encoder())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoder", [None, 18, torch.nn.Linear(2, 2)])
def test_embed_says_in_one_line_what_is_no_encoder(encoder) -> None:
    with pytest.raises(InputError, match="must be an Encoder"):
        embed(np.zeros((2, 48, 48), np.uint8), encoder)


def test_embed_refuses_other_shapes_and_types() -> None:
    with pytest.raises(InputError, match="shape"):
        embed(np.zeros((48, 48), np.uint8), toy_encoder())
    with pytest.raises(InputError, match="uint8"):
        embed(np.zeros((2, 48, 48), np.float32), toy_encoder())


@pytest.mark.slow
def test_extract_caches_by_weights_rows_pooling_and_mirror(pack, tmp_path) -> None:
    encoder, calls = toy_encoder(), []
    rows = pack.rows("train")

    def get(encoder=encoder, rows=rows, **more):
        return extract(
            encoder,
            pack,
            rows,
            cache=tmp_path,
            progress=lambda done, total: calls.append(done),
            **more,
        )

    first = get()
    assert calls
    assert len(list((tmp_path / "features").iterdir())) == 1
    calls.clear()
    np.testing.assert_array_equal(get(), first)
    assert calls == []
    mirrored = get(hflip=True)
    np.testing.assert_allclose(
        mirrored, embed(pack.images[rows][:, :, ::-1].copy(), encoder), atol=1e-5
    )
    assert get(rows=rows[:5]).shape[0] == 5
    assert get(repooled(encoder, "global")).shape[1] == encoder.map_channels[-1]
    changed = toy_encoder(seed=1)
    assert not np.allclose(get(changed), first)
    assert len(list((tmp_path / "features").iterdir())) == 5


def test_damaged_cache_is_made_again(pack, tmp_path) -> None:
    encoder, rows = toy_encoder(), pack.rows("public")
    first = np.array(extract(encoder, pack, rows, cache=tmp_path))
    (file,) = (tmp_path / "features").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    np.testing.assert_array_equal(extract(encoder, pack, rows, cache=tmp_path), first)


def test_flattened_keeps_every_position(pack) -> None:
    encoder = toy_encoder()
    channels, height, width = map_shapes(encoder)[1]
    flat = repooled(encoder, "flattened", {"map": 1})
    assert flat.feature_dim == channels * height * width
    with torch.no_grad():
        x = encoder.preprocessing.batch(pack.images[:2])
        torch.testing.assert_close(flat(x), encoder.forward_maps(x)[1].flatten(1))
    with pytest.raises(InputError, match="no map 9"):
        repooled(encoder, "flattened", {"map": 9})
