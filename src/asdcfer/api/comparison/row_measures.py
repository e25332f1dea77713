"""Measures of one row: probes of its frozen encoder, axes of its linear probe, fine-tuning."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asdcfer.api.comparison.settings import Measures
from asdcfer.api.comparison.training_row import TrainedRow
from asdcfer.api.data_inputs import name_of, open_data, votes_of
from asdcfer.api.fine_tuning import FinetuneSettings, finetune
from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task, task_of
from asdcfer.devices import resolve_device
from asdcfer.evaluation.axes import build_axes
from asdcfer.evaluation.evaluate_model import EvaluationContext
from asdcfer.evaluation.ferplus import ferplus_task, is_ferplus
from asdcfer.evaluation.probed_model import probed_model
from asdcfer.evaluation.probes.comparable_pooling import grid_pooling, has_small_map
from asdcfer.evaluation.probes.context import PoolingChoice, ProbeContext
from asdcfer.evaluation.probes.feature_cache import cache_limit
from asdcfer.evaluation.probes.pooled_together import pool_together
from asdcfer.evaluation.probes.registry import build_probes
from asdcfer.evaluation.probes.run import run_probes, twin_rows
from asdcfer.evaluation.result import Result
from asdcfer.files import make_folder
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.pooling import FLATTENED
from asdcfer.models.weights import save_encoder
from asdcfer.progress import Progress, counter
from asdcfer.training.engine.hardware import Hardware

GLOBAL = PoolingChoice(pooling="global")


@dataclass(frozen=True)
class Faces:
    """The faces of a comparison, with what every row asks of them.

    Attributes:
        pack: labeled.
        own: the task of its own labels.
        ferplus: the task of FER+ labels; None where nobody knows them.
        twins: rows with a near duplicate in training; None where nobody asked.
    """

    pack: Pack
    own: Task
    ferplus: Task | None
    twins: np.ndarray | None


def faces_of(pack: Pack, measures: Measures) -> Faces:
    """Return the faces of a comparison.

    Raises:
        DataError: they are unlabeled, or lack a split.
    """
    extra = None if is_ferplus(pack) else ferplus_task(pack, votes_of(measures.votes, pack))
    own = task_of(pack)
    if is_ferplus(pack):
        own = ferplus_task(pack) or own
    twins = twin_rows(pack, own) if measures.without_twins else None
    return Faces(pack, own, extra, twins)


@dataclass(frozen=True)
class RowMeasures:
    """The measures of one row.

    Attributes:
        faces: of the comparison.
        measures: what is measured.
        folder: of the row.
        device: what to compute on.
        progress: is told how far it is.
    """

    faces: Faces
    measures: Measures
    folder: Path
    device: str
    progress: Progress

    def of(self, row: TrainedRow, seed: int) -> tuple[list[Result], dict[str, Result]]:
        """Return the results of a row's encoder, and those on other data by name.

        Raises:
            AsdcferError: something cannot be measured.
        """
        cache = self.folder / "features"
        shutil.rmtree(cache, ignore_errors=True)
        row.encoder.to(resolve_device(self.device))
        pooling = grid_pooling(row.encoder)
        context = ProbeContext(
            encoder=row.encoder,
            pack=self.faces.pack,
            task=self.faces.own,
            pooling=pooling,
            twins=self.faces.twins,
            cache=make_folder(cache),
            progress=self.progress,
        )
        try:
            return self._measured(context, row, seed)
        finally:
            shutil.rmtree(cache, ignore_errors=True)

    def _measured(
        self, context: ProbeContext, row: TrainedRow, seed: int
    ) -> tuple[list[Result], dict[str, Result]]:
        self._pool_together(context)
        found = self._probes(context, ["knn", "linear", *self._few()])
        if context.pooling is not None:
            found += self._probes(context.updated(pooling=GLOBAL), ["knn", "linear"])
        if has_small_map(row.encoder):
            whole = PoolingChoice(pooling=FLATTENED)
            found += self._probes(context.updated(pooling=whole), ["flattened"])
        if self.faces.ferplus is not None:
            found += self._probes(context.updated(task=self.faces.ferplus), ["linear"])
        chosen = next(result for result in found if result.kind == "linear")
        model = probed_model(context, chosen).to(resolve_device(self.device))
        found += self._axes(model)
        transfers = dict(self._transfers(model))
        return [*found, *self._finetuned(row, seed)], transfers

    def _pool_together(self, context: ProbeContext) -> None:
        """Compute the features of all poolings in one pass; else each probe computes its own."""
        if context.pooling is None or context.cache is None:
            return
        choices = [context.pooling, GLOBAL]
        if has_small_map(context.encoder):
            choices.append(PoolingChoice(pooling=FLATTENED))
        encoders = [context.updated(pooling=choice).pooled_encoder for choice in choices]
        tasks = [task for task in (self.faces.own, self.faces.ferplus) if task is not None]
        pool_together(
            encoders,
            self.faces.pack,
            [rows for task in tasks for rows in (task.train, task.validation, task.test)],
            context.cache,
            limit=cache_limit(),
            progress=counter(self.progress, "features"),
        )

    def _few(self) -> Sequence[str]:
        wanted = {"few_shot": self.measures.shots, "few_labels": self.measures.shares}
        return [kind for kind, parts in wanted.items() if parts]

    def _probes(self, context: ProbeContext, kinds: Sequence[str]) -> list[Result]:
        probes = build_probes(
            kinds,
            shares=tuple(self.measures.shares),
            draws=tuple(range(self.measures.draws)),
            shots=tuple(self.measures.shots),
            trials=self.measures.trials,
            classifiers=("linear",),
        )
        return run_probes(context, probes, out=self.folder / "probes")

    def _axes(self, model: ExpressionModel) -> Iterator[Result]:
        context = EvaluationContext(model=model, pack=self.faces.pack, progress=self.progress)
        images = self.measures.robustness_images
        axes = build_axes(["robustness"], images) if images else []
        if "group" in self.faces.pack.more:
            axes += build_axes(["subgroups"])
        for axis in axes:
            yield from axis.run(context)

    def _transfers(self, model: ExpressionModel) -> Iterator[tuple[str, Result]]:
        (axis,) = build_axes(["transfer"])
        for data in self.measures.transfer:
            with open_data(data, model.encoder.preprocessing.size, self.progress) as pack:
                context = EvaluationContext(model=model, pack=pack, progress=self.progress)
                yield Path(name_of(data)).name, next(iter(axis.run(context)))

    def _finetuned(self, row: TrainedRow, seed: int) -> list[Result]:
        """Return the results of fine-tuning; it goes on where it was interrupted."""
        epochs = self.measures.finetune_epochs
        if not epochs:
            return []
        start = row.weights or save_encoder(self.folder / "start", row.encoder)
        out = self.folder / "finetune"
        return finetune(
            start,
            self.faces.pack,
            out,
            {"epochs": epochs, "seed": seed},
            FinetuneSettings(votes=self.measures.votes, hardware=Hardware(self.device)),
            resume=out.exists(),
            progress=self.progress,
        ).results
