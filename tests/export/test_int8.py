import numpy as np
import pytest
import torch

from asdcfer.data.sample import sample_pack
from asdcfer.export.int8 import quantize
from asdcfer.export.onnx import faces_for
from asdcfer.recognition.onnx_runtime import OnnxRuntime

onnx = pytest.importorskip("onnx")


@pytest.mark.slow
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
