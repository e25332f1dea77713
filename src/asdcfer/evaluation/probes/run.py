"""Suite: the probes of one encoder, each result written as JSON as soon as it is known."""

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task, task_of
from asdcfer.errors import DataError
from asdcfer.evaluation.ferplus import TARGET, ferplus_task, is_ferplus
from asdcfer.evaluation.metrics import write_result
from asdcfer.evaluation.probes.few_labels import SHARES, fraction_probe
from asdcfer.evaluation.probes.knn import knn_probe
from asdcfer.evaluation.probes.linear import linear_probe
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.pooling import FLATTENED

KINDS = ("knn", "linear", "flattened", "fractions")

Tell = Callable[[str], None]


def run_probes(
    encoder: Encoder,
    pack: Pack,
    *,
    kinds: Sequence[str] = ("knn", "linear"),
    out: str | os.PathLike[str] | None = None,
    name: str = "",
    pooling: str | None = None,
    pooling_arguments: dict[str, Any] | None = None,
    tta: Any = "none",
    scalings: Sequence[Any] = ("each",),
    shares: Sequence[float] = SHARES,
    per_class: Sequence[int] = (),
    draws: Sequence[int] = (0,),
    votes: str | os.PathLike[str] | None = None,
    without_twins: bool = False,
    tell: Tell | None = None,
    seed: int = 0,
    **shared: Any,
) -> list[dict[str, Any]]:
    """Run probes on one encoder and write each result.

    Args:
        encoder: frozen.
        pack: labeled.
        kinds: of "knn", "linear", "flattened" (the linear probe of the un-pooled map), "fractions".
        out: folder of the JSON files; None writes nothing.
        name: what the encoder is ("teacher", "student"); goes into results and file names.
        pooling, pooling_arguments, tta, scalings: as in `linear_probe`.
        shares, per_class, draws: of the fractions.
        votes: FER+ votes to join; FER+ results are also made where the pack knows the labels.
        without_twins: report every list a second time without images that have a twin in training.
        tell: told of each probe as it begins.
        seed: of bootstraps.
        **shared: `recipe`, `cache`, `batch_size`, `progress`.

    Raises:
        DataError: the pack is unlabeled or lacks a split; an unknown kind.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise DataError(f"there is no probe {unknown[0]!r}; there are {', '.join(KINDS)}")
    tasks = tasks_of(pack, votes)
    twins = twin_rows(pack, tasks[0][1]) if without_twins else None
    found: list[dict[str, Any]] = []

    def keep(results: list[dict[str, Any]]) -> None:
        for value in results:
            value["encoder"] = name
            value["feature"]["name"] = feature_name(value["feature"], encoder.spec)
            found.append(value)
            if out is not None:
                write_result(Path(out) / f"{file_name(value)}.json", value)

    for target, task in tasks:
        about = {"task": task, "target": target, "twins": twins, **shared}
        for kind in kinds:
            pooled = {"pooling": pooling, "pooling_arguments": pooling_arguments}
            label = f"{name + ': ' if name else ''}{kind}{' on FER+ labels' if target else ''}"
            if tell:
                tell(label)
            report = _solver_report(tell, label, task.validation_name)
            if kind == "knn":
                keep(knn_probe(encoder, pack, seed=seed, **pooled, **about))
            elif kind == "linear":
                keep(
                    linear_probe(
                        encoder,
                        pack,
                        tta=tta,
                        scalings=scalings,
                        seed=seed,
                        report=report,
                        **pooled,
                        **about,
                    )
                )
            elif kind == "flattened":
                arguments = {"map": (pooling_arguments or {}).get("map", -1)}
                pooled = {"pooling": "flattened", "pooling_arguments": arguments}
                keep(
                    linear_probe(
                        encoder,
                        pack,
                        tta=tta,
                        scalings=scalings,
                        seed=seed,
                        report=report,
                        **pooled,
                        **about,
                    )
                )
            else:
                keep(
                    fraction_probe(
                        encoder,
                        pack,
                        shares=shares,
                        per_class=per_class,
                        seeds=draws,
                        tta=tta,
                        **pooled,
                        **about,
                    )
                )
    return found


def _solver_report(
    tell: Tell | None, label: str, validation_name: str
) -> Callable[[float, float], None] | None:
    if tell is None:
        return None
    return lambda penalty, accuracy: tell(
        f"{label}: penalty {penalty:g} gives {100 * accuracy:.2f} % on {validation_name}"
    )


def tasks_of(pack: Pack, votes: str | os.PathLike[str] | None = None) -> list[tuple[str, Task]]:
    """Return the tasks that a pack allows: its own labels under "", and FER+ labels under
    "ferplus".
    """
    if is_ferplus(pack):
        return [(TARGET, task_of(pack))]
    tasks = [("", task_of(pack))]
    extra = ferplus_task(pack, votes)
    return tasks if extra is None else [*tasks, (TARGET, extra)]


def twin_rows(pack: Pack, task: Task) -> np.ndarray:
    """Return the rows of validation and test images that have an exact or near duplicate in
    training.
    """
    from asdcfer.data.duplicates import near_duplicates

    train = str(pack.split[task.train[0]])
    splits = sorted({str(pack.split[task.test[0]]), str(pack.split[task.validation[0]])} - {train})
    return np.unique(np.concatenate([near_duplicates(pack, train, split) for split in splits]))


def feature_name(feature: dict[str, Any], own: EncoderSpec) -> str:
    """Return a short name of a feature: its pooling, with the arguments where they are not the
    encoder's own.

    The encoder's own feature, and the un-pooled last map, are called by their pooling alone.

    Args:
        feature: pooling and arguments, as `features.described` says them.
        own: of the encoder that was measured.

    Example:
        >>> own = EncoderSpec(name="mobile", pooling="grid", pooling_arguments={"maps": [2, 3], "cells": [4, 3]})
        >>> feature_name({"pooling": "grid", "arguments": {"maps": [2, 3], "cells": [4, 3]}}, own)
        'grid'
        >>> feature_name({"pooling": "grid", "arguments": {"map": -2, "cells": 3}}, own), feature_name({"pooling": "grid", "arguments": {}}, own)
        ('grid-cells3-map-2', 'grid-default')
    """
    pooling, arguments = feature["pooling"], feature["arguments"]
    if (pooling, arguments) == (own.pooling, dict(own.pooling_arguments)):
        return pooling
    if pooling == FLATTENED:
        # The number of cells follows from the map.
        arguments = {} if arguments["map"] == -1 else {"map": arguments["map"]}
    words = [
        name + re.sub(r"[^\w.-]+", "_", json.dumps(value)).strip("_")
        for name, value in sorted(arguments.items())
    ]
    if not words and pooling == own.pooling:
        words = ["default"]
    return "-".join([pooling, *words])


def file_name(result: dict[str, Any]) -> str:
    """Return the name of a result's file, without suffix, from what it is: results that differ in
    one of its words lie side by side.

    Example:
        >>> file_name({"encoder": "student", "kind": "linear", "feature": {"pooling": "global"}, "evaluated_on": "private", "hyperparameters": {}})
        'student-linear-global-private'
        >>> feature, settings = {"pooling": "grid", "name": "grid-cells2"}, {"tta": "features", "scaling": "whole"}
        >>> file_name({"kind": "linear", "feature": feature, "evaluated_on": "private", "hyperparameters": settings})
        'linear-grid-cells2-tta-features-scaling-whole-private'
    """
    used = result.get("labels_used", {})
    part = (
        f"share{used['share']:g}-draw{used['draw']}"
        if "share" in used
        else f"each{used['per_class']}-draw{used['draw']}"
        if used
        else ""
    )
    tta, scaling = (
        result["hyperparameters"].get(name, usual)
        for name, usual in (("tta", "none"), ("scaling", "each"))
    )
    words = [
        result.get("encoder", ""),
        result["kind"],
        result["feature"].get("name") or result["feature"].get("pooling", ""),
        f"tta-{tta}" if isinstance(tta, str) and tta != "none" else "",
        "" if scaling == "each" else f"scaling-{scaling}",
        part,
        result["evaluated_on"].replace(" ", "-"),
    ]
    return "-".join(word for word in words if word)
