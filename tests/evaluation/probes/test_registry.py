"""A probe from outside takes part by one line in PROBES."""

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from asdcfer.errors import DataError
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.evaluate_splits import FittedClassifier, evaluate_splits
from asdcfer.evaluation.probes.registry import PROBES, build_probes, settings_of
from asdcfer.evaluation.probes.run import run_probes
from asdcfer.evaluation.result import Result, read_result
from asdcfer.reporting.console_tables import label_of
from asdcfer.training.pretrain.recipe import ProbeOptions
from tests.evaluation.standin import toy_context, toy_pack


class MajorityProbe:
    """Answers the commonest training label, whatever the feature."""

    kind = "majority"

    def run(self, context: ProbeContext) -> Iterator[Result]:
        task = context.roles
        shares = np.bincount(task.labels[task.train], minlength=len(task.expressions))
        answer = shares / shares.sum()
        fitted = FittedClassifier(
            kind=self.kind,
            validation=np.tile(answer, (len(task.validation), 1)),
            test=np.tile(answer, (len(task.test), 1)),
            trained_on=f"commonest of {len(task.train)} labels",
            chosen="nothing",
            hyperparameters={},
            training_images=len(task.train),
            seconds=0.0,
        )
        yield from evaluate_splits(context, fitted)


def test_probe_from_outside_runs_by_its_name(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(PROBES, "majority", MajorityProbe)
    assert "majority" in PROBES
    assert ProbeOptions(kinds=["majority"]).kinds == ["majority"]
    probes = build_probes(["majority", "knn"], shares=(0.5,))
    assert [probe.kind for probe in probes] == ["majority", "knn"]
    context = toy_context(toy_pack(tmp_path / "pack"))
    results = run_probes(context, probes, name="student", out=tmp_path / "out")
    assert [r.kind for r in results] == ["majority"] * 2 + ["knn"] * 2
    assert label_of(results[0], dim=False) == "student: majority, grid"
    assert read_result(tmp_path / "out" / "student-majority-grid-private.json") == results[0]


def test_settings_go_to_the_probes_that_have_them() -> None:
    linear, few = build_probes(["linear", "few_labels"], scalings=("whole",), shares=(0.5,))
    assert linear.scalings == ("whole",)
    assert few.shares == (0.5,)
    assert settings_of("knn") == ("neighbors", "temperatures")
    with pytest.raises(DataError, match="no probe 'tree'; there are linear, knn"):
        build_probes(["tree"])
    with pytest.raises(DataError, match="no probe has a setting 'share'"):
        build_probes(["knn"], share=0.5)


def test_every_probe_is_called_by_its_name() -> None:
    assert [PROBES[kind].kind for kind in PROBES] == list(PROBES)


def test_names_of_probes_cost_no_import() -> None:
    code = (
        "import sys; from asdcfer.evaluation.probes.registry import PROBES; "
        "assert 'knn' in list(PROBES) and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
