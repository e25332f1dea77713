"""Which backend computes, and that both give the same faces."""

import subprocess
import sys

import numpy as np
import pytest

from asdcfer.data.sample import sample_pack
from asdcfer.errors import InputError, WeightsError
from asdcfer.models import find_weights
from asdcfer.models.weights import save_model
from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition import backends
from asdcfer.recognition.backends import choose_backend, shipped_onnx
from tests.recognition import standin


def test_the_onnx_file_of_a_name_lies_beside_the_weights_that_the_name_means(monkeypatch, tmp_path):
    monkeypatch.setattr(find_weights, "WEIGHTS_FOLDER", tmp_path)
    monkeypatch.setattr(find_weights, "ALIASES", {"default": "other", "small": "light"})
    for name in ("other", "light"):
        (tmp_path / f"{name}.onnx").touch()
    assert [shipped_onnx(name).name for name in ("default", "small", "other")] == [
        "other.onnx",
        "light.onnx",
        "other.onnx",
    ]
    assert shipped_onnx("none") is None
    assert shipped_onnx(tmp_path / "light") is None


@pytest.mark.slow
def test_models_by_file_and_by_run_folder(model, tmp_path):
    path = save_model(tmp_path / "run" / "student" / "model", model)
    (wanted,) = Recognizer(model)(standin.hopper())
    for name in (path, str(path), tmp_path / "run"):
        assert Recognizer(name)(standin.hopper())[0].scores == pytest.approx(
            wanted.scores, abs=1e-6
        )
    save_model(tmp_path / "run" / "other", model)
    with pytest.raises(WeightsError, match="2 models; name one"):
        Recognizer(tmp_path / "run")
    with pytest.raises(WeightsError, match="no model with a classifier"):
        Recognizer(_empty(tmp_path))


