"""A training in its folder: a recipe and faces, checked before anything is removed or written."""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from asdcfer.api.data_inputs import DataLike, PathLike, name_of
from asdcfer.data.pack import Pack
from asdcfer.devices import resolve_device
from asdcfer.errors import AsdcferError, RecipeError
from asdcfer.models.encoder import Encoder
from asdcfer.training.engine.hardware import check_strategy, is_first_process
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.dataset import chosen_splits, open_faces
from asdcfer.training.pretrain.dry_run import dry_run
from asdcfer.training.pretrain.module import plan_for
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_files import checked, load_recipe
from asdcfer.training.pretrain.recipe_validation import FIT, KEEP, needs_teacher
from asdcfer.training.pretrain.stages import new_encoder, stage_of, train_stage
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
        sections: of "teacher" and "student".
        place: the run's folder, hardware, whether to resume, and the progress.
        force: replace what these stages left in the folder before.
        teacher: weights of the student's teacher; None is the one in the folder.

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
        self.recipe, self.sections, self.place = recipe, sections, place
        self._given = None if teacher is None else str(teacher)
        if len(sections) == 1:
            stage_of(recipe, sections[0])
        if all(getattr(recipe, section) is None for section in sections):
            raise RecipeError(
                f"recipe {recipe.name} has neither teacher nor student; there is nothing to train"
            )
        self.pack: Pack = open_faces(recipe, place.folder, place.heard)
        # What can be found out is found out before anything is removed or written.
        resolve_device(place.hardware.device)
        check_strategy(place.hardware.strategy)
        for section in sections:
            if getattr(recipe, section) is not None:
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
            sections,
            resume=place.resume,
            force=force,
            data=about,
            progress=place.heard,
        )

    def train(self, section: str) -> Path:
        """Train one section; returns the path of its weights."""
        place = Workplace(
            self.place.folder / section,
            hardware=self.place.hardware,
            resume=self.place.resume,
            progress=self.place.progress,
        )
        teacher = self._teacher() if section == "student" else None
        return train_stage(self.recipe, section, self.pack, self.record, place, teacher)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.record.finish("finished")
        elif issubclass(kind, KeyboardInterrupt):
            self.record.finish("interrupted")
            self.place.heard.message(
                f"{self.place.folder}: interrupted; continue with the same command and --resume"
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
                place.folder / section, made_from(self.pack, self._finished_teacher(section))
            )
        if stage.method not in (FIT, KEEP):
            rows = len(self.pack.rows(*chosen_splits(self.pack, recipe.data)))
            images = min(rows, recipe.data.images or rows)
            plan_for(stage, images, place.hardware.processes)
        if is_first_process() and not (place.resume and self._finished(section)):
            self._rehearse(section)

    def _rehearse(self, section: str) -> None:
        """Take one step of a stage; an untrained teacher stands in for one yet to be trained."""
        recipe = self.recipe
        teacher: str | Path | Encoder | None = None
        if section == "student" and self._taught():
            first = "teacher" in self.sections and not (
                self.place.resume and self._finished("teacher")
            )
            if not first or recipe.teacher is None:
                teacher = self._teacher()
            elif recipe.teacher.method == FIT:
                # Before it is fitted it gives no maps and no feature.
                return
            else:
                teacher = new_encoder(recipe, "teacher")
        dry_run(recipe, section, self.pack, teacher)

    def _teacher(self) -> str | Path | None:
        """Return the weights of the student's teacher; None where it needs none."""
        if not self._taught():
            return None
        own = self.place.folder / "teacher" / "encoder.safetensors"
        if self._given is None and not own.is_file():
            raise RecipeError(
                f"there is no teacher at {own}; name one with --teacher, or train one first: "
                f"asdcfer pretrain --out {self.place.folder}"
            )
        return self._given or own

    def _finished_teacher(self, section: str) -> str | Path | None:
        """Return a stage's teacher, unless this run still has to train it."""
        if section == "teacher" or not self._taught():
            return None
        own = self.place.folder / "teacher" / "encoder.safetensors"
        return self._given or (own if self._finished("teacher") else None)

    def _taught(self) -> bool:
        return needs_teacher(stage_of(self.recipe, "student"))

    def _finished(self, section: str) -> bool:
        return (self.place.folder / section / "encoder.json").is_file()
