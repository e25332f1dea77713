"""An ONNX file of anybody's ends, reads no other file, and takes bounded memory."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.errors import InputError, WeightsError
from asdcfer.models.find_weights import WEIGHTS_FOLDER
from asdcfer.recognition import onnx_runtime
from asdcfer.recognition.detector import YuNet, yunet_path
from asdcfer.recognition.onnx_graph import check_graph
from asdcfer.recognition.onnx_runtime import METADATA_KEY, OnnxRuntime
from tests.fuzzing import cases, damaged, refusing

onnx = pytest.importorskip("onnx", reason="the extra [onnx] is not installed")
TensorProto, helper, numpy_helper = onnx.TensorProto, onnx.helper, onnx.numpy_helper
FACES = np.zeros((1, 48, 48), np.uint8)
SHIPPED = WEIGHTS_FOLDER / "light.onnx"
CAST = helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT)


def whole(name: str, value: object):
    return numpy_helper.from_array(np.array(value, np.int64), name)


def elsewhere(location: str):
    """Weights that lie in another file."""
    tensor = TensorProto(name="e", data_type=TensorProto.FLOAT, dims=[1], data_location=1)
    for key, value in (("location", location), ("length", "4")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return tensor


def endless():
    def value(name: str, kind: int):
        return helper.make_tensor_value_info(name, kind, None)

    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["co"]), helper.make_node("Add", ["v", "v"], ["vo"])],
        "body",
        [value("i", TensorProto.INT64), value("c", TensorProto.BOOL), value("v", 1)],
        [value("co", TensorProto.BOOL), value("vo", 1)],
    )
    return helper.make_node("Loop", ["m", "", "f"], ["y"], body=body)


def write(path: Path, nodes: list, weights: list, functions: list | None = None) -> Path:
    """Write a graph with the description that an export of this package has."""
    about = {"format": 1, "expressions": ["happy", "sad"], "preprocessing": {"size": 48}}
    about["preprocessing"]["channels"] = 1
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, ["n", 48, 48])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        weights,
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("own", 1)],
        ir_version=8,
        functions=functions or [],
    )
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps(about)
    path.write_bytes(model.SerializeToString())
    return path


def test_files_of_this_package_pass() -> None:
    check_graph(SHIPPED)
    check_graph(yunet_path())


def loop_in_a_function() -> list:
    nodes = [CAST, whole_node(), endless()]
    opsets = [helper.make_opsetid("", 17)]
    return [helper.make_function("own", "Endless", ["x"], ["y"], nodes, opsets)]


def whole_node():
    return helper.make_node("Constant", [], ["m"], value=whole("m", 10**12))


ADD = helper.make_node("Add", ["f", "e"], ["y"])


@pytest.mark.parametrize(
    ("nodes", "weights", "functions", "said"),
    [
        ([CAST, endless()], [whole("m", 10**12)], [], "loop or a branch"),
        ([helper.make_node("Endless", ["x"], ["y"], domain="own")], [], loop_in_a_function(), "l"),
        ([CAST, ADD], [elsewhere("../outside.bin")], [], "another file"),
        ([CAST, ADD], [elsewhere("/etc/hostname")], [], "another file"),
        ([CAST, ADD], [elsewhere("beside.bin")], [], "another file"),
        (
            [CAST, helper.make_node("Constant", [], ["e"], value=elsewhere("beside.bin")), ADD],
            [],
            [],
            "another file",
        ),
    ],
    ids=["loop", "function", "above", "absolute", "beside", "constant"],
)
def test_what_never_ends_or_reads_other_files_is_refused(
    tmp_path: Path, nodes: list, weights: list, functions: list, said: str
) -> None:
    for file in (tmp_path / "outside.bin", tmp_path / "sub" / "beside.bin"):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes(4))
    file = write(tmp_path / "sub" / "a.onnx", nodes, weights, functions)
    began = time.process_time()
    with pytest.raises(WeightsError, match=said) as caught:
        OnnxRuntime(file).probabilities(FACES)
    assert "\n" not in str(caught.value)
    assert time.process_time() - began < 5
    with pytest.raises(InputError, match=said):
        YuNet(model=file)


def test_a_graph_gets_no_more_memory_than_all_may_have(tmp_path: Path) -> None:
    count = onnx_runtime.MOST_MEMORY // 4 + 1_000_000
    nodes = [
        helper.make_node("ConstantOfShape", ["s"], ["big"]),
        helper.make_node("ReduceSum", ["big"], ["e"], keepdims=0),
        CAST,
        ADD,
    ]
    bomb = OnnxRuntime(write(tmp_path / "a.onnx", nodes, [whole("s", [count])]))
    with pytest.raises(WeightsError, match="cannot be computed") as caught:
        bomb.probabilities(FACES)
    assert "\n" not in str(caught.value)
    # The others go on.
    assert OnnxRuntime(SHIPPED).probabilities(FACES).sum() == pytest.approx(1, abs=1e-5)


def test_an_answer_of_another_shape_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "a.onnx", [helper.make_node("Cast", ["x"], ["y"], to=1)], [])
    with pytest.raises(WeightsError, match=r"\(1, 48, 48\) where \(1, 2\) is due"):
        OnnxRuntime(file).probabilities(FACES)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x07", b"\x3a\xff\xff\xff\xff\x0f", b"text\n"])
def test_no_protocol_buffer_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.onnx").write_bytes(data)
    with pytest.raises(WeightsError) as caught:
        OnnxRuntime(tmp_path / "a.onnx")
    assert "\n" not in str(caught.value)
    with pytest.raises(WeightsError, match="No such file"):
        check_graph(tmp_path / "nothing.onnx")


@pytest.mark.slow
@pytest.mark.fuzz
@cases(60)
@given(data=st.data())
def test_damaged_files(tmp_path: Path, data: st.DataObject) -> None:
    _, raw = data.draw(damaged({"onnx": SHIPPED.read_bytes()[:60_000]}))
    (tmp_path / "a.onnx").write_bytes(raw)
    with refusing(WeightsError):
        check_graph(tmp_path / "a.onnx")
