"""Checksums at the end of ONNX files: readable by every reader, and a wrong byte is found."""

import random

import pytest

from asdcfer.errors import WeightsError
from asdcfer.models.find_weights import WEIGHTS_FOLDER
from asdcfer.recognition.onnx_checksum import append_checksum, check_bytes

SHIPPED = WEIGHTS_FOLDER / "light.onnx"


def test_the_entry_is_one_of_the_metadata(tmp_path):
    onnx = pytest.importorskip("onnx")
    graph = onnx.helper.make_graph([], "nothing", [], [])
    model = onnx.helper.make_model(graph)
    onnx.helper.set_model_props(model, {"a": "b"})
    onnx.save(model, str(tmp_path / "model.onnx"))
    append_checksum(tmp_path / "model.onnx")
    props = {one.key: one.value for one in onnx.load(str(tmp_path / "model.onnx")).metadata_props}
    assert props["a"] == "b"
    assert len(props["asdcfer.sha256"]) == 64


def test_the_shipped_file_has_one_and_any_wrong_byte_of_it_is_found(tmp_path):
    check_bytes(SHIPPED)
    data = SHIPPED.read_bytes()
    assert b"asdcfer.sha256" in data[-84:]
    draw, target = random.Random(0), tmp_path / "model.onnx"
    for place in [*(draw.randrange(len(data) - 84) for _ in range(20)), *range(-64, 0, 7)]:
        damaged = bytearray(data)
        damaged[place] ^= 1 << draw.randrange(8)
        target.write_bytes(damaged)
        with pytest.raises(WeightsError, match="its bytes have changed") as found:
            check_bytes(target)
        assert str(target) in str(found.value)


def test_files_without_one_and_files_that_are_not_there_are_left_to_the_reader(tmp_path):
    for content in (b"", b"short", SHIPPED.read_bytes()[:-84]):
        (tmp_path / "old.onnx").write_bytes(content)
        check_bytes(tmp_path / "old.onnx")
    check_bytes(tmp_path / "none.onnx")
