"""Scores by ONNX Runtime, and recognition without torch."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from asdcfer.errors import WeightsError
from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition.onnx_runtime import OnnxRuntime
from tests.recognition import standin

onnx = pytest.importorskip("onnx")


@pytest.mark.parametrize("count", [0, 1, 2, 7, 64])
def test_any_batch_size(exported, faces, count):
    runtime = OnnxRuntime(exported[0])
    scores = runtime.probabilities(faces[:count])
    assert scores.shape == (count, 7)
    assert scores.dtype == np.float32
    assert np.allclose(scores.sum(1), 1, atol=1e-5)
    assert np.allclose(scores, runtime.probabilities(faces)[:count], atol=1e-5)


def test_an_expression_may_be_left_out(exported, faces):
    every, fewer = OnnxRuntime(exported[0]), OnnxRuntime(exported[0], without="fear")
    kept = [index for index, name in enumerate(every.expressions) if name != "fear"]
    assert fewer.expressions == tuple(every.expressions[index] for index in kept)
    due = every.probabilities(faces[:5])[:, kept]
    assert np.allclose(fewer.probabilities(faces[:5]), due / due.sum(1, keepdims=True))
    assert OnnxRuntime(exported[0], without="contempt").expressions == every.expressions


def test_another_format_is_refused(exported, tmp_path):
    graph = onnx.load(str(exported[0]))
    (entry,) = [entry for entry in graph.metadata_props if entry.key == "asdcfer"]
    about = json.loads(entry.value)
    # Of an earlier version, which wrote no checksum.
    (checksum,) = [one for one in graph.metadata_props if one.key == "asdcfer.sha256"]
    graph.metadata_props.remove(checksum)
    for value, reason in (
        (json.dumps({**about, "format": 99}), "format 99"),
        ("{", "damaged"),
        ("[]", "damaged"),
    ):
        entry.value = value
        onnx.save(graph, str(tmp_path / "other.onnx"))
        with pytest.raises(WeightsError, match=reason):
            OnnxRuntime(tmp_path / "other.onnx")


@pytest.mark.slow
def test_recognition_by_onnx_needs_neither_torch_nor_the_training_packages(exported, tmp_path):
    """A fresh interpreter that refuses to import them goes from a photo and a video to rows."""
    clip = standin.write_video(tmp_path / "clip.mp4", standin.moving_frames()[:4])
    photo, model = str(standin.hopper_path()), str(exported[0])
    refused = ["torch", "lightning", "kornia", "torchmetrics", "pandas", "sklearn", "scipy"]
    refused += ["safetensors", "onnx", "matplotlib", "yaml", "pyarrow"]
    arguments = ["predict", photo, "--model", model, "--out", str(tmp_path / "rows.csv")]
    program = f"""
        import sys

        class Refuse:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in {refused}:
                    raise ModuleNotFoundError("refused: " + name, name=name)

        sys.meta_path.insert(0, Refuse())
        import asdcfer
        recognizer = asdcfer.Recognizer({model!r}, backend="onnx")
        (face,) = recognizer({photo!r})
        print(face.expression, len(list(recognizer.video({str(clip)!r}))))
        print(asdcfer.Recognizer("default")({photo!r})[0].expression)
        try:
            asdcfer.Recognizer("resnet18_finetuned")
        except asdcfer.AsdcferError as error:
            print(error)
        from asdcfer.cli import main
        sys.argv = ["asdcfer", *{arguments}]
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
