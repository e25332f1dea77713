import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from asdcfer.encoders import cards
from asdcfer.encoders.contract import EncoderSpec
from asdcfer.encoders.names import build_encoder, pooled_by
from asdcfer.encoders.preprocessing import Preprocessing
from asdcfer.encoders.weights import list_models, load_encoder, load_model, load_teacher, save_encoder, save_model, weights_hash
from asdcfer.errors import WeightsError
from asdcfer.expressions import EXPRESSIONS
from asdcfer.heads.classifier import Classifier, ExpressionModel
from asdcfer.heads.projector import Projector

SPEC = EncoderSpec(name="resnet18", arguments={"width": 4, "stem": "stride2", "attention": "both"}, pooling="parts", preprocessing=Preprocessing(size=32))


def an_encoder(spec: EncoderSpec = SPEC):
    encoder = build_encoder(spec)
    encoder.train()(torch.randn(8, 1, 32, 32))
    return encoder.eval()


def a_model() -> ExpressionModel:
    encoder = an_encoder()
    return ExpressionModel(encoder, Classifier(encoder.feature_dim, 7, 0.2), EXPRESSIONS, 1.7).eval()


FACES = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)


def test_an_encoder_comes_back_bit_for_bit_in_evaluation_mode(tmp_path, capsys):
    encoder = an_encoder()
    path = save_encoder(tmp_path / "one", encoder, {"recipe": "none"})
    assert path == tmp_path / "one.safetensors"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.json", "one.safetensors"]
    for name in (path, str(path), tmp_path / "one", str(tmp_path / "one.json")):
        loaded = load_encoder(name)
        assert loaded.spec == encoder.spec
        assert not loaded.training
        assert weights_hash(loaded) == weights_hash(encoder)
        x = encoder.preprocessing.batch(FACES)
        assert torch.equal(loaded(x), encoder(x))
    assert capsys.readouterr().out == ""


def test_loading_says_how_many_tensors_came_from_which_file(tmp_path, capsys):
    model = a_model()
    path = save_model(tmp_path / "one", model, {})
    loaded = load_encoder(path, verbose=True)
    tensors = len(model.encoder.state_dict())
    assert loaded.load_report.loaded == {"encoder": tensors}
    assert loaded.load_report.left == {"classifier": 2}
    assert capsys.readouterr().out == f"{loaded.load_report}\n"
    assert str(loaded.load_report).startswith(f"loaded {tensors} encoder tensors (")
    assert str(path) in str(loaded.load_report)
    assert load_model(path).load_report.loaded == {"encoder": tensors, "classifier": 2}


def test_names_in_the_file_say_which_part_they_belong_to(tmp_path):
    encoder = an_encoder()
    names = load_file(save_encoder(tmp_path / "one", encoder, {}, Projector(encoder.feature_dim, 8, 4))).keys()
    assert {name.split(".")[0] for name in names} == {"encoder", "projector"}
    assert "encoder.stem.weight" in names


def test_a_model_comes_back_with_labels_temperature_and_card(tmp_path):
    model = a_model()
    loaded = load_model(save_model(tmp_path / "one", model, {"recipe": "r", "results": {"private": {"accuracy": 0.5}}}))
    assert loaded.expressions == EXPRESSIONS
    assert loaded.temperature == 1.7
    assert loaded.card["results"]["private"]["accuracy"] == 0.5
    assert torch.equal(loaded.probabilities(FACES), model.probabilities(FACES))


def test_a_teacher_comes_back_with_its_projector_and_without_where_none_was_saved(tmp_path):
    encoder = an_encoder()
    projector = Projector(encoder.feature_dim, 8, 4, layers=3).eval()
    loaded, head = load_teacher(save_encoder(tmp_path / "with", encoder, {}, projector))
    x = encoder.preprocessing.batch(FACES)
    assert torch.equal(head(loaded(x)), projector(encoder(x)))
    assert not head.training
    assert load_teacher(save_encoder(tmp_path / "without", encoder, {}))[1] is None


def test_the_card_holds_spec_preprocessing_recipe_labels_hashes_and_licence(tmp_path):
    model = a_model()
    path = save_model(tmp_path / "one", model, {"recipe": {"name": "r"}, "data": "FER-2013", "licence": "CC-BY-4.0"})
    card = json.loads(path.with_suffix(".json").read_text())
    assert EncoderSpec(**card["encoder"]) == SPEC
    assert card["encoder"]["preprocessing"]["size"] == 32
    assert card["expressions"] == list(EXPRESSIONS)
    assert (card["kind"], card["recipe"], card["licence"], card["feature_dim"]) == ("model", {"name": "r"}, "CC-BY-4.0", model.encoder.feature_dim)
    assert card["hashes"]["weights"] == weights_hash(model.encoder)
    assert card["parameters"] == sum(p.numel() for p in model.encoder.parameters())
    assert "licence" in json.loads(save_encoder(tmp_path / "two", model.encoder, {}).with_suffix(".json").read_text())


def test_the_same_weights_give_the_same_bytes(tmp_path):
    encoder = an_encoder()
    one, two = save_encoder(tmp_path / "a" / "x", encoder, {}), save_encoder(tmp_path / "b" / "x", encoder.to(memory_format=torch.channels_last), {})
    assert one.read_bytes() == two.read_bytes()
    assert one.with_suffix(".json").read_text() == two.with_suffix(".json").read_text()


