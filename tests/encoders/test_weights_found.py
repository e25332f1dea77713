"""Where weights are looked for: a folder, a run, a name in the package."""

import pytest

from asdcfer.encoders import cards
from asdcfer.encoders.weights import list_models, load_encoder, save_encoder, weights_hash
from asdcfer.errors import WeightsError
from tests.encoders.standin import an_encoder, saved


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
