import csv
import json

import pytest

from asdcfer.reporting.comparison_files import as_csv, as_markdown, as_tree, cell, write_tables
from asdcfer.reporting.comparison_summary import summarized
from tests.reporting.comparison_rows import rows

SHARED = {"budget": "15m", "encoder": "resnet18 (width 32)"}


def test_markdown_holds_the_table_what_it_means_and_what_failed() -> None:
    text = as_markdown(summarized(rows()), SHARED, "Methods compared on toys")
    lines = text.splitlines()
    assert lines[0] == "# Methods compared on toys"
    table = [line for line in lines if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert table[2].startswith("| asdc | 2 | 46.0 ± 1.4 | 51.0 ± 1.4 |")
    assert table[2].endswith("| 1.50 M | 900 | 250 | 14.5 |")
    assert table[-1].startswith("| mine:Own | 0 | – |")
    assert "* linear: linear probe of the grid feature (1,088 dimensions)" in lines
    assert "* mine:Own: seed 0 failed: the loss is <not> finite" in lines
    assert "* encoder: resnet18 (width 32)" in lines


def test_times_that_mean_nothing_are_left_out() -> None:
    text = as_markdown(summarized(rows()), SHARED, "t", times=False)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert table[0].endswith("| parameters | steps |")
    assert table[2].endswith("| 1.50 M | 900 |")
    with_times = as_markdown(summarized(rows()), SHARED, "t").splitlines()
    others = [line for line in text.splitlines() if not line.startswith("|")]
    assert others == [line for line in with_times if not line.startswith("|")]


def test_one_seed_needs_no_column_of_seeds() -> None:
    text = as_markdown(summarized([row for row in rows() if row.seed == 0]), SHARED, "t")
    assert "| method | kNN |" in text
    assert " ± " not in text.split("Accuracies")[0].split("|", 1)[1]


def test_csv_and_json_say_the_same_as_the_rows() -> None:
    found = summarized(rows())
    table = list(csv.DictReader(as_csv(found).splitlines()))
    assert [line["method"] for line in table] == [each.name for each in found]
    assert float(table[0]["linear"]) == pytest.approx(0.51)
    assert table[2]["linear_deviation"] == ""
    tree = json.loads(json.dumps(as_tree(found, SHARED, "t")))
    assert tree["rows"][0]["measures"]["linear"]["values"] == {"0": 0.5, "1": 0.52}
    assert tree["rows"][0]["measures"]["linear"]["dimensions"] == 1088
    assert tree["rows"][3]["failures"] == [{"seed": 0, "reason": "the loss is <not> finite"}]


def test_the_three_files_are_written(tmp_path) -> None:
    write_tables(tmp_path, summarized(rows()), SHARED, "t")
    assert {path.name for path in tmp_path.iterdir()} == {"table.md", "table.csv", "table.json"}


def test_a_bar_in_a_name_does_not_break_the_table() -> None:
    named = [row.model_copy(update={"name": "a|b"}) for row in rows()[:1]]
    assert "| a/b |" in as_markdown(summarized(named), SHARED, "t")
    assert cell(None) == "–"
