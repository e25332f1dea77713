"""Reading of finished runs for a report: what is in a run's folder, with nothing assumed to be
there.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.open import resolve_data_path
from asdcfer.data.pack import Pack, load_pack
from asdcfer.errors import AsdcferError, DataError
from asdcfer.evaluation.metrics import RESULT_KEYS
from asdcfer.files import read_rows

SECTIONS = ("teacher", "student")
RESULT_FOLDERS = ("probes", "finetune/probes", "measured", "results")
PREFERENCE = (
    ("finetune", ""),
    ("linear", "student"),
    ("linear", "teacher"),
    ("linear", ""),
    ("knn", "student"),
    ("knn", "teacher"),
)
"""Which result is drawn in detail: the first kind and encoder that there is."""


@dataclass
class Run:
    """One run's folder.

    Attributes:
        path: the folder.
        name: how it is called in the report.
        record: run.json, {} where there is none.
        curves: section -> columns of metrics.csv as float arrays, NaN where empty.
        weights: section -> encoder.safetensors.
        results: JSON results, sorted by what they are.
        robustness: of a model, or None.
        problems: files that could not be read, in words.
    """

    path: Path
    name: str
    record: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    weights: dict[str, Path] = field(default_factory=dict)
    results: list[dict[str, Any]] = field(default_factory=list)
    robustness: dict[str, Any] | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def headline(self) -> dict[str, Any] | None:
        """The result that is drawn in detail: on the test split, of the best kind there is."""
        tested = [r for r in self.results if r["evaluated_on"] in ("private", "test", "ferplus")]
        tested = [r for r in tested if r["evaluated_on"] != "ferplus"] or tested
        for kind, encoder in PREFERENCE:
            found = [
                r
                for r in tested
                if r["kind"] == kind and (not encoder or r.get("encoder") == encoder)
            ]
            if found:
                return found[0]
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
            value = _json(file, run.problems)
            if isinstance(value, dict) and value.get("kind") == "robustness":
                run.robustness = value
            elif isinstance(value, dict) and all(key in value for key in RESULT_KEYS):
                run.results.append(value)
            elif value is not None:
                run.problems.append(f"{file.name} is not a result of this package")
    run.results.sort(key=_order)
    if not (run.record or run.curves or run.weights or run.results):
        raise DataError(
            f"{folder} is not a run: it has no run.json, no metrics.csv, no weights and no results"
        )
    return run


def read_runs(paths: list[Path]) -> list[Run]:
    """Return several runs; those whose folders are called the same get the parent's name in front."""
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
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"{path.name} cannot be read ({error})")
        return None


def _order(result: dict[str, Any]) -> tuple[Any, ...]:
    kinds = ("finetune", "evaluate", "linear", "knn", "fraction")
    encoders = ("", "student", "teacher", "random")
    used = result.get("labels_used", {})
    place = lambda words, word: words.index(word) if word in words else len(words)  # noqa: E731
    return (
        place(kinds, result["kind"]),
        place(encoders, result.get("encoder", "")),
        -int(result.get("feature", {}).get("dim", 0)),
        used.get("share", 0),
        used.get("per_class", 0),
        used.get("draw", 0),
        str(result["hyperparameters"].get("tta", "")),
        place(("private", "test", "union", "ferplus"), result["evaluated_on"]),
        result["evaluated_on"],
    )
