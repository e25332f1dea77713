"""What the page is built of: the same numbers as in Python, and a detector for every size."""

import json

import cv2
import numpy as np
import pytest

from asdcfer.recognition import alignment
from asdcfer.recognition.detector import yunet_path

ort = pytest.importorskip("onnxruntime")


def test_the_detector_takes_any_size_and_answers_as_before(tmp_path):
    pytest.importorskip("onnxscript", reason="the extra [onnx] is not installed")
    from browser.build import write_detector

    write_detector(tmp_path / "yunet.onnx")
    free = ort.InferenceSession(tmp_path / "yunet.onnx", providers=["CPUExecutionProvider"])
    fixed = ort.InferenceSession(yunet_path(), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(0).uniform(0, 255, (1, 3, 640, 640)).astype(np.float32)
    for one, other in zip(
        free.run(None, {"input": picture}), fixed.run(None, {"input": picture}), strict=True
    ):
        assert np.array_equal(one, other)
    part = np.ascontiguousarray(picture[:, :, :96, :64])
    network = cv2.dnn.readNetFromONNX(str(yunet_path()))
    network.setInput(part)
    names = [output.name for output in free.get_outputs()]
    found = free.run(names, {"input": part})
    for one, other in zip(found, network.forward(names), strict=True):
        assert np.allclose(one, np.reshape(other, one.shape), atol=1e-3)


@pytest.mark.slow
def test_the_folder_holds_the_numbers_of_python_and_its_licences(site):
    told = json.loads((site / "settings.json").read_text(encoding="utf-8"))
    assert told["alignment"]["template"] == alignment.TEMPLATE.tolist()
    assert told["size"] == 48
    assert len(told["looks"]) == len(told["expressions"]) + 1
    notice = (site / "NOTICE.txt").read_text(encoding="utf-8")
    for word in ("YuNet", "onnxruntime-web", "MIT"):
        assert word in notice
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) < 16e6
    assert not list(site.rglob("whole*"))
