"""What an ONNX file would have ONNX Runtime do, read from its bytes before it is loaded.

A graph may hold loops that never end, and may name other files as its weights. No file that
`asdcfer export` writes does either, so those are refused. The bytes are protocol buffers: fields of
a number and a kind, of which only those that lead to the nodes are followed.
"""

from collections.abc import Iterator
from pathlib import Path

from asdcfer.errors import WeightsError

MOST_BYTES = 2_000_000_000
"""Largest file: a protocol buffer cannot be larger."""
_VARINT, _LONG, _BYTES, _SHORT = 0, 1, 2, 5
# Numbers of the fields in onnx.proto.
_MODEL_GRAPH, _MODEL_FUNCTIONS, _FUNCTION_NODE = 7, 25, 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTE, _NODE_OPERATOR = 5, 4
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14


def check_graph(path: Path) -> None:
    """Check that an ONNX file is one graph that ends, with its weights inside.

    Args:
        path: of the file.

    Raises:
        WeightsError: it cannot be read, has loops or branches, or names other files.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise WeightsError(
                f"{path}: larger than the {MOST_BYTES:,} bytes an ONNX file may have"
            )
        model = memoryview(path.read_bytes())
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read as an ONNX model: {error.strerror or error}"
        ) from error
    try:
        for number, value in _fields(model):
            if number == _MODEL_GRAPH:
                _check_nodes(path, value, _GRAPH_NODE)
            elif number == _MODEL_FUNCTIONS:
                _check_nodes(path, value, _FUNCTION_NODE)
    except ValueError as error:
        raise WeightsError(f"{path} cannot be read as an ONNX model: {error}") from error


def _check_nodes(path: Path, graph: memoryview, node: int) -> None:
    for number, value in _fields(graph):
        if number == node:
            _check_node(path, value)
        elif node == _GRAPH_NODE and number == _GRAPH_INITIALIZER:
            _check_tensor(path, value)
        elif node == _GRAPH_NODE and number == _GRAPH_SPARSE:
            raise WeightsError(f"{path} holds sparse weights, which no export of this package has")


def _check_node(path: Path, node: memoryview) -> None:
    fields = list(_fields(node))
    operator = next((bytes(value) for number, value in fields if number == _NODE_OPERATOR), b"")
    for attribute in (value for number, value in fields if number == _NODE_ATTRIBUTE):
        for number, value in _fields(attribute):
            if number in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                raise WeightsError(
                    f"{path} holds a loop or a branch ({operator.decode('ascii', 'replace')}), "
                    "which may never end; export the model again with: asdcfer export"
                )
            if number in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
                _check_tensor(path, value)


def _check_tensor(path: Path, tensor: memoryview) -> None:
    if any(number in (_TENSOR_EXTERNAL, _TENSOR_LOCATION) for number, _ in _fields(tensor)):
        raise WeightsError(
            f"{path} keeps its weights in another file, which is not opened; export the model "
            "again with: asdcfer export"
        )


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield number and content of each field; the content of a plain number is empty.

    Raises:
        ValueError: it is no protocol buffer.
    """
    place = 0
    while place < len(message):
        key, place = _number(message, place)
        kind, number = key & 7, key >> 3
        size = 0
        if kind == _VARINT:
            _, place = _number(message, place)
        elif kind == _BYTES:
            size, place = _number(message, place)
        elif kind in (_LONG, _SHORT):
            place += 8 if kind == _LONG else 4
        else:
            raise ValueError("it is no protocol buffer")
        if place + size > len(message):
            raise ValueError("it is cut short")
        yield number, message[place : place + size]
        place += size


def _number(message: memoryview, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while place < len(message) and shift < 70:
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
    raise ValueError("it is cut short")
