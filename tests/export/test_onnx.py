"""ONNX files: parity with torch, what is inside, int8, and use without torch."""

import json
import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch

pytest.importorskip("onnxruntime")

import onnx

from asdcfer.data.sample import sample_pack
from asdcfer.errors import InputError, WeightsError
from asdcfer.evaluation.evaluate_model import predict_probabilities
from asdcfer.export.int8 import quantize
from asdcfer.export.onnx import export_onnx, faces_for
from asdcfer.models.classifier import ExpressionModel
from asdcfer.recognition import alignment
from asdcfer.recognition.onnx_runtime import OnnxRuntime
from asdcfer.recognition.recognizer import Recognizer
from asdcfer.recognition.torch_runtime import TorchRuntime
from tests.recognition import standin


@pytest.fixture(scope="module")
def faces():
    pack = sample_pack()
    return np.asarray(pack.images[pack.rows("public")[:100]])


@pytest.fixture(scope="module")
def exported(model, faces, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    return path, export_onnx(model, path, faces)


def test_parity_is_measured_on_faces_that_differ(exported, model, faces):
    path, parity = exported
    assert parity.faces == 100
    assert parity.same_labels == 1
    assert parity.largest_difference < 1e-4
    wanted = model.probabilities(faces).numpy()
    assert len(np.unique(wanted.argmax(1))) > 3 and wanted.std(0).min() > 0.01, (
        "a model that always says the same would prove nothing"
    )
    assert np.abs(OnnxRuntime(path).probabilities(faces) - wanted).max() < 1e-4


@pytest.mark.parametrize("count", [0, 1, 2, 7, 64])
def test_any_batch_size(exported, faces, count):
    runtime = OnnxRuntime(exported[0])
    scores = runtime.probabilities(faces[:count])
    assert scores.shape == (count, 7)
    assert scores.dtype == np.float32
    assert np.allclose(scores.sum(1), 1, atol=1e-5)
    assert np.allclose(scores, runtime.probabilities(faces)[:count], atol=1e-5)


@pytest.fixture(scope="module")
def mirroring(model):
    return ExpressionModel(
        model.encoder,
        model.classifier,
        model.expressions,
        model.temperature,
        {**model.card, "tta": True},
    )


def test_what_is_recognized_is_what_the_card_was_measured_with(mirroring, model, faces, tmp_path):
    wanted = predict_probabilities(
        mirroring, sample_pack(), sample_pack().rows("public")[:100], tta=True
    )
    assert (
        np.abs(
            wanted - predict_probabilities(model, sample_pack(), sample_pack().rows("public")[:100])
        ).max()
        > 0.01
    )
    parity = export_onnx(mirroring, tmp_path / "mirroring.onnx", faces)
    runtimes = [TorchRuntime(mirroring, "cpu"), OnnxRuntime(tmp_path / "mirroring.onnx")]
    for runtime in runtimes:
        assert np.abs(runtime.probabilities(faces) - wanted).max() < 1e-4
        assert np.abs(runtime.probabilities(faces[..., ::-1].copy()) - wanted).max() < 1e-4
        assert runtime.probabilities(faces[:1]).shape == (1, 7)
    assert runtimes[1].card["tta"] is True
    assert parity.same_labels == 1
    assert np.abs(TorchRuntime(model, "cpu").probabilities(faces) - wanted).max() > 0.01


def test_the_file_describes_itself(exported, model):
    path, parity = exported
    graph = onnx.load(str(path))
    plain = {entry.key: entry.value for entry in graph.metadata_props}
    about = json.loads(plain["asdcfer"])
    assert about["expressions"] == list(model.expressions)
    assert plain["expressions"] == ",".join(model.expressions)
    assert about["license"] == plain["license"] == "MIT"
    assert about["version"] == plain["version"]
    assert about["temperature"] == 0.1
    assert about["preprocessing"]["size"] == 48
    assert about["preprocessing"]["channels"] == 1
    assert about["preprocessing"]["normalize"] == "image"
    assert np.allclose(about["preprocessing"]["landmark_template"], alignment.TEMPLATE)
    assert about["parity"]["largest_difference"] == parity.largest_difference
    assert graph.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [
        d.dim_param or d.dim_value for d in graph.graph.input[0].type.tensor_type.shape.dim
    ] == ["batch", 48, 48]
    for word in (b"site-packages", b".py", b"stack_trace"):
        assert word not in path.read_bytes(), (
            "source lines and paths of the machine that exported stay out"
        )


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


def test_recognition_by_onnx_needs_neither_torch_nor_the_training_packages(exported, tmp_path):
    """In a fresh interpreter that refuses to import them, the whole way from a photo and a video to
    rows works.
    """
    clip = standin.write_video(tmp_path / "clip.mp4", standin.moving_frames()[:4])
    program = f"""
        import sys

        class Refuse:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in {{"torch", "lightning", "kornia", "torchmetrics", "pandas", "sklearn", "scipy", "safetensors", "onnx", "matplotlib", "yaml", "pyarrow"}}:
                    raise ModuleNotFoundError("refused: " + name, name=name)

        sys.meta_path.insert(0, Refuse())
        import asdcfer
        recognizer = asdcfer.Recognizer({str(exported[0])!r}, backend="onnx")
        (face,) = recognizer({str(standin.hopper_path())!r})
        print(face.expression, len(list(recognizer.video({str(clip)!r}))))
        print(asdcfer.Recognizer("default")({str(standin.hopper_path())!r})[0].expression)
        try:
            asdcfer.Recognizer("resnet18_finetuned")
        except asdcfer.AsdcferError as error:
            print(error)
        from asdcfer.cli import main
        sys.argv = ["asdcfer", "predict", {str(standin.hopper_path())!r}, "--model", {str(exported[0])!r}, "--out", {str(tmp_path / "rows.csv")!r}]
        main()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    wanted = Recognizer(exported[0])(standin.hopper_path())[0].expression
    assert lines[0] == f"{wanted} 4"
    assert lines[1] == Recognizer("default")(standin.hopper_path())[0].expression
    assert "backend='torch' needs" in lines[2]
    assert "backend='onnx'" in lines[2]
    assert wanted in (tmp_path / "rows.csv").read_text()


def test_the_onnx_file_of_the_package_is_its_default_model():
    ours, theirs = (
        Recognizer("default", backend=backend, detection=None) for backend in ("torch", "onnx")
    )
    pack = sample_pack()
    for image in pack.images[pack.rows("public")[:20]]:
        (a,), (b,) = ours(image), theirs(image)
        assert a.expression == b.expression
        assert a.scores == pytest.approx(b.scores, abs=1e-4)


def test_a_graph_that_answers_otherwise_is_not_kept(exported, model, faces, tmp_path, monkeypatch):
    colder = ExpressionModel(model.encoder, model.classifier, model.expressions, temperature=0.25)
    monkeypatch.setattr(
        torch.onnx, "export", lambda graph, arguments, path, **_: shutil.copy(exported[0], path)
    )
    target = tmp_path / "wrong.onnx"
    with pytest.raises(WeightsError, match=r"differs from torch on 5 faces.*was not written"):
        export_onnx(colder, target, faces[:5])
    assert list(tmp_path.iterdir()) == []

    def broken(*_, **__):
        raise RuntimeError("first line\nno such operator")

    monkeypatch.setattr(torch.onnx, "export", broken)
    with pytest.raises(WeightsError, match="cannot express this model as ONNX: no such operator"):
        export_onnx(colder, target, faces[:5])
    assert list(tmp_path.iterdir()) == []


def test_wrong_targets_and_foreign_files(model, faces, tmp_path, exported):
    with pytest.raises(InputError, match=r"must end in \.onnx"):
        export_onnx(model, tmp_path / "model.pt", faces)
    with pytest.raises(InputError, match="no faces"):
        export_onnx(model, tmp_path / "model.onnx", faces[:0])
    with pytest.raises(InputError, match="another name"):
        quantize(model, exported[0], exported[0], faces, faces, None)
    from asdcfer.recognition.detector import yunet_path

    with pytest.raises(WeightsError, match="not an ONNX file of this package"):
        Recognizer(yunet_path())
    (tmp_path / "text.onnx").write_text("no graph")
    with pytest.raises(WeightsError, match="cannot be read as an ONNX model"):
        Recognizer(tmp_path / "text.onnx")
    with pytest.raises(WeightsError, match="asdcfer export"):
        Recognizer("no-such-name", backend="onnx")


def test_another_format_is_refused(exported, tmp_path):
    graph = onnx.load(str(exported[0]))
    (entry,) = [entry for entry in graph.metadata_props if entry.key == "asdcfer"]
    about = json.loads(entry.value)
    for value, reason in (
        (json.dumps({**about, "format": 99}), "format 99"),
        ("{", "damaged"),
        ("[]", "damaged"),
    ):
        entry.value = value
        onnx.save(graph, str(tmp_path / "other.onnx"))
        with pytest.raises(WeightsError, match=reason):
            OnnxRuntime(tmp_path / "other.onnx")


def test_int8_is_smaller_and_its_loss_is_measured(exported, model, tmp_path):
    pack = sample_pack()
    rows = pack.rows("private")[:150]
    path = tmp_path / "model.int8.onnx"
    labels = np.asarray(pack.labels[rows]).copy()
    labels[:10] = -1
    loss = quantize(
        model,
        exported[0],
        path,
        pack.images[pack.rows("train")[:140]],
        pack.images[rows],
        labels,
        "the sample, PrivateTest",
    )
    assert loss.faces == 150
    assert loss.bytes_int8 == path.stat().st_size < 0.6 * loss.bytes
    runtime = OnnxRuntime(path)
    scores = runtime.probabilities(faces_for(model, pack.images[rows]))
    with torch.no_grad():
        full = model.probabilities(np.asarray(pack.images[rows])).numpy()
    assert loss.accuracy_int8 == pytest.approx((scores.argmax(1) == labels)[10:].mean())
    assert loss.accuracy == pytest.approx((full.argmax(1) == labels)[10:].mean(), abs=0.01)
    change = ((scores.argmax(1) == labels).astype(float) - (full.argmax(1) == labels))[10:]
    assert loss.interval == pytest.approx(
        (
            change.mean() - 1.96 * change.std() / 140**0.5,
            change.mean() + 1.96 * change.std() / 140**0.5,
        ),
        abs=0.02,
    )
    recalls = [(scores.argmax(1) == labels)[labels == label].mean() for label in range(7)]
    assert loss.mean_class_accuracy_int8 == pytest.approx(np.mean(recalls))
    assert loss.mean_class_accuracy is not None
    assert loss.mean_difference == pytest.approx(np.abs(scores - full).mean(), abs=1e-4)
    assert 0 < loss.largest_difference == pytest.approx(np.abs(scores - full).max(), abs=1e-3)
    assert loss.agreement == pytest.approx((scores.argmax(1) == full.argmax(1)).mean(), abs=0.02)
    assert loss.agreement > 0.4
    about = runtime.card
    assert about["precision"] == "int8"
    assert about["int8"]["calibration_faces"] == 128
    assert "parity" not in about
    assert about["int8"]["measured_on"] == "the sample, PrivateTest"
    assert about["int8"]["accuracy_int8"] == loss.accuracy_int8
    kinds = [tensor.data_type for tensor in onnx.load(str(path)).graph.initializer]
    assert onnx.TensorProto.INT8 in kinds
    unlabeled = quantize(model, exported[0], path, pack.images[rows], pack.images[rows], None)
    assert unlabeled.accuracy is None
    assert unlabeled.interval is None


@pytest.mark.slow
def test_a_color_model_takes_color_faces(tmp_path):
    model = standin.fitted_model(channels=3)
    gray = np.asarray(sample_pack().images[:6])
    rng = np.random.default_rng(0)
    color = np.clip(
        gray[..., None].astype(int) + rng.integers(-20, 20, (6, 48, 48, 3)), 0, 255
    ).astype(np.uint8)
    assert export_onnx(model, tmp_path / "c.onnx", color).largest_difference < 1e-4
    assert OnnxRuntime(tmp_path / "c.onnx").channels == 3
