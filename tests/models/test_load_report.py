"""What is said when weights were loaded."""

from pathlib import Path

from asdcfer.models.load_report import LoadReport


def test_the_report_counts_tensors_of_each_part_and_names_what_was_left():
    report = LoadReport(Path("a/b.safetensors"), {"encoder": 3, "projector": 2}, {"ema": 1}, 1500)
    text = str(report)
    for words in ("3 encoder", "2 projector", "1,500", "b.safetensors", "not asked for: 1 ema"):
        assert words in text


def test_nothing_is_said_of_what_was_not_left():
    assert "not asked for" not in str(LoadReport(Path("a.safetensors"), {"encoder": 3}, {}, 10))
