"""Reading of finished runs for a report: what is in a folder, nothing assumed to be there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.resolve_data import resolve_data_path
from asdcfer.errors import AsdcferError, DataError
from asdcfer.evaluation.axes import AXES
from asdcfer.evaluation.probes.registry import PROBES
from asdcfer.evaluation.result import Result, read_result
from asdcfer.files import read_rows
from asdcfer.plain_json import from_json

SECTIONS = ("teacher", "student", "baseline")
RESULT_FOLDERS = ("probes", "finetune/probes", "measured", "results")
KINDS = ("finetune", "evaluate")
"""Kinds of results that come before those of probes."""
TEST_SETS = ("private", "test", "union", "ferplus")


@dataclass
class Run:
    """One run's folder.

    Attributes:
        path: the folder.
        name: how it is called in the report.
        record: run.json, {} where there is none.
        curves: section -> columns of metrics.csv as float arrays, NaN where empty.
        weights: section -> encoder.safetensors.
        results: sorted by what they are.
        axes: results of a model along axes (robustness, transfer, subgroups).
        problems: files that could not be read, in words.
    """

    path: Path
    name: str
    record: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    weights: dict[str, Path] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    axes: list[Result] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def headline(self) -> Result | None:
        """The result that is drawn in detail: on the test split, of the best kind there is."""
        whole = [r for r in self.results if r.twins_removed is None]
        own = [r for r in whole if r.evaluated_on in ("private", "test")]
        tested = own or [r for r in whole if r.evaluated_on == "ferplus"]
        tested.sort(key=_headline_order)
        return tested[0] if tested else None

    def pack(self) -> Pack:
        """Open the faces of the run.

        Raises:
            DataError: nobody knows where they are, or they have gone.
        """
        for own in (self.path / "pack", self.path.parent / "pack"):
            if (own / "pack.json").is_file():
                return load_pack(own)
        name = (self.record.get("data") or {}).get("pack")
        if not name:
            raise DataError("the run's record does not say where its faces are")
        return load_pack(resolve_data_path(name))


def read_run(path: str | Path) -> Run:
    """Return what a run's folder holds.

    Raises:
        DataError: the folder is missing, or holds nothing that a run leaves behind.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(
            f"there is no run at {folder}; give the folder that pretrain, distill, run or finetune "
            "made"
        )
    run = Run(folder, folder.resolve().name)
    run.record = _json(folder / "run.json", run.problems) or {}
    for section in SECTIONS:
        _add_curve(run, section, folder / section / "metrics.csv")
        if (folder / section / "encoder.safetensors").is_file():
            run.weights[section] = folder / section / "encoder.safetensors"
    for name in ("metrics.csv", "finetune/metrics.csv"):
        _add_curve(run, "finetune", folder / name)
    for where in RESULT_FOLDERS:
        for file in sorted((folder / where).glob("*.json")):
            try:
                result = read_result(file)
            except DataError as error:
                run.problems.append(str(error))
                continue
            if result.kind in AXES:
                run.axes.append(result)
            else:
                run.results.append(result)
    run.results.sort(key=_order)
    if not (run.record or run.curves or run.weights or run.results):
        raise DataError(
            f"{folder} is not a run: it has no run.json, no metrics.csv, no weights and no results"
        )
    return run


def read_runs(paths: list[Path]) -> list[Run]:
    """Return several runs; of folders called the same, the parent's name stands in front."""
    runs = [read_run(path) for path in paths]
    names = [run.name for run in runs]
    for run in runs:
        if names.count(run.name) > 1:
            run.name = f"{run.path.resolve().parent.name}/{run.name}"
    return runs


def read_encoders(run: Run) -> dict[str, Any]:
    """Return section -> encoder; one that cannot be loaded is named among the problems."""
    from asdcfer.models.weights import load_encoder

    found = {}
    for section, path in run.weights.items():
        try:
            found[section] = load_encoder(path)
        except AsdcferError as error:
            run.problems.append(str(error))
    return found


def _add_curve(run: Run, section: str, path: Path) -> None:
    if not path.is_file():
        return
    try:
        rows = read_rows(path)
        columns = {
            name: np.array([float(row[name]) if row[name] else np.nan for row in rows])
            for name in (rows[0] if rows else ())
        }
    except (OSError, ValueError) as error:
        run.problems.append(f"{path.name} of {section} cannot be read ({error})")
        return
    if columns:
        run.curves[section] = columns


def _json(path: Path, problems: list[str]) -> Any:
    if not path.is_file():
        return None
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"{path.name} cannot be read ({error})")
        return None


def _headline_order(result: Result) -> tuple[int, ...]:
    """Return what sorts a fine-tuned model first, then probes, the student's before others."""
    kinds = ("finetune", *PROBES)
    return (
        int(result.labels_used is not None),
        _place(kinds, result.kind),
        _place(("student", "teacher", "baseline"), result.encoder),
    )


def _order(result: Result) -> tuple[Any, ...]:
    used, feature = result.labels_used, result.feature
    return (
        _place((*KINDS, *PROBES), result.kind),
        _place(("", "student", "teacher", "baseline", "random"), result.encoder),
        -feature.dim if feature else 0,
        (used.share or 0, used.per_class or 0, used.draw) if used else (0, 0, 0),
        result.protocol.tta,
        _place(TEST_SETS, result.evaluated_on),
        result.test_set,
    )


def _place(words: Sequence[str], word: str) -> int:
    return words.index(word) if word in words else len(words)
