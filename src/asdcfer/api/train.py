"""`pretrain`, `distill` and `run`: from a recipe and faces to trained, probed encoders."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asdcfer.api.data_inputs import DataLike, PathLike, votes_of
from asdcfer.api.run_probes import probe_run
from asdcfer.api.training_run import TrainingRun, recipe_of
from asdcfer.data.splits import task_of
from asdcfer.errors import DataError
from asdcfer.evaluation.result import Result
from asdcfer.progress import SILENT, Progress
from asdcfer.reporting.page import write_report
from asdcfer.training.engine.hardware import Hardware, is_first_process, settle
from asdcfer.training.engine.trainer import ANYWHERE, Workplace
from asdcfer.training.pretrain.recipe import SECTIONS, Recipe


@dataclass(frozen=True)
class TrainedStage:
    """A section of a recipe that was trained.

    Attributes:
        section: one of `recipe.SECTIONS`.
        weights: the file; its card lies beside it.
        health: verdict and measures of its features; None where they were not measured.
        seconds: of training, over all resumed parts.
    """

    section: str
    weights: Path
    health: dict[str, Any] | None
    seconds: float


@dataclass(frozen=True)
class TrainedRun:
    """A run of a recipe.

    Attributes:
        folder: of the run.
        recipe: with its effective values.
        stages: what was trained.
        results: of the probes of every encoder.
        without_probes: why the data cannot be probed; "" where it can.
        report: the page; None in processes other than the first.
    """

    folder: Path
    recipe: Recipe
    stages: tuple[TrainedStage, ...]
    results: list[Result]
    without_probes: str
    report: Path | None


def pretrain(
    recipe: PathLike | Recipe = "sample",
    data: DataLike | None = None,
    out: PathLike | None = None,
    *,
    resume: bool = False,
    force: bool = False,
    hardware: Hardware = ANYWHERE,
    progress: Progress = SILENT,
) -> TrainedStage:
    """Train a teacher on unlabeled faces: the teacher section of a recipe.

    Args:
        recipe: a name of `asdcfer recipes`, a YAML file, or the recipe itself, which
            `training.load_recipe` reads with changes.
        data: faces; None is what the recipe says.
        out: folder of the run; None is runs/RECIPE.
        resume: continue an interrupted run; what is finished is kept.
        force: replace a teacher that is there.
        hardware: what to train on.
        progress: is told of each step.

    Raises:
        RecipeError: there is no such recipe, it has no teacher, or the folder holds a run.
        DataError: the data is missing or too small.
        TrainingError: training cannot go on.
        MissingPackageError: lightning is not installed (raised where the function is looked up).
        KeyboardInterrupt: after Ctrl-C, once the checkpoint is written.
    """
    effective = recipe_of(recipe, data)
    place = _place(effective, out, hardware, resume, progress)
    with TrainingRun(effective, ["teacher"], place, force=force) as run:
        return _trained(run, "teacher")


def distill(
    recipe: PathLike | Recipe = "sample",
    data: DataLike | None = None,
    out: PathLike | None = None,
    *,
    teacher: PathLike | None = None,
    resume: bool = False,
    force: bool = False,
    hardware: Hardware = ANYWHERE,
    progress: Progress = SILENT,
) -> TrainedStage:
    """Train a student under a frozen teacher: the student section of a recipe.

    Args:
        recipe: as in `pretrain`.
        data: faces; None is what the recipe says.
        out: folder of the run; None is runs/RECIPE.
        teacher: its weights, a run's folder or a name of `asdcfer models`; None is the teacher that
            `pretrain` left in the folder.
        resume: continue an interrupted run; what is finished is kept.
        force: replace a student that is there.
        hardware: what to train on.
        progress: is told of each step.

    Raises:
        RecipeError: as in `pretrain`, or there is no teacher.
        WeightsError: the teacher cannot be read, or does not fit the student.
        DataError: the data is missing or too small.
        TrainingError: training cannot go on.
        MissingPackageError: lightning is not installed (raised where the function is looked up).
        KeyboardInterrupt: after Ctrl-C, once the checkpoint is written.
    """
    effective = recipe_of(recipe, data)
    place = _place(effective, out, hardware, resume, progress)
    with TrainingRun(effective, ["student"], place, force=force, teacher=teacher) as run:
        return _trained(run, "student")


def run(
    recipe: PathLike | Recipe = "sample",
    data: DataLike | None = None,
    out: PathLike | None = None,
    *,
    votes: PathLike | None = None,
    resume: bool = False,
    force: bool = False,
    hardware: Hardware = ANYWHERE,
    progress: Progress = SILENT,
) -> TrainedRun:
    """Train a teacher, distill a student, train the baseline, probe all, and draw the report.

    Args:
        recipe: as in `pretrain`.
        data: faces; None is what the recipe says. Faces without labels are trained on, not probed.
        out: folder of the run; None is runs/RECIPE.
        votes: file of FER+ votes, to report FER+ as well, unless it lies beside the data.
        resume: continue an interrupted run; what is finished is kept.
        force: replace a run that is there.
        hardware: what to train on.
        progress: is told of each step, and of the probes.

    Raises:
        AsdcferError: as `pretrain` and `distill`.
        KeyboardInterrupt: after Ctrl-C, once the checkpoint is written.
    """
    effective = recipe_of(recipe, data)
    place = _place(effective, out, hardware, resume, progress)
    with TrainingRun(effective, list(SECTIONS), place, force=force) as training:
        obstacle = _why_no_probes(training)
        stages = tuple(_trained(training, section) for section in training.sections)
        found = TrainedRun(place.folder, effective, stages, [], obstacle, None)
        if not is_first_process():
            return found
        joined = votes if data is None else votes_of(votes, data)
        results = [] if obstacle else probe_run(training, joined)
        # The report says of the run that it is finished.
        training.record.finish("finished")
        page = write_report(
            [place.folder],
            place.folder / "report.html",
            lambda stage: place.heard(stage, 0, 0),
        )
        return TrainedRun(place.folder, effective, stages, results, obstacle, page)


def _place(
    recipe: Recipe, out: PathLike | None, hardware: Hardware, resume: bool, progress: Progress
) -> Workplace:
    folder = Path("runs") / recipe.name if out is None else Path(out)
    settle(hardware)
    return Workplace(folder, hardware=hardware, resume=resume, progress=progress)


def _trained(training: TrainingRun, section: str) -> TrainedStage:
    weights = training.train(section)
    known = training.record.values["stages"].get(section, {})
    return TrainedStage(section, weights, known.get("health"), known.get("seconds", 0.0))


def _why_no_probes(training: TrainingRun) -> str:
    """Return why the data cannot be probed; told before hours of training and not after them."""
    try:
        task_of(training.pack)
    except DataError as error:
        training.place.heard.message(f"training goes on without probes at the end: {error}")
        return str(error)
    return ""
