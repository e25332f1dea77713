"""What the labels of a list mean."""

from pathlib import Path

from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.list_labels import meanings_of
from asdcfer.data.datasets.list_table import Row, Table
from asdcfer.data.datasets.source import Options


def meanings(tmp_path: Path, labels: list[str], **options: object):
    rows = [Row(i, {"path": f"{i}.png", "label": label}) for i, label in enumerate(labels)]
    table = Table(tmp_path / "x.csv", ("path", "label"), True, rows)
    return meanings_of(set(labels), table, "path", Layout(tmp_path), Options(**options))


def test_words_numbers_and_no_faces(tmp_path: Path) -> None:
    found = meanings(tmp_path, ["Happy", "SAD", "Non-Face", "uncertain"])
    assert found.of == {
        **{"Happy": "happy", "SAD": "sad", "Non-Face": "no expression: Non-Face"},
        "uncertain": "no expression: uncertain",
    }
    assert meanings(tmp_path, ["0", "1.0"], labels_order="fer").of == {
        "0": "angry",
        "1.0": "disgust",
    }
    assert "`labels_order`" in str(meanings(tmp_path, ["0", "1"]).problem)
    assert "unknown label 'bored'" in str(meanings(tmp_path, ["happy", "sad", "bored"]).problem)
    assert meanings(tmp_path, ["x", "y"]).expressions == ("x", "y")
    # Skipped on the label page, beside words of one's own.
    skipped = meanings(tmp_path, ["tense", "unknown", "calm"])
    assert skipped.expressions == ("calm", "tense")
    assert skipped.of["unknown"] == "no expression: unknown"
    assert meanings(tmp_path, ["happy", "1"], own_classes=True).expressions == ("1", "happy")
