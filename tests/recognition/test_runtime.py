import inspect

import pytest

from asdcfer.recognition.onnx_runtime import OnnxRuntime
from asdcfer.recognition.runtime import Runtime
from asdcfer.recognition.torch_runtime import TorchRuntime


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_each_runtime_has_what_the_protocol_names(exported, model, faces, backend):
    runtime = TorchRuntime(model, "cpu") if backend == "torch" else OnnxRuntime(exported[0], "cpu")
    for name, kind in Runtime.__annotations__.items():
        value = getattr(runtime, name)
        assert not isinstance(kind, type) or isinstance(value, kind), name
    for name in ("probabilities", "attention"):
        wanted = inspect.signature(getattr(Runtime, name)).parameters
        given = inspect.signature(getattr(runtime, name)).parameters
        assert [*given] == [*wanted][1:]
    assert runtime.backend == backend
    assert runtime.expressions == model.expressions
    assert runtime.probabilities(faces[:3]).shape == (3, len(model.expressions))
