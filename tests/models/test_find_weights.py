"""What a path, the folder of a run or a name means."""

import pytest

from asdcfer.errors import WeightsError
from asdcfer.models import find_weights
from asdcfer.models.find_weights import find_encoder, find_model, list_models
from asdcfer.models.weights import (
    load_encoder,
    load_model,
    save_encoder,
    save_model,
    weights_hash,
)
from tests.factories import a_model, an_encoder, saved


def test_a_folder_means_its_one_file_of_weights_and_is_answered_with_what_is_in_it_otherwise(
    tmp_path,
):
    with pytest.raises(WeightsError, match="holds no weights with their card"):
        find_encoder(tmp_path)
    one = saved(tmp_path)
    (tmp_path / "checkpoint" / "step-1").mkdir(parents=True)
    for suffix in ("safetensors", "json"):
        (tmp_path / "checkpoint" / "step-1" / f"state.{suffix}").write_text("{}")
    assert find_encoder(tmp_path) == one
    save_encoder(tmp_path / "two", an_encoder(), {})
    with pytest.raises(
        WeightsError,
        match=r"holds 2 files of weights; name one: .*one\.safetensors, .*two\.safetensors",
    ):
        load_encoder(tmp_path)


def test_the_folder_of_a_run_means_its_student(tmp_path):
    teacher, student = an_encoder(), an_encoder()
    save_encoder(tmp_path / "run" / "teacher" / "encoder", teacher, {})
    assert (
        load_encoder(tmp_path / "run" / "teacher").load_report.file
        == tmp_path / "run" / "teacher" / "encoder.safetensors"
    )
    assert weights_hash(load_encoder(tmp_path / "run")) == weights_hash(teacher)
    save_encoder(tmp_path / "run" / "student" / "encoder", student, {})
    assert weights_hash(load_encoder(tmp_path / "run")) == weights_hash(student)


def test_the_folder_of_a_run_means_the_model_in_it_where_a_classifier_is_wanted(tmp_path):
    run = tmp_path / "run"
    save_encoder(run / "student" / "encoder", an_encoder(), {})
    with pytest.raises(
        WeightsError, match="no model with a classifier; make one with: asdcfer finetune"
    ):
        find_model(run)
    few = save_model(run / "few" / "labels" / "model", a_model(), {})
    assert (
        find_model(run)
        == find_model(run / "few")
        == find_model(run / "few" / "labels")
        == find_encoder(run / "few")
        == few
    )
    other = save_model(run / "other", a_model(), {})
    with pytest.raises(WeightsError, match="holds 2 models; name one"):
        load_model(run)
    usual = save_model(run / "finetune" / "model", a_model(), {})
    assert (
        load_model(run).load_report.file
        == find_model(run / "finetune")
        == find_encoder(run / "finetune")
        == usual
    )
    assert find_model(other) == find_model(run / "other.json") == find_model(run / "other") == other
    assert find_encoder(run) == run / "student" / "encoder.safetensors"


@pytest.mark.parametrize("find", [find_encoder, find_model])
def test_a_name_of_the_package_comes_before_what_a_folder_of_that_name_holds_deep_inside(
    find, tmp_path, monkeypatch
):
    monkeypatch.setattr(find_weights, "WEIGHTS_FOLDER", tmp_path / "package")
    shipped = save_model(tmp_path / "package" / "light", a_model(), {})
    save_model(tmp_path / "here" / "light" / "deep" / "inside", a_model(), {})
    monkeypatch.chdir(tmp_path / "here")
    assert find("light") == find("default") == shipped


def test_names_and_aliases_find_the_weights_in_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(find_weights, "WEIGHTS_FOLDER", tmp_path)
    monkeypatch.chdir(tmp_path.parent)
    encoder = an_encoder()
    with pytest.raises(WeightsError, match="nor a name in the package, which holds none"):
        load_encoder("light")
    assert list_models() == []
    save_encoder(tmp_path / "light", encoder, {"recipe": "r"})
    save_encoder(tmp_path / "resnet18", encoder, {})
    assert (
        weights_hash(load_encoder("light"))
        == weights_hash(load_encoder("default"))
        == weights_hash(encoder)
    )
    with pytest.raises(WeightsError, match="valid here: default, light, resnet18"):
        load_encoder("mine")
    listed = list_models()
    assert [(m["name"], m["aliases"]) for m in listed] == [("light", ["default"]), ("resnet18", [])]
    assert listed[0]["recipe"] == "r"
    assert listed[0]["bytes"] == (tmp_path / "light.safetensors").stat().st_size


def test_a_file_beside_you_comes_before_a_name_in_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(find_weights, "WEIGHTS_FOLDER", tmp_path / "package")
    save_encoder(tmp_path / "package" / "light", an_encoder(), {"recipe": "package"})
    save_encoder(tmp_path / "here" / "light", an_encoder(), {"recipe": "here"})
    monkeypatch.chdir(tmp_path / "here")
    assert load_encoder("light").load_report.card["recipe"] == "here"
    assert load_encoder("default").load_report.card["recipe"] == "package"


@pytest.mark.parametrize(
    ("find", "written", "meant"),
    [
        (find_encoder, "light_encodr", "light_encoder"),
        (find_encoder, "light_encodr.safetensors", "light_encoder"),
        (find_encoder, "elsewhere/resnt18", "resnet18"),
        (find_encoder, "ligth:fer2013", "light"),
        (find_model, "nan", "nano"),
        (find_model, "resnet18_finetund", "resnet18_finetuned"),
        (find_model, "defualt", "default"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_one(find, written, meant) -> None:
    with pytest.raises(WeightsError, match=rf"there are no weights .*; did you mean {meant}\?"):
        find(written)


def test_where_a_classifier_is_wanted_no_encoder_without_one_is_offered() -> None:
    with pytest.raises(WeightsError, match="valid here") as caught:
        find_model("zzz")
    assert "light_encoder" not in str(caught.value)
    assert "nano" in str(caught.value)


@pytest.mark.parametrize("find", [find_encoder, find_model])
def test_an_onnx_file_is_told_from_a_pickle(find, tmp_path) -> None:
    for name in ("m.onnx", "m.ONNX"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(WeightsError, match=r"an ONNX file, which recognizes .*exported from"):
            find(tmp_path / name)
        with pytest.raises(WeightsError, match=r"leave fer2013 away, or .* MODEL:fer2013 m\."):
            find(f"{tmp_path / name}:fer2013")
    with pytest.raises(WeightsError, match="pickled checkpoints are never read"):
        find(tmp_path / "m.pt")
