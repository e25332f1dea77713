"""ONNX files: parity with torch, what is inside, and what is refused."""

import json
import shutil

import numpy as np
import pytest
import torch

from asdcfer.data.sample import sample_pack
from asdcfer.errors import InputError, WeightsError
from asdcfer.evaluation.evaluate_model import predict_probabilities
from asdcfer.export.int8 import quantize
from asdcfer.export.onnx import export_onnx
from asdcfer.models.classifier import ExpressionModel
from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition import alignment
from asdcfer.recognition.onnx_runtime import OnnxRuntime
from asdcfer.recognition.torch_runtime import TorchRuntime
from tests.recognition import standin

onnx = pytest.importorskip("onnx")


def test_parity_is_measured_on_faces_that_differ(exported, model, faces):
    path, parity = exported
    assert parity.faces == 100
    assert parity.same_labels == 1
    assert parity.largest_difference < 1e-4
    wanted = model.probabilities(faces).numpy()
    # A model that always says the same would prove nothing.
    assert len(np.unique(wanted.argmax(1))) > 3
    assert wanted.std(0).min() > 0.01
    assert np.abs(OnnxRuntime(path).probabilities(faces) - wanted).max() < 1e-4


@pytest.mark.slow
def test_what_is_recognized_is_what_the_card_was_measured_with(faces, tmp_path):
    """A color model whose card has the mirror image, so that one export tests both."""
    model = standin.fitted_model(channels=3)
    mirroring = ExpressionModel(
        model.encoder,
        model.classifier,
        model.expressions,
        model.temperature,
        {**model.card, "tta": True},
    )
    pack, rows = sample_pack(), sample_pack().rows("public")[:100]
    wanted = predict_probabilities(mirroring, pack, rows, tta=True)
    assert np.abs(wanted - predict_probabilities(model, pack, rows)).max() > 0.01
    gray = np.repeat(faces[..., None], 3, axis=-1)
    jitter = np.random.default_rng(0).integers(-20, 20, gray.shape)
    color = np.clip(gray + jitter, 0, 255).astype(np.uint8)
    parity = export_onnx(mirroring, tmp_path / "mirroring.onnx", color)
    assert parity.largest_difference < 1e-4
    assert parity.same_labels == 1
    runtimes = [TorchRuntime(mirroring, "cpu"), OnnxRuntime(tmp_path / "mirroring.onnx")]
    for runtime in runtimes:
        assert runtime.channels == 3
        assert np.abs(runtime.probabilities(gray) - wanted).max() < 1e-4
        assert np.abs(runtime.probabilities(gray[:, :, ::-1].copy()) - wanted).max() < 1e-4
        assert runtime.probabilities(gray[:1]).shape == (1, 7)
    assert runtimes[1].card["tta"] is True
    assert np.abs(TorchRuntime(model, "cpu").probabilities(gray) - wanted).max() > 0.01


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
