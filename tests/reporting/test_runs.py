from pathlib import Path

import pytest

from asdcfer.errors import DataError
from asdcfer.evaluation.result import LabelsUsed, write_result
from asdcfer.reporting.page import write_report
from asdcfer.reporting.runs import Run, read_run
from tests.evaluation.standin import toy_result


def test_folders_that_are_no_runs_are_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="no run at"):
        read_run(tmp_path / "none")
    with pytest.raises(DataError, match="is not a run"):
        write_report([tmp_path], tmp_path / "r.html")


def test_cut_line_of_metrics_is_dropped(run) -> None:
    assert read_run(run).curves["teacher"]["epoch"].tolist() == [1, 2]


def test_results_come_in_the_order_of_the_registry(run) -> None:
    found = read_run(run)
    assert list(dict.fromkeys(r.kind for r in found.results)) == ["linear", "knn", "few_labels"]
    assert found.results[0].encoder == "student"
    assert [result.kind for result in found.axes] == ["robustness"]
    assert set(found.axes[0].curves) == {"blur", "noise"}


def test_headline_is_the_best_kind_of_the_student_on_all_test_images() -> None:
    few = LabelsUsed(share=0.1, draw=0, images=9)
    results = [
        toy_result(kind="linear", labels_used=few, encoder="student"),
        toy_result(kind="knn", encoder="student"),
        toy_result(kind="linear", encoder="teacher"),
        toy_result(kind="linear", encoder="student", evaluated_on="union"),
        toy_result(kind="linear", encoder="student", twins_removed=4),
        toy_result(kind="linear", encoder="student", accuracy=0.4),
    ]
    best = Run(Path("a"), "a", results=results).headline
    assert best is results[-1]
    tuned = toy_result(kind="finetune")
    assert Run(Path("a"), "a", results=[*results, tuned]).headline is tuned
    other = toy_result(evaluated_on="ferplus")
    assert Run(Path("a"), "a", results=[other]).headline is other
    assert Run(Path("a"), "a", results=[toy_result(evaluated_on="union")]).headline is None


def test_result_of_another_version_is_a_problem_of_the_run(tmp_path) -> None:
    write_result(tmp_path / "probes" / "good.json", toy_result())
    (tmp_path / "probes" / "old.json").write_text('{"kind": "knn", "accuracy": 0.5}')
    found = read_run(tmp_path)
    assert len(found.results) == 1
    assert "old.json was written by another version" in found.problems[0]
