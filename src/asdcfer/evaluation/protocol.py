"""Outcomes: the results of one fitted classifier on every list of images that is reported."""

from typing import Any

import numpy as np

from asdcfer.data.splits import Task
from asdcfer.evaluation.metrics import result

UNION_NOTE = "the validation split is part of this union, so it is not untouched data; it is printed because published numbers use it"
HEADLINE_DIMS = 8192
"""Width of a feature up to which a probe's number counts as a headline."""
NO_TWINS = " without twins"
"""Added to the name of a list from which images with a twin in training were removed."""


def evaluate_splits(
    task: Task,
    validation: np.ndarray,
    test: np.ndarray,
    *,
    protocol: str,
    target: str = "",
    twins: np.ndarray | None = None,
    **about: Any,
) -> list[dict[str, Any]]:
    """Return the result on the test split and, for FER-2013's two test lists, on their union; each
    again without twins where they are given.

    Args:
        task: what was evaluated.
        validation: float (len(task.validation), C), probabilities.
        test: float (len(task.test), C), probabilities.
        protocol: one sentence; the list that is reported on is added.
        target: "" for the pack's labels, or the name of other labels ("ferplus"): it then stands
            for the test split.
        twins: rows of images that have a twin in training; None to report the whole lists only.
        **about: further arguments of `metrics.result`.
    """
    note = f"; {task.note}" if task.note else ""
    dim = about.get("feature", {}).get("dim", 0)
    if dim > HEADLINE_DIMS:
        note += f"; its {dim:,} dimensions are over the {HEADLINE_DIMS:,} that a headline allows"
    name = {"private": "PrivateTest", "test": "the test split"}.get(task.test_name, task.test_name)
    if target == "ferplus":
        name += " under FER+ majority labels"
    test_sets = [(target or task.test_name, f"{name}, touched once, at the end", task.test, test)]
    if task.has_union and not target:
        both = np.concatenate([task.validation, task.test]), np.concatenate([validation, test])
        test_sets.append(("union", f"the union of PublicTest and PrivateTest: {UNION_NOTE}", *both))
    found = []
    for evaluated_on, where, rows, probabilities in test_sets:
        shared = {"expressions": task.expressions, "chosen_on": task.validation_name, **about}
        found.append(
            result(
                protocol=f"{protocol}; reported on {where}{note}",
                probabilities=probabilities,
                labels=task.labels[rows],
                evaluated_on=evaluated_on,
                **shared,
            )
        )
        if twins is not None:
            kept = ~np.isin(rows, twins)
            removed = (
                f"{int((~kept).sum())} images with an exact or near duplicate in training removed"
            )
            found.append(
                result(
                    protocol=f"{protocol}; reported on {where}; {removed}{note}",
                    probabilities=probabilities[kept],
                    labels=task.labels[rows][kept],
                    evaluated_on=evaluated_on + NO_TWINS,
                    twins_removed=int((~kept).sum()),
                    **shared,
                )
            )
    return found