def _empty(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.slow
def test_both_backends_give_the_same_faces(exported, model):
    ours, theirs = Recognizer(model), Recognizer(exported[0], backend="onnx")
    assert "onnxruntime" in theirs.runtime.name
    assert theirs.expressions == ours.expressions
    for image in (standin.both(), standin.hopper()):
        for a, b in zip(ours(image), theirs(image), strict=True):
            assert a.box == b.box
            assert a.expression == b.expression
            assert a.scores == pytest.approx(b.scores, abs=1e-4)
    no_detection = Recognizer(model, detection=None), Recognizer(str(exported[0]), detection=None)
    for image in (standin.hopper(), standin.small(standin.astronaut(), 30)):
        (a,), (b,) = (recognizer(image) for recognizer in no_detection)
        assert a.scores == pytest.approx(b.scores, abs=1e-4)
    assert ours.explains
    assert not theirs.explains
    with pytest.raises(InputError, match="backend='torch'"):
        theirs(standin.hopper(), explain=True)


@pytest.mark.slow
def test_the_onnx_file_of_the_package_is_its_default_model():
    ours, theirs = (
        Recognizer("default", backend=backend, detection=None) for backend in ("torch", "onnx")
    )
    pack = sample_pack()
    for image in pack.images[pack.rows("public")[:20]]:
        (a,), (b,) = ours(image), theirs(image)
        assert a.expression == b.expression
        assert a.scores == pytest.approx(b.scores, abs=1e-4)


def test_auto_takes_the_fast_backend_where_it_can(model, monkeypatch, tmp_path):
    pytest.importorskip("onnxruntime")
    assert choose_backend("default", "auto", "cpu") == "onnx"
    assert choose_backend("default", "auto", "cuda") == "torch"
    assert choose_backend("default", "torch", "cpu") == "torch"
    assert choose_backend("resnet18_finetuned", "auto", "cpu") == "torch", "it has no ONNX file"
    assert choose_backend(model, "auto", "cpu") == "torch"
    assert choose_backend(tmp_path / "model.onnx", "auto", "cuda") == "onnx"
    for gpu, wanted in ((True, "torch"), (False, "onnx")):
        monkeypatch.setattr("torch.cuda.is_available", lambda gpu=gpu: gpu)
        assert choose_backend("default", "auto", "auto") == wanted


def test_contempt_is_switched_off_by_name_on_both_backends(faces):
    eight, *seven = (
        Recognizer(name, "cpu", backend, detection=None)
        for name, backend in (
            ("default", "onnx"),
            ("default:ferplus7", "torch"),
            ("default:ferplus7", "onnx"),
            ("default:ferplus7", "auto"),
        )
    )
    assert [each.backend for each in seven] == ["torch", "onnx", "onnx"]
    (of_eight,) = eight(faces[0])
    assert "contempt" in of_eight.scores
    rest = 1 - of_eight.scores.pop("contempt")
    for each in seven:
        (face,) = each(faces[0])
        assert face.scores == pytest.approx(
            {name: score / rest for name, score in of_eight.scores.items()}, abs=1e-4
        )


def test_auto_takes_what_is_installed(monkeypatch):
    for missing, wanted in (("onnxruntime", "torch"), ("torch", "onnx")):
        monkeypatch.setattr(backends, "find_spec", lambda name, gone=missing: name != gone or None)
        assert choose_backend("default", "auto", "cpu") == wanted
        assert (backends.attention_loader("default", "auto", "cpu") is None) == (missing == "torch")


def test_a_file_of_ones_own_goes_before_the_weights_of_the_package(model, monkeypatch, tmp_path):
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    save_model(tmp_path / "light", model)
    assert choose_backend("light", "auto", "cpu") == "torch"
    assert choose_backend("default", "auto", "cpu") == "onnx"
    assert type(Recognizer("light", "cpu").runtime.model.encoder) is type(model.encoder)


@pytest.mark.slow
def test_the_default_backend_is_visible_gives_the_same_rows_and_explains():
    pytest.importorskip("onnxruntime")
    fast, torch = Recognizer(device="cpu"), Recognizer(device="cpu", backend="torch")
    assert (fast.backend, torch.backend) == ("onnx", "torch")
    assert fast.explains
    for image in (standin.both(), standin.hopper(), np.zeros((64, 64, 3), np.uint8)):
        for a, b in zip(fast(image), torch(image), strict=True):
            assert (a.box, a.id, a.status, a.expression) == (b.box, b.id, b.status, b.expression)
            assert a.scores == pytest.approx(b.scores, abs=1e-4)
            assert a.attention is None
    (explained,), (wanted,) = (one(standin.hopper(), explain=True) for one in (fast, torch))
    assert np.array_equal(explained.attention, wanted.attention)
    assert explained.scores == wanted.scores


def test_a_backend_that_was_named_is_kept(exported):
    named = Recognizer("default", "cpu", "onnx")
    assert named.backend == "onnx"
    assert not named.explains
    assert not Recognizer(exported[0]).explains


@pytest.mark.slow
def test_a_machine_without_a_gpu_recognizes_without_importing_torch():
    pytest.importorskip("onnxruntime")
    code = (
        "import sys, asdcfer, numpy; from asdcfer.recognition import backends;"
        "backends.may_have_gpu = lambda: False;"
        "one = asdcfer.Recognizer(detection=None);"
        "one(numpy.zeros((48, 48), 'uint8'));"
        "print(one.backend, one.explains, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.split() == ["onnx", "True", "False"]


def test_the_onnx_file_of_a_hub_is_taken_where_it_is_asked_for(monkeypatch, tmp_path):
    asked = []

    def folder(name, suffix=".safetensors"):
        asked.append((name, suffix))
        return tmp_path

    monkeypatch.setattr(backends, "hub_folder", folder)
    for name in ("model.onnx", "model.int8.onnx"):
        (tmp_path / name).touch()
    assert backends.onnx_file("hf:user/name@v1") == tmp_path / "model.onnx"
    assert asked == [("hf:user/name@v1", ".onnx")]
    with pytest.raises(WeightsError, match="one label set only"):
        backends.onnx_file("hf:user/name:fer2013")
    (tmp_path / "model.onnx").rename(tmp_path / "other.onnx")
    with pytest.raises(WeightsError, match="several ONNX files"):
        backends.onnx_file("hf:user/name")
    assert choose_backend("hf:user/name", "auto", "cpu") == "torch"
    monkeypatch.setattr(backends, "_is_installed", lambda package: package != "torch")
    assert choose_backend("hf:user/name", "auto", "cpu") == "onnx"
