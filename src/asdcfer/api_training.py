"""What `run`, `pretrain` and `distill` share: from options of the command line to trained stages in
a folder.
"""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from asdcfer.data.pack import Pack
from asdcfer.devices import resolve_device
from asdcfer.errors import AsdcferError, RecipeError
from asdcfer.progress import SILENT, Progress
from asdcfer.training.engine.hardware import (
    Hardware,
    check_strategy,
    first_only,
    is_first_process,
)
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


class Job:
    """A run in its folder. As a context it writes into the record how the run ended."""

    def __init__(
        self,
        recipe: Recipe,
        pack: Pack,
        out: Path,
        record: RunRecord,
        hardware: Hardware,
        resume: bool,
        progress: Progress = SILENT,
    ) -> None:
        self.recipe, self.pack, self.out, self.record, self.hardware, self.resume = (
            recipe,
            pack,
            out,
            record,
            hardware,
            resume,
        )
        self.progress = progress

    def train(self, section: str, teacher: str | Path | None = None) -> Path:
        """Train one section; returns the path of its weights."""
        return train_stage(
            self.recipe,
            section,
            self.pack,
            self.record,
            Workplace(
                self.out / section,
                hardware=self.hardware,
                resume=self.resume,
                progress=self.progress,
            ),
            teacher,
        )

    def teacher(self, given: str | None = None) -> str | Path | None:
        """Return the weights of the student's teacher; None for a student that is trained without
        one.
        """
        return teacher_of(self.recipe, self.out, given)

    def done(self) -> None:
        """Print what there is now."""
        if not is_first_process():
            return
        for section in ("teacher", "student"):
            path = self.out / section / "encoder.safetensors"
            if path.is_file():
                print(f"{section}: {path}")

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
            first_only(self.progress).message(
                f"{self.out}: interrupted; continue with the same command and --resume"
            )
        else:
            # On a full disk the record cannot be written either; the error that ended the run is
            # the one to tell.
            with contextlib.suppress(AsdcferError):
                self.record.finish("failed", error=str(error))


def start(
    recipe: str,
    overrides: list[str] | None,
    data: str | None,
    out: Path | None,
    sections: list[str],
    resume: bool,
    force: bool,
    device: str,
    devices: int,
    nodes: int,
    strategy: str,
    tensorboard: bool,
    teacher: str | None = None,
    progress: Progress = SILENT,
) -> Job:
    """Load the recipe, open the data, rehearse, open the folder, and print the effective values."""
    settings = load_recipe(recipe, overrides)
    if data is not None:
        settings = checked(
            {
                **settings.model_dump(mode="json"),
                "data": {**settings.data.model_dump(mode="json"), "pack": data},
            },
            settings.name,
        )
    if len(sections) == 1:
        stage_of(settings, sections[0])
    if all(getattr(settings, section) is None for section in sections):
        raise RecipeError(
            f"recipe {settings.name} has neither teacher nor student; there is nothing to train"
        )
    out = out or Path("runs") / settings.name
    pack = open_faces(settings, out, first_only(progress))
    # What can be found out is found out before anything is removed or written.
    resolve_device(device)
    check_strategy(strategy)
    rows = len(pack.rows(*chosen_splits(pack, settings.data)))
    for section in sections:
        stage = getattr(settings, section)
        if stage is None:
            continue
        if resume and not force and is_first_process():
            check_same(
                out / section, made_from(pack, _teacher_there(settings, section, out, teacher))
            )
        if stage.method not in (FIT, KEEP):
            plan_for(stage, min(rows, settings.data.images or rows), devices * nodes)
        if is_first_process() and not (resume and _finished(out, section)):
            _rehearsed(
                settings,
                section,
                pack,
                out,
                teacher,
                first="teacher" in sections and not (resume and _finished(out, "teacher")),
            )
    about: dict[str, Any] = {
        "pack": settings.data.pack,
        "images": len(pack),
        "hashes": pack.info.get("hashes"),
        "source": pack.info.get("source"),
    }
    record = open_run(
        settings,
        out,
        sections,
        resume=resume,
        force=force,
        data=about,
        progress=first_only(progress),
    )
    hardware = Hardware(device, devices, nodes, strategy, tensorboard)
    return Job(settings, pack, out, record, hardware, resume, progress)


def teacher_of(recipe: Recipe, out: Path, given: str | None) -> str | Path | None:
    """Return the weights of the student's teacher; None for a student that is trained without one.

    Raises:
        RecipeError: one is needed and there is none.
    """
    if not needs_teacher(stage_of(recipe, "student")):
        return None
    own = out / "teacher" / "encoder.safetensors"
    if given is None and not own.is_file():
        raise RecipeError(
            f"there is no teacher at {own}; name one with --teacher, or train one first: asdcfer "
            f"pretrain --out {out}"
        )
    return given or own


def _teacher_there(recipe: Recipe, section: str, out: Path, given: str | None) -> str | Path | None:
    """Return the weights of a stage's teacher where they can be compared before anything is
    trained: not those that this command still has to train.
    """
    if section == "teacher" or not needs_teacher(stage_of(recipe, "student")):
        return None
    return given or (out / "teacher" / "encoder.safetensors" if _finished(out, "teacher") else None)


def _finished(out: Path, section: str) -> bool:
    return (out / section / "encoder.json").is_file()


def _rehearsed(
    recipe: Recipe, section: str, pack: Pack, out: Path, given: str | None, first: bool
) -> None:
    """Rehearse a stage; `first` where this command trains a teacher before the student, which an
    untrained one then stands in for.
    """
    teacher = None
    if section == "student" and needs_teacher(stage_of(recipe, "student")):
        if not first or recipe.teacher is None:
            teacher = teacher_of(recipe, out, given)
        elif recipe.teacher.method == FIT:
            # Before it is fitted it gives no maps and no feature.
            return
        else:
            teacher = new_encoder(recipe, "teacher")
    dry_run(recipe, section, pack, teacher)
