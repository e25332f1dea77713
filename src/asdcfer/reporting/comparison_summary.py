"""Summary of a comparison: for each contestant every measure as mean and deviation over seeds."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from asdcfer.evaluation.comparison_row import ComparisonRow
from asdcfer.evaluation.corruptions import CORRUPTIONS
from asdcfer.evaluation.result import Curve, Result
from asdcfer.models.pooling import FLATTENED

OWN_TESTS = ("private", "test")
"""Test sets under a pack's own labels; a pack of FER+ has "ferplus" in their place."""

LINEAR = "linear"
"""Key of the measure by which contestants are ordered."""

KNN = "knn"
"""Key of the probe that learns nothing."""


@dataclass(frozen=True)
class Column:
    """A column of accuracies.

    Attributes:
        key: in CSV and JSON.
        title: in tables.
        meaning: one line.
    """

    key: str
    title: str
    meaning: str


@dataclass(frozen=True)
class Measure:
    """An accuracy over seeds.

    Attributes:
        mean: 0..1.
        deviation: over seeds; None for one seed.
        seeds: how many.
        interval: 95 % interval, of one seed's test images; None where none is known.
        values: seed -> accuracy.
    """

    mean: float
    deviation: float | None
    seeds: int
    interval: tuple[float, float] | None
    values: dict[int, float]


@dataclass(frozen=True)
class Summary:
    """A contestant over its seeds.

    Attributes:
        name: of the method, recipe or encoder.
        rows: that were finished.
        failures: (seed, reason) of the others.
        measures: key of a column -> accuracy.
    """

    name: str
    rows: list[ComparisonRow]
    failures: list[tuple[int, str]]
    measures: dict[str, Measure] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What its encoder is; "failed" where no seed was finished."""
        return self.rows[0].kind if self.rows else "failed"

    @property
    def parameters(self) -> int | None:
        """Of its encoder."""
        return self.rows[0].parameters if self.rows else None

    def dims(self, key: str) -> int | None:
        """Return the width of the feature of a measure; None where it is unknown."""
        for row in self.rows:
            for found, _, result in scores(row):
                if found == key and result.feature is not None:
                    return result.feature.dim
        return None

    def fact(self, name: str) -> float | None:
        """Return the mean of a fact of training over seeds; None where nothing was trained."""
        values = [getattr(row.training, name) for row in self.rows if row.training is not None]
        return statistics.fmean(values) if values else None

    @property
    def notes(self) -> list[str]:
        """What a reader must know of it."""
        told = [row.about for row in self.rows]
        told += [f"teacher: {name}" for row in self.rows if (name := _teacher(row))]
        told += [f"seed {seed} failed: {reason}" for seed, reason in self.failures]
        return list(dict.fromkeys(line for line in told if line))


def _teacher(row: ComparisonRow) -> str:
    return row.training.teacher if row.training else ""


def summarized(rows: Sequence[ComparisonRow]) -> list[Summary]:
    """Return one summary for each name.

    The trained ones come first, best linear probe first; then those for orientation; then failures.
    """
    names = dict.fromkeys(row.name for row in rows)
    found = [_summary(name, [row for row in rows if row.name == name]) for name in names]
    order = {"trained": 0, "untrained": 1, "as it is": 1, "failed": 2}
    return sorted(found, key=lambda each: (order[each.kind], -_best(each)))


def _best(summary: Summary) -> float:
    return summary.measures[LINEAR].mean if LINEAR in summary.measures else 0.0


def _summary(name: str, rows: Sequence[ComparisonRow]) -> Summary:
    done = [row for row in rows if row.status == "finished"]
    failures = [(row.seed, row.reason) for row in rows if row.status == "failed"]
    values: dict[str, dict[int, list[tuple[float, Result]]]] = {}
    for row in done:
        for key, value, result in scores(row):
            values.setdefault(key, {}).setdefault(row.seed, []).append((value, result))
    measures = {key: _measure(key, by_seed) for key, by_seed in values.items()}
    return Summary(name, done, failures, measures)


def _measure(key: str, by_seed: dict[int, list[tuple[float, Result]]]) -> Measure:
    means = {seed: statistics.fmean(value for value, _ in found) for seed, found in by_seed.items()}
    only = next(iter(by_seed.values()))
    single = len(means) == 1 and len(only) == 1 and key != "robustness"
    return Measure(
        mean=statistics.fmean(means.values()),
        deviation=statistics.stdev(means.values()) if len(means) > 1 else None,
        seeds=len(means),
        interval=only[0][1].interval if single else None,
        values=means,
    )


def scores(row: ComparisonRow) -> Iterator[tuple[str, float, Result]]:
    """Give (key of its column, accuracy, result) of everything that a row has in the table.

    Parts of the labels come once a draw.
    """
    tests = [r.evaluated_on for r in row.results]
    primary = next((name for name in OWN_TESTS if name in tests), tests[0] if tests else "")
    for result in row.results:
        key = _key(result, primary)
        if key:
            yield key, robust_accuracy(result) if key == "robustness" else result.accuracy, result
    for name, result in row.transfers.items():
        yield f"transfer:{name}", result.accuracy, result


def _key(result: Result, primary: str) -> str:
    """Return the key of a result's column; "" for one that has none."""
    whole = result.twins_removed is None
    if result.evaluated_on != primary:
        other = result.evaluated_on == "ferplus" and result.kind == LINEAR and whole
        return "ferplus" if other else ""
    pooling = result.feature.pooling if result.feature else ""
    own = pooling not in ("global", FLATTENED)
    if not whole:
        return "without_twins" if result.kind == LINEAR and own else ""
    if result.kind == KNN:
        return KNN if own else ""
    if result.kind == LINEAR:
        return LINEAR if own else f"{LINEAR}_{pooling}"
    if result.kind in ("few_labels", "few_shot"):
        return label_part(result)
    return result.kind if result.kind in ("finetune", "robustness") else ""