def test_float16_halves_the_file_keeps_statistics_and_hardly_moves_the_feature(tmp_path):
    encoder = an_encoder(EncoderSpec(name="resnet18", arguments={"width": 16, "stem": "stride2"}))
    full, half = save_encoder(tmp_path / "full", encoder, {}), save_encoder(tmp_path / "half", encoder, {}, float16=True)
    assert half.stat().st_size < 0.6 * full.stat().st_size
    stored = load_file(half)
    assert stored["encoder.norm.running_var"].dtype == torch.float32
    assert stored["encoder.norm.num_batches_tracked"].dtype == torch.int64
    loaded = load_encoder(half)
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert loaded.load_report.card["hashes"]["weights"] == weights_hash(loaded) != weights_hash(encoder)
    x = encoder.preprocessing.batch(FACES)
    assert torch.nn.functional.cosine_similarity(loaded(x), encoder(x)).min() > 0.9999


def test_float16_keeps_what_it_cannot_hold_in_full(tmp_path):
    encoder = an_encoder()
    with torch.no_grad():
        encoder.stem.weight[0, 0, 0, 0] = 1e6
    stored = load_file(save_encoder(tmp_path / "one", encoder, {}, float16=True))
    assert torch.equal(stored["encoder.stem.weight"], encoder.stem.weight)


def test_weights_hash_follows_tensors_and_pooling_and_nothing_else():
    encoder = an_encoder()
    before = weights_hash(encoder)
    assert weights_hash(encoder.train()) == before
    assert weights_hash(pooled_by(encoder, "global")) != before
    with torch.no_grad():
        encoder.norm.running_mean[0] += 1e-3
    assert weights_hash(encoder) != before


# What is refused, and how it is said.


def saved(tmp_path):
    return save_encoder(tmp_path / "one", an_encoder(), {})


def resign(path, **changes):
    """Make the card fit the changed file, so that the next check is reached."""
    card = json.loads(path.with_suffix(".json").read_text()) | changes
    card["hashes"]["file"] = cards.hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(card))


@pytest.mark.parametrize("where", [0, 4, 100, -10])
def test_one_changed_byte_is_found(tmp_path, where):
    path = saved(tmp_path)
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="SHA-256"):
        load_encoder(path)


@pytest.mark.parametrize("content", [b"", b"\x00" * 7, b"not tensors at all", pickle.dumps({"a": 1}), b"\xff" * 64])
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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("encoder.stem.weight"), "encoder.stem.weight is missing"),
        (lambda t: t.update({"encoder.extra": torch.zeros(2)}), "encoder.extra is not one of its tensors"),
        (lambda t: t.update({"encoder.stem.weight": torch.zeros(5, 1, 3, 3)}), r"encoder.stem.weight has shape \(5, 1, 3, 3\) where \(4, 1, 3, 3\) is due"),
        (lambda t: t["encoder.stem.weight"].fill_(float("nan")), "encoder.stem.weight holds numbers that are not finite"),
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
    "encoder", [{}, {"name": "resnet99"}, {"name": "resnet18", "arguments": {"colour": 1}}, {"name": "resnet18", "pooling": "x"}, {"name": "resnet18", "new": 1}]
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


@pytest.mark.parametrize("changes", [{"expressions": ["happy"]}, {"temperature": -1}, {"temperature": "warm"}, {"classifier": {"size": 1}}])
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


def test_a_folder_is_answered_with_what_is_in_it(tmp_path):
    saved(tmp_path)
    with pytest.raises(WeightsError, match=r"one\.safetensors"):
        load_encoder(tmp_path)


def test_the_folder_of_a_run_means_its_student(tmp_path):
    teacher, student = an_encoder(), an_encoder()
    save_encoder(tmp_path / "run" / "teacher" / "encoder", teacher, {})
    assert load_encoder(tmp_path / "run" / "teacher").load_report.file == tmp_path / "run" / "teacher" / "encoder.safetensors"
    with pytest.raises(WeightsError, match=r"teacher.encoder\.safetensors"):
        load_encoder(tmp_path / "run")
    save_encoder(tmp_path / "run" / "student" / "encoder", student, {})
    assert weights_hash(load_encoder(tmp_path / "run")) == weights_hash(student)


# The weights in the package.


def test_names_and_aliases_find_the_weights_in_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "WEIGHTS_FOLDER", tmp_path)
    monkeypatch.chdir(tmp_path.parent)
    encoder = an_encoder()
    with pytest.raises(WeightsError, match="none are in the package"):
        load_encoder("light")
    assert list_models() == []
    save_encoder(tmp_path / "light", encoder, {"recipe": "r"})
    save_encoder(tmp_path / "resnet18", encoder, {})
    assert weights_hash(load_encoder("light")) == weights_hash(load_encoder("default")) == weights_hash(encoder)
    with pytest.raises(WeightsError, match="light, resnet18"):
        load_encoder("lite")
    listed = list_models()
    assert [(m["name"], m["aliases"]) for m in listed] == [("light", ["default"]), ("resnet18", [])]
    assert listed[0]["recipe"] == "r"
    assert listed[0]["bytes"] == (tmp_path / "light.safetensors").stat().st_size


def test_a_file_beside_you_comes_before_a_name_in_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "WEIGHTS_FOLDER", tmp_path / "package")
    save_encoder(tmp_path / "package" / "light", an_encoder(), {"recipe": "package"})
    save_encoder(tmp_path / "here" / "light", an_encoder(), {"recipe": "here"})
    monkeypatch.chdir(tmp_path / "here")
    assert load_encoder("light").load_report.card["recipe"] == "here"
    assert load_encoder("default").load_report.card["recipe"] == "package"


def test_saving_over_an_existing_pair_replaces_both_and_leaves_no_other_file(tmp_path):
    saved(tmp_path)
    second = an_encoder()
    path = save_encoder(tmp_path / "one", second, {})
    assert weights_hash(load_encoder(path)) == weights_hash(second)
    assert len(list(tmp_path.iterdir())) == 2
