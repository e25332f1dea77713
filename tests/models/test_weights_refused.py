"""Weights that are damaged, foreign or do not fit: what is refused, and how it is said."""

import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from asdcfer.errors import WeightsError
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.weights import load_encoder, load_model, save_model, weights_hash
from tests.factories import SPEC, a_model, an_encoder, resign, saved


@pytest.mark.parametrize("where", [0, 4, 100, -10])
def test_one_changed_byte_is_found(tmp_path, where):
    path = saved(tmp_path)
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="SHA-256"):
        load_encoder(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 7, b"not tensors at all", pickle.dumps({"a": 1}), b"\xff" * 64]
)
def test_foreign_bytes_under_our_name_are_refused(tmp_path, content):
    path = saved(tmp_path)
    path.write_bytes(content)
    resign(path)
    with pytest.raises(WeightsError, match="safetensors"):
        load_encoder(path)


def test_a_cut_file_is_refused(tmp_path):
    path = saved(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsError):
        load_encoder(path)
    resign(path)
    with pytest.raises(WeightsError, match="cut short"):
        load_encoder(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("encoder.stem.weight"), "encoder.stem.weight is missing"),
        (
            lambda t: t.update({"encoder.extra": torch.zeros(2)}),
            "encoder.extra is not one of its tensors",
        ),
        (
            lambda t: t.update({"encoder.stem.weight": torch.zeros(5, 1, 3, 3)}),
            r"encoder.stem.weight has shape \(5, 1, 3, 3\) where \(4, 1, 3, 3\) is due",
        ),
        (
            lambda t: t["encoder.stem.weight"].fill_(float("nan")),
            "encoder.stem.weight holds numbers that are not finite",
        ),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(tmp_path, change, said):
    path = saved(tmp_path)
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    resign(path)
    with pytest.raises(WeightsError, match=said):
        load_encoder(path)


def test_many_misfits_are_counted_not_listed(tmp_path):
    path = saved(tmp_path)
    resign(path, encoder=EncoderSpec(name="mobile", preprocessing=SPEC.preprocessing).model_dump())
    with pytest.raises(WeightsError, match=r"and \d+ more"):
        load_encoder(path)


def test_a_refused_file_leaves_the_encoder_to_fill_untouched(tmp_path):
    path = saved(tmp_path)
    tensors = load_file(path)
    tensors.pop("encoder.stages.3.1.norm2.bias")
    save_file(tensors, path)
    resign(path)
    target = an_encoder()
    before = weights_hash(target)
    with pytest.raises(WeightsError):
        load_encoder(path, into=target)
    assert weights_hash(target) == before


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("", "JSON"),
        ("[]", "not a card"),
        ('{"architectures": ["Bert"]}', "not a card"),
        ('{"format": 99, "encoder": {}, "hashes": {"file": ""}}', "format 99"),
    ],
)
def test_cards_that_are_not_ours_are_refused(tmp_path, card, said):
    path = saved(tmp_path)
    path.with_suffix(".json").write_text(card)
    with pytest.raises(WeightsError, match=said):
        load_encoder(path)


@pytest.mark.parametrize(
    "encoder",
    [
        {},
        {"name": "resnet99"},
        {"name": "resnet18", "arguments": {"color": 1}},
        {"name": "resnet18", "pooling": "x"},
        {"name": "resnet18", "new": 1},
    ],
)
def test_a_card_that_describes_no_encoder_is_refused(tmp_path, encoder):
    path = saved(tmp_path)
    resign(path, encoder=encoder)
    with pytest.raises(WeightsError, match="cannot be built"):
        load_encoder(path)


def test_a_missing_card_is_named(tmp_path):
    path = saved(tmp_path)
    path.with_suffix(".json").unlink()
    with pytest.raises(WeightsError, match=r"no card one\.json"):
        load_encoder(path)


def test_an_encoder_without_classifier_is_no_model(tmp_path):
    with pytest.raises(WeightsError, match="without a classifier"):
        load_model(saved(tmp_path))


@pytest.mark.parametrize(
    "changes",
    [
        {"expressions": ["happy"]},
        {"temperature": -1},
        {"temperature": "warm"},
        {"classifier": {"size": 1}},
    ],
)
def test_an_inconsistent_model_card_is_refused(tmp_path, changes):
    path = save_model(tmp_path / "one", a_model(), {})
    resign(path, **changes)
    with pytest.raises(WeightsError, match=r"inconsistent|cannot be built"):
        load_model(path)


def test_pickled_checkpoints_and_other_files_are_refused(tmp_path):
    for name in ("model.pt", "model.ckpt", "model.pth"):
        (tmp_path / name).write_bytes(pickle.dumps({"a": 1}))
        with pytest.raises(WeightsError, match="never read"):
            load_encoder(tmp_path / name)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_encoder(tmp_path / "photo.jpg")
