"""A training in its folder: a recipe and faces, checked before anything is removed or written."""

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from torch import Tensor

from asdcfer.api.data_inputs import DataLike, PathLike, name_of
from asdcfer.api.stage_teachers import StageTeachers
from asdcfer.data.pack import Pack
from asdcfer.devices import resolve_device
from asdcfer.errors import AsdcferError, RecipeError
from asdcfer.output_lock import OutputLock
from asdcfer.training.engine.hardware import check_strategy, is_first_process
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.budget import (
    as_record,
    fitted_epochs,
    measure_steps,
    seconds_of,
    stored_epochs,
    summary,
)
from asdcfer.training.pretrain.dataset import (
    chosen_splits,
    give_annotations,
    open_faces,
    training_images,
)
from asdcfer.training.pretrain.dry_run import dry_run, dry_run_method
from asdcfer.training.pretrain.module import plan_for
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_files import checked, load_recipe
from asdcfer.training.pretrain.recipe_sections import stage_of
from asdcfer.training.pretrain.recipe_validation import FIT, KEEP
from asdcfer.training.pretrain.stages import train_stage
from asdcfer.training.run_directory import check_same, made_from, open_run
from asdcfer.training.run_record import RunRecord


def recipe_of(recipe: PathLike | Recipe, data: DataLike | None) -> Recipe:
    """Return a recipe, read where its name or path is given, on other data where it is given.

    Raises:
        RecipeError: there is no such recipe, or a value in it is impossible.
    """
    settings = recipe if isinstance(recipe, Recipe) else load_recipe(str(recipe))
    if data is None:
        return settings
    tree = settings.model_dump(mode="json")
    tree["data"]["pack"] = name_of(data)
    return checked(tree, settings.name)


