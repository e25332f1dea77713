"""The first screen: who is compared with whom, and when the words may say that it learned."""

from pathlib import Path
from typing import Any

import pytest

from asdcfer.evaluation.result import Result
from asdcfer.files import write_json
from asdcfer.reporting.first_screen import did_it_learn, frozen_results, verdict
from asdcfer.reporting.runs import SECTIONS, Run
from asdcfer.training.pretrain import recipe
from tests.evaluation.standin import toy_result

NAMES = {name: name for name in ("random", "teacher", "baseline", "student")}


def result(accuracy: float, encoder: str, spread: float = 0.03, **more: Any) -> Result:
    return toy_result(
        accuracy, encoder=encoder, interval=(accuracy - spread, accuracy + spread), **more
    )


def found(*results: Result) -> dict[str, Result]:
    return {each.encoder: each for each in results}


def test_it_learned_only_beyond_the_intervals() -> None:
    clear = verdict(found(result(0.27, "random"), result(0.44, "student")), NAMES)
    assert clear.startswith("It learned: the student has 44.0 % (41.0 to 47.0) where a random has")
    assert "+17.0 points." in clear
    close = verdict(found(result(0.27, "random"), result(0.32, "student")), NAMES)
    assert close.startswith("Not measurably")
    assert "the intervals overlap" in close


@pytest.mark.parametrize(
    ("other", "words"), [(0.30, "+14.0 points."), (0.43, "+1.0 points, within the intervals.")]
)
def test_the_student_is_compared_with_baseline_and_teacher(other: float, words: str) -> None:
    said = verdict(
        found(result(0.2, "random"), result(0.44, "student"), result(other, "baseline")), NAMES
    )
    assert words in said


def test_a_run_without_a_student_is_judged_by_its_teacher() -> None:
    said = verdict(found(result(0.2, "random"), result(0.44, "teacher")), NAMES)
    assert "the teacher has 44.0 %" in said
    assert "Against" not in said


def test_only_whole_lists_with_all_labels_count() -> None:
    results = [
        result(0.5, "student", twins_removed=3),
        result(0.4, "student", evaluated_on="union"),
        result(0.3, "student"),
        result(0.2, "student"),
    ]
    assert frozen_results(results, "linear")["student"].accuracy == 0.3
    assert not frozen_results(results, "knn")


def test_the_card_names_the_baseline_and_what_was_started_from(tmp_path: Path) -> None:
    weights = {}
    for section, stage in {
        "student": {"method": "asdc", "start": "light_encoder"},
        "baseline": {"method": "moco", "start": None},
    }.items():
        weights[section] = tmp_path / section / "encoder.safetensors"
        write_json(weights[section].with_suffix(".json"), {"stage": stage})
    run = Run(tmp_path, "run", weights=weights)
    run.results = [result(0.2, "random"), result(0.4, "student"), result(0.3, "baseline")]
    page = did_it_learn(run)
    assert "contrast alone (30.0 % (27.0 to 33.0))" in page
    assert "(student: light_encoder), not from nothing" in page
    assert page.count("<img ") == 1
    assert "Against contrast alone" in page
    run.results = run.results[1:]
    assert did_it_learn(run) == ""


def test_reports_know_every_section_of_a_recipe() -> None:
    assert tuple(recipe.SECTIONS) == SECTIONS
