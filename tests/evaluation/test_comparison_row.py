import json

import pytest

from asdcfer.errors import DataError
from asdcfer.evaluation.comparison_row import read_row, write_row
from tests.reporting.comparison_rows import rows


def test_rows_are_read_as_they_were_written(tmp_path) -> None:
    for number, row in enumerate(rows()):
        write_row(tmp_path / f"{number}.json", row)
        assert read_row(tmp_path / f"{number}.json") == row


@pytest.mark.parametrize("text", [None, "{", "[]", '{"name": "moco"}'])
def test_what_is_no_row_is_one_line(tmp_path, text) -> None:
    path = tmp_path / "row.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match="is no row of a comparison") as caught:
        read_row(path)
    assert "\n" not in str(caught.value)


def test_a_row_of_another_format_is_refused(tmp_path) -> None:
    write_row(tmp_path / "row.json", rows()[0])
    values = json.loads((tmp_path / "row.json").read_text()) | {"format": 2}
    (tmp_path / "row.json").write_text(json.dumps(values))
    with pytest.raises(DataError, match="by this version of the package"):
        read_row(tmp_path / "row.json")


@pytest.mark.parametrize(("about", "labels"), [("its training saw labels", True), ("", False)])
def test_a_row_from_before_said_in_words_that_it_saw_labels(tmp_path, about, labels) -> None:
    write_row(tmp_path / "row.json", rows()[0].model_copy(update={"about": about}))
    values = json.loads((tmp_path / "row.json").read_text())
    del values["saw_labels"]
    (tmp_path / "row.json").write_text(json.dumps(values))
    assert read_row(tmp_path / "row.json").saw_labels is labels
