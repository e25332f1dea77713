"""Outcomes: the results of one fitted classifier on every list of images that is reported."""

from typing import Any

import numpy as np

from asdcfer.evaluation.metrics import result
from asdcfer.evaluation.splits import Task

UNION_NOTE = "the choosing split is part of this union, so it is not untouched data; it is printed because published numbers use it"


def results_on(task: Task, choose: np.ndarray, test: np.ndarray, *, protocol: str, target: str = "", **about: Any) -> list[dict[str, Any]]:
    """Return the result on the test split and, for FER-2013's two test lists, on their union.

    Args:
        task: what was evaluated.
        choose: float (len(task.choose), C), probabilities.
        test: float (len(task.test), C), probabilities.
        protocol: one sentence; the list that is reported on is added.
        target: "" for the pack's labels, or the name of other labels ("ferplus"): it then stands for the test split.
        **about: further arguments of `metrics.result`.
    """
    note = f"; {task.note}" if task.note else ""
    name = {"private": "PrivateTest", "test": "the test split"}.get(task.test_name, task.test_name)
    shared = {"expressions": task.expressions, "chosen_on": task.choose_name, **about}
    found = [
        result(
            protocol=f"{protocol}; reported on {name}, touched once, at the end{note}", probabilities=test, labels=task.labels[task.test],
            evaluated_on=target or task.test_name, **shared,
        )
    ]  # fmt: skip
    if task.has_union and not target:
        both = np.concatenate([task.choose, task.test])
        found.append(
            result(
                protocol=f"{protocol}; reported on the union of PublicTest and PrivateTest: {UNION_NOTE}{note}",
                probabilities=np.concatenate([choose, test]), labels=task.labels[both], evaluated_on="union", **shared,
            )
        )  # fmt: skip
    return found