class TrainingRun:
    """Stages of a recipe in the folder of a run.

    When it is made, data and folder are opened and each stage is rehearsed. As a context it writes
    into the record how the run ended.

    Args:
        recipe: what to train.
        sections: of `recipe.SECTIONS`.
        place: the run's folder, hardware, whether to resume, and the progress.
        force: replace what these stages left in the folder before.
        teacher: weights that teach the stages which learn under one; None is the one in the
            folder.

    Attributes:
        pack: the faces.
        record: run.json.

    Raises:
        RecipeError: nothing to train, no teacher, or a run is in the folder already.
        DataError: the data is missing.
        TrainingError: what is in the folder is of another teacher or other faces.
    """

    def __init__(
        self,
        recipe: Recipe,
        sections: list[str],
        place: Workplace,
        *,
        force: bool = False,
        teacher: PathLike | None = None,
    ) -> None:
        self.recipe, self.place = recipe, place
        if len(sections) == 1:
            stage_of(recipe, sections[0])
        self._asked = sections
        self.sections = [name for name in sections if getattr(recipe, name) is not None]
        if not self.sections:
            raise RecipeError(
                f"recipe {recipe.name} has neither teacher nor student; there is nothing to train"
            )
        self._teachers = StageTeachers(recipe, self.sections, place, teacher)
        # The other processes of a run have their first one to hold it.
        self._lock = OutputLock(place.folder) if is_first_process() else None
        try:
            self._open(force)
        except BaseException:
            self._release()
            raise

    def _open(self, force: bool) -> None:
        recipe, place = self.recipe, self.place
        self.pack: Pack = open_faces(recipe, place.folder, place.heard)
        # What can be found out is found out before anything is removed or written.
        resolve_device(place.hardware.device)
        check_strategy(place.hardware.strategy)
        self._budgets: dict[str, dict[str, Any]] = {}
        if recipe.budget is not None:
            self.recipe = recipe = self._within_budget(recipe.budget, force)
        for section in self.sections:
            self._check(section, force)
        about: dict[str, Any] = {
            "pack": recipe.data.pack,
            "images": len(self.pack),
            "hashes": self.pack.info.get("hashes"),
            "source": self.pack.info.get("source"),
        }
        self.record: RunRecord = open_run(
            recipe,
            place.folder,
            self._asked,
            resume=place.resume,
            force=force,
            data=about,
            progress=place.heard,
        )
        for section, known in self._budgets.items():
            self.record.stage(section, budget=known)

    def train(self, section: str) -> Path:
        """Train one section; returns the path of its weights."""
        place = Workplace(
            self.place.folder / section,
            hardware=self.place.hardware,
            resume=self.place.resume,
            progress=self.place.progress,
        )
        teacher = self._teachers.file_of(section)
        if section == "teacher" and not self._teachers.finished(section):
            # What was there before is about to be replaced.
            self._teachers.forget_own()
        return train_stage(self.recipe, section, self.pack, self.record, place, teacher)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._end(kind, error)
        finally:
            self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _end(self, kind: type[BaseException] | None, error: BaseException | None) -> None:
        if kind is None:
            self.record.finish("finished")
        elif issubclass(kind, KeyboardInterrupt):
            self.record.finish("interrupted")
            self.place.heard.message(
                f"{self.place.folder}: interrupted; continue with the same and `resume=True`"
            )
        else:
            # On a full disk the record cannot be written either; the error that ended the run is
            # the one to tell.
            with contextlib.suppress(AsdcferError):
                self.record.finish("failed", error=str(error))

    def _check(self, section: str, force: bool) -> None:
        """Find out what would end a stage at its beginning."""
        recipe, place = self.recipe, self.place
        stage = stage_of(recipe, section)
        if place.resume and not force and is_first_process():
            check_same(
                place.folder / section,
                made_from(self.pack, stage, self._teachers.finished_file_of(section)),
            )
        if stage.method not in (FIT, KEEP):
            plan_for(stage, self._num_images(), place.hardware.processes)
        if is_first_process() and not (place.resume and self._teachers.finished(section)):
            self._dry_run(section)

    def _dry_run(self, section: str) -> None:
        """Take one step of a stage."""
        teacher = self._teachers.rehearsing(section, self._some_faces)
        dry_run(self.recipe, section, self.pack, teacher)

    def _within_budget(self, budget: str, force: bool) -> Recipe:
        """Return the recipe with the epochs that end in a budget; a resumed run keeps its own.

        Raises:
            RecipeError: a stage cannot be measured, or cannot make one epoch.
        """
        trained = [s for s in self.sections if stage_of(self.recipe, s).method not in (FIT, KEEP)]
        file = self.place.folder / "recipe.yaml"
        kept = {}
        # Processes that Lightning starts find what the first one measured.
        if (self.place.resume and not force) or not is_first_process():
            kept = stored_epochs(file, budget)
        if not set(trained) <= set(kept):
            if "TORCHELASTIC_RUN_ID" in os.environ:
                raise RecipeError(
                    "processes that torchrun starts cannot agree on a budget; set the epochs"
                )
            kept = self._measured_epochs(trained, seconds_of(budget))
        updates = {
            section: stage_of(self.recipe, section).model_copy(update={"epochs": kept[section]})
            for section in trained
        }
        return self.recipe.model_copy(update=updates)

    def _measured_epochs(self, sections: list[str], seconds: float) -> dict[str, int]:
        """Measure each stage and return the epochs that end in time together."""
        total = self._num_images()
        times, facts = {}, {}
        for section in sections:
            stage = stage_of(self.recipe, section)
            teacher = self._teachers.rehearsing(section, self._some_faces)
            self.place.heard.message(f"{section}: measuring the time of a step")
            hardware = self.place.hardware
            plan = plan_for(stage.model_copy(update={"epochs": 1}), total, hardware.processes)
            method = dry_run_method(self.recipe, section, teacher)
            give_annotations(method, self.pack, self.recipe.data, stage.views.temporal)
            images = self._some_faces(section, stage.batch_size)
            times[section] = measure_steps(method, images, total, stage, hardware)
            epoch = times[section].epoch(stage.resolution, stage.views.size, plan.steps_per_epoch)
            written = None if stage.epochs == "auto" else stage.epochs
            facts[section] = (epoch, times[section].prepare, written)
        epochs = fitted_epochs(seconds, facts)
        for section, count in epochs.items():
            epoch, before, _ = facts[section]
            planned = before + count * epoch
            self.place.heard.message(summary(section, times[section], count, planned))
            self._budgets[section] = as_record(times[section], count, planned)
        return epochs

    def _some_faces(self, section: str, count: int) -> Tensor:
        """Return so many training faces, or all there are, as a section's encoder takes them.

        Never all: of a sharded pack they do not fit in memory.
        """
        some = self.recipe.data.model_copy(update={"images": min(count, self._num_images())})
        channels = stage_of(self.recipe, section).encoder.preprocessing.channels
        return training_images(self.pack, some, channels)

    def _num_images(self) -> int:
        rows = len(self.pack.rows(*chosen_splits(self.pack, self.recipe.data)))
        return min(rows, self.recipe.data.images or rows)
