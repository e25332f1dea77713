"""What `run`, `pretrain` and `distill` print."""

from pathlib import Path

import pytest

from asdcfer.api.train import TrainedRun, TrainedStage
from asdcfer.cli.training_tables import accuracies, print_run, say_trained
from asdcfer.training.engine import hardware
from asdcfer.training.pretrain.recipe_files import load_recipe
from tests.evaluation.standin import toy_result

HEALTH = {"verdict": "healthy", "feature_spread": 0.61, "effective_rank": 17.2}
STAGE = TrainedStage("teacher", Path("runs/a/teacher/encoder.safetensors"), HEALTH, 90.0)


def test_the_weights_are_told_by_the_first_process_only(capsys, monkeypatch) -> None:
    say_trained(STAGE)
    assert capsys.readouterr().out == "teacher: runs/a/teacher/encoder.safetensors\n"
    monkeypatch.setattr(hardware, "is_first_process", lambda: False)
    say_trained(STAGE)
    assert capsys.readouterr().out == ""


def found(results=(), without_probes="", report: Path | None = Path("runs/a/report.html")):
    recipe = load_recipe("sample")
    return TrainedRun(Path("runs/a"), recipe, (STAGE,), list(results), without_probes, report)


def test_a_run_ends_in_health_accuracies_and_the_report(capsys) -> None:
    results = [
        toy_result(0.25, encoder="teacher"),
        toy_result(0.75, encoder="teacher", evaluated_on="union"),
    ]
    print_run(found(results))
    printed = capsys.readouterr().out
    for words in ("healthy", "0.61", "17.2", "1.5", "25.0%", "75.0%", "report: runs/a/report.html"):
        assert words in printed


def test_data_without_labels_say_why_there_are_no_probes(capsys) -> None:
    print_run(found(without_probes="the pack has no labels"))
    assert "no probes: the pack has no labels" in capsys.readouterr().out


def test_other_processes_print_nothing(capsys) -> None:
    print_run(found(report=None))
    assert capsys.readouterr().out == ""


def test_each_probe_is_a_row_and_each_test_set_a_column() -> None:
    results = [
        toy_result(0.25),
        toy_result(0.5, evaluated_on="union"),
        toy_result(0.75, kind="knn"),
    ]
    table = accuracies(results, "accuracy")
    assert [str(column.header) for column in table.columns][:1] == ["probe"]
    assert table.row_count == 2
    assert len(table.columns) == 3


@pytest.mark.parametrize("health", [None, {}])
def test_health_that_was_not_measured_is_a_question_mark(capsys, health) -> None:
    stage = TrainedStage("student", Path("w"), health, 0.0)
    recipe = load_recipe("sample")
    print_run(TrainedRun(Path("a"), recipe, (stage,), [], "", Path("r.html")))
    assert "?" in capsys.readouterr().out