def label_part(result: Result) -> str:
    """Return the key of a result's part of the labels; "" where it saw them all.

    Of few shots the linear classifier has a column.
    """
    used = result.labels_used
    if used is None or result.hyperparameters.get("classifier", LINEAR) != LINEAR:
        return ""
    return f"share:{used.share:g}" if used.share is not None else f"each:{used.per_class}"


def robust_accuracy(result: Result) -> float:
    """Return the mean accuracy over every level of every corruption, intact faces left out."""
    found = [
        accuracy
        for name, curve in (result.curves or {}).items()
        for level, accuracy in zip(curve.levels, curve.accuracy, strict=True)
        if level != CORRUPTIONS[name].levels[0]
    ]
    return statistics.fmean(found)


def columns_of(summaries: Sequence[Summary]) -> list[Column]:
    """Return the columns of accuracies in which anybody has a value, in the order of tables."""
    keys = dict.fromkeys(key for each in summaries for key in each.measures)
    return sorted((column_of(key) for key in keys), key=lambda column: _place(column.key))


_FIXED = {
    KNN: Column(KNN, "kNN", "weighted cosine kNN of the grid feature"),
    LINEAR: Column(LINEAR, "linear", "linear probe of the grid feature"),
    "linear_global": Column(
        "linear_global", "linear, global", "linear probe of the last map's mean"
    ),
    "linear_flattened": Column(
        "linear_flattened", "linear, un-pooled", "linear probe of every position of the last map"
    ),
    "finetune": Column("finetune", "fine-tuned", "encoder and classifier trained on the labels"),
    "robustness": Column(
        "robustness", "robustness", "linear probe, mean over all levels of all corruptions"
    ),
    "without_twins": Column(
        "without_twins", "no twins", "linear probe without test images that have a twin in training"
    ),
    "ferplus": Column(
        "ferplus", "FER+", "linear probe trained, chosen and reported on FER+ labels"
    ),
}
_ORDER = (
    *(KNN, LINEAR, "linear_global", "linear_flattened"),
    *("each", "share", "finetune", "robustness", "without_twins", "ferplus", "transfer"),
)
_MADE: dict[str, Callable[[str], Column]] = {
    "each": lambda n: Column(
        f"each:{n}", f"{n} a class", f"linear classifier of {n} labels a class, mean of many draws"
    ),
    "share": lambda n: Column(
        f"share:{n}",
        f"{100 * float(n):g} % labels",
        f"linear probe of {100 * float(n):g} % of the training labels",
    ),
    "transfer": lambda n: Column(
        f"transfer:{n}", f"on {n}", f"linear probe on {n}, under the expressions in common"
    ),
}


def column_of(key: str) -> Column:
    """Return the column of a key.

    Example:
        >>> column_of("share:0.01").title, column_of("linear").title
        ('1 % labels', 'linear')
    """
    if key in _FIXED:
        return _FIXED[key]
    kind, _, name = key.partition(":")
    return _MADE[kind](name)


def _place(key: str) -> tuple[int, float, str]:
    kind, _, name = key.partition(":")
    try:
        return _ORDER.index(kind), float(name or 0), name
    except ValueError:
        return _ORDER.index(kind), 0.0, name


def mean_curves(rows: Sequence[ComparisonRow]) -> dict[str, Curve]:
    """Return the curves of the robustness of rows, their mean over seeds."""
    every = [r.curves for row in rows for r in row.results if r.kind == "robustness" and r.curves]
    return {
        name: curve.model_copy(
            update={
                "accuracy": [
                    statistics.fmean(values)
                    for values in zip(*(curves[name].accuracy for curves in every), strict=True)
                ]
            }
        )
        for name, curve in (every[0].items() if every else ())
    }
