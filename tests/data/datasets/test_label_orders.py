"""Numbers as labels: orders by name, files that name the classes, and the question."""

import json
from pathlib import Path

import pytest

from asdcfer.data.datasets.label_orders import (
    ORDERS,
    ask_for_order,
    classes_file,
    order_of,
    read_classes,
)
from asdcfer.errors import DataError


def test_orders_give_each_number_its_expression() -> None:
    assert order_of("fer", range(7))[3] == "happy"
    assert order_of("FER", range(1, 8))[1] == "angry"
    assert order_of("affectnet", range(8))[0] == "neutral"
    assert order_of("alphabetical", range(7)) == {
        **{0: "angry", 1: "disgust", 2: "fear", 3: "happy", 4: "neutral", 5: "sad"},
        6: "surprise",
    }
    assert order_of("alphabetical", range(8))[1] == "contempt"
    assert order_of("alphabetical", range(1, 8))[7] == "surprise"
    assert order_of("rafdb", range(1, 8))[4] == "happy"
    assert order_of("Joy, bored", {0, 1}) == {0: "happy", 1: "bored"}
    assert order_of("a,b,c", {1, 2, 3}) == {1: "a", 2: "b", 3: "c"}


@pytest.mark.parametrize(
    ("asked", "numbers", "message"),
    [
        ("imagenet", {0}, "unknown order 'imagenet'; give `labels_order` fer, affectnet"),
        ("rafdb", {0, 1}, "rafdb has no name for 0; it has 1 surprise"),
        ("a,b", {0, 2}, "has no name for 2"),
        ("a,,b", {0}, "a name is empty or there twice"),
        ("a,a", {0}, "a name is empty or there twice"),
        ("alphabetical", {1, 2, 3}, "may begin with 0 or with 1; give the names"),
    ],
)
def test_an_order_that_does_not_fit_says_why(asked: str, numbers: set[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        order_of(asked, numbers)


def test_the_question_names_what_the_numbers_would_be() -> None:
    line = ask_for_order(range(7), "the class folders")
    assert "fer (0 angry, 1 disgust" in line
    assert "affectnet (0 neutral, 1 happy" in line
    assert "rafdb" not in line.split(": ", 1)[1]
    assert all(name in line for name in ORDERS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "angry\nhappy\nsad\n"),
        ("labels.txt", "\ufeff0 angry\r\n1 happy\r\n2 sad\r\n"),
        ("class_names.txt", "0: angry\n1: happy\n2: sad"),
        ("labels.txt", "angry,0\nhappy,1\nsad,2"),
        ("labels.csv", "label,emotion\n0,angry\n1,happy\n2,sad\n"),
        ("obj.names", "angry\nhappy\nsad\n"),
        ("classes.json", json.dumps(["angry", "happy", "sad"])),
        ("class_to_idx.json", json.dumps({"angry": 0, "happy": 1, "sad": 2})),
        ("class_indices.json", json.dumps({"0": "angry", "1": "happy", "2": "sad"})),
        ("data.yaml", "nc: 3\nnames: ['angry', 'happy', 'sad']\n"),
        ("data.yaml", "names:\n  0: angry\n  1: happy\n  2: sad\n"),
        ("affectnet.yaml", "names:\n  0: angry\n  1: happy\n  2: sad\n"),
    ],
)
def test_files_that_name_classes(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = classes_file([tmp_path / "README.md", tmp_path / name])
    assert found == (tmp_path / name, {0: "angry", 1: "happy", 2: "sad"})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("labels.txt", b"a/b.jpg 3\nc/d.jpg 4\n"),
        ("classes.json", b"{"),
        ("classes.json", b'{"a": 1e999}'),
        ("classes.json", b"[" * 100_000),
        ("data.yaml", b"names: &a [*a]\n"),
        ("data.yaml", b"\xff\xfe\x00"),
        ("classes.txt", b""),
    ],
)
def test_other_files_name_nothing(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert read_classes(tmp_path / name) == {}
