"""Run probes on one encoder; each result is written as JSON as soon as it is known."""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task, task_of
from asdcfer.evaluation.ferplus import ferplus_task, is_ferplus
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.registry import Probe
from asdcfer.evaluation.result import Feature, Result, write_result
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.pooling import FLATTENED


def run_probes(
    context: ProbeContext,
    probes: Iterable[Probe],
    *,
    name: str = "",
    out: str | os.PathLike[str] | None = None,
    votes: str | os.PathLike[str] | None = None,
    without_twins: bool = False,
) -> list[Result]:
    """Run probes on one encoder and write each result.

    Where the context names no task, each probe is run for every set of labels that the pack has:
    its own, and FER+ where they are known.

    Args:
        context: the encoder, the pack, and how the one is measured on the other.
        probes: in the order in which they run; see `registry.build_probes`.
        name: what the encoder is ("teacher", "student"); goes into results and file names.
        out: folder of the JSON files; None writes nothing.
        votes: FER+ votes to join.
        without_twins: find the test images that have a near duplicate in training, and report every
            list a second time without them.

    Raises:
        DataError: the pack is unlabeled or lacks a split.
    """
    probes = list(probes)
    tasks = tasks_of(context.pack, votes) if context.task is None else [context.task]
    twins = twin_rows(context.pack, tasks[0]) if without_twins else context.twins
    found: list[Result] = []
    for task in tasks:
        for probe in probes:
            prefix = f"{name}: " if name else ""
            stage = f"{prefix}{probe.kind}{' on FER+ labels' if task.target else ''}"
            context.progress(stage, 0, 0)
            for result in probe.run(context.updated(task=task, twins=twins, stage=stage)):
                named = with_names(result, name, context.encoder.spec)
                found.append(named)
                if out is not None:
                    write_result(Path(out) / f"{named.file_name}.json", named)
    return found


def with_names(result: Result, encoder: str, own: EncoderSpec) -> Result:
    """Return a result that carries the name of its encoder, and a short name of its feature."""
    feature = result.feature
    if feature is not None:
        feature = feature.model_copy(update={"name": feature_name(feature, own)})
    return result.model_copy(update={"encoder": encoder, "feature": feature})


def for_pooling(probes: Sequence[Probe], own: bool) -> list[Probe]:
    """Return the probes that are run for a pooling of an encoder.

    Args:
        probes: all that are wanted.
        own: the pooling is the encoder's own; beside it, costly probes are left out.
    """
    return [probe for probe in probes if own or getattr(probe, "beside_other_poolings", True)]


def tasks_of(pack: Pack, votes: str | os.PathLike[str] | None = None) -> list[Task]:
    """Return the tasks that a pack allows: its own labels, and FER+ labels where they are known."""
    own = [] if is_ferplus(pack) else [task_of(pack)]
    extra = ferplus_task(pack, votes if own else None)
    return own if extra is None else [*own, extra]


def twin_rows(pack: Pack, task: Task) -> np.ndarray:
    """Return the rows of validation and test images that have a near duplicate in training."""
    from asdcfer.data.duplicates import near_duplicates

    train = str(pack.split[task.train[0]])
    asked = [rows for rows in (task.test, task.validation) if len(rows)]
    splits = sorted({str(pack.split[rows[0]]) for rows in asked} - {train})
    return np.unique(np.concatenate([near_duplicates(pack, train, split) for split in splits]))


def feature_name(feature: Feature, own: EncoderSpec) -> str:
    """Return a short name of a feature: its pooling, and arguments that are not the encoder's own.

    The encoder's own feature, and the un-pooled last map, are called by their pooling alone.

    Args:
        feature: that was measured.
        own: of the encoder that was measured.

    Example:
        >>> cells = {"maps": [2, 3], "cells": [4, 3]}
        >>> own = EncoderSpec(name="mobile", pooling="grid", pooling_arguments=cells)
        >>> feature_name(Feature(pooling="grid", arguments=cells, dim=9), own)
        'grid'
        >>> feature_name(Feature(pooling="grid", arguments={"map": -2, "cells": 3}, dim=9), own)
        'grid-cells3-map-2'
        >>> feature_name(Feature(pooling="grid", dim=9), own)
        'grid-default'
    """
    pooling, arguments = feature.pooling, feature.arguments
    if (pooling, arguments) == (own.pooling, dict(own.pooling_arguments)):
        return pooling
    if pooling == FLATTENED:
        # The number of cells follows from the map.
        arguments = {} if arguments["map"] == -1 else {"map": arguments["map"]}
    words = _argument_words(arguments)
    if not words and pooling == own.pooling:
        words = ["default"]
    return "-".join([pooling, *words])


def _argument_words(arguments: Mapping[str, Any]) -> list[str]:
    return [
        name + re.sub(r"[^\w.-]+", "_", json.dumps(value)).strip("_")
        for name, value in sorted(arguments.items())
    ]
