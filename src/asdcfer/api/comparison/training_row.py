"""Training of one row: a contestant with one seed, in a folder of its own, resumed where it is."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asdcfer.api.comparison.contestants import Contestant
from asdcfer.api.comparison.settings import CompareSettings
from asdcfer.api.comparison.shared_recipe import (
    by_gradients,
    shared_encoder,
    shared_recipe,
    trained_section,
)
from asdcfer.api.training_run import TrainingRun
from asdcfer.data.pack import Pack
from asdcfer.errors import RecipeError, WeightsError
from asdcfer.evaluation.comparison_row import SAW_LABELS, TrainingFacts
from asdcfer.files import read_rows
from asdcfer.methods.label_use import card_saw_labels
from asdcfer.models.cards import read_card
from asdcfer.models.encoder import Encoder
from asdcfer.models.find_weights import find_encoder
from asdcfer.models.registry import build_encoder
from asdcfer.models.timm_encoder import PREFIX, pretrained_encoder
from asdcfer.models.weights import load_encoder
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.seeding import seed_all
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.budget import seconds_of
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_validation import FIT
from asdcfer.training.run_record import read_record


@dataclass(frozen=True)
class TrainedRow:
    """The encoder of a row.

    Attributes:
        encoder: in evaluation mode, on the CPU.
        weights: its file; None where it has none here.
        training: what it took; None where nothing was trained.
        about: what a reader must know.
        saw_labels: whether its encoder, or who taught it, learnt from labels.
    """

    encoder: Encoder
    weights: Path | None
    training: TrainingFacts | None
    about: str
    saw_labels: bool = False


def row_encoder(
    contestant: Contestant,
    seed: int,
    settings: CompareSettings,
    pack: Pack,
    place: Workplace,
) -> TrainedRow:
    """Return the encoder of a row, trained where it has to be.

    Args:
        contestant: what the row is of.
        seed: of the row.
        settings: of the comparison.
        pack: the faces.
        place: folder of the row, and the progress.

    Raises:
        AsdcferError: it cannot be trained or loaded.
        KeyboardInterrupt: after Ctrl-C, once the checkpoint is written.
    """
    if contestant.kind == "untrained":
        seed_all(seed)
        encoder = build_encoder(shared_encoder(settings.training)).eval()
        return TrainedRow(encoder, None, None, "random weights, nothing trained")
    if contestant.kind == "as it is":
        return _as_it_is(contestant.place)
    recipe = shared_recipe(contestant, settings, pack, seed)
    section = trained_section(recipe)
    place = replace(place, hardware=Hardware(settings.device))
    seconds, record = _trained(recipe, place)
    stages = record.get("stages", {})
    known = stages[section].get("effective") or {}
    own = max(seconds[section], 1e-6)
    images = known.get("total_steps", 0) * known.get("images_per_step", 0)
    total = sum(seconds.values())
    weights = place.folder / section / "encoder.safetensors"
    facts = TrainingFacts(
        method=getattr(recipe, section).method,
        steps=known.get("total_steps", 0),
        epochs=known.get("total_steps", 0) // max(1, known.get("steps_per_epoch", 1)),
        images_per_second=round((images or known.get("images", 0)) / own, 2),
        minutes=round(total / 60, 3),
        teacher=_teacher_words(recipe) if section == "student" else "",
        teacher_minutes=round((total - own) / 60, 3),
        curve=_curve(place.folder / section / "metrics.csv", total - own),
    )
    labels = card_saw_labels(read_card(weights))
    about = SAW_LABELS if labels else ""
    return TrainedRow(load_encoder(weights), weights, facts, about, labels)


def _as_it_is(place: str) -> TrainedRow:
    if place.startswith(PREFIX):
        encoder = pretrained_encoder(place)
        side = encoder.preprocessing.size
        return TrainedRow(encoder, None, None, f"weights of timm, faces enlarged to {side} pixels")
    path = find_encoder(place)
    labels = card_saw_labels(read_card(path))
    told = "trained before, outside this budget" + (f"; {SAW_LABELS}" if labels else "")
    return TrainedRow(load_encoder(path), path, None, told, labels)


def _trained(recipe: Recipe, place: Workplace) -> tuple[dict[str, float], dict[str, Any]]:
    """Train the sections of a recipe; returns the seconds of each, and the run's record.

    A teacher that is fitted comes first, alone: how long a student's steps take under it can only
    be measured then. Its time is taken from the budget.
    """
    seconds: dict[str, float] = {}
    teacher, student = recipe.teacher, recipe.student
    if teacher is not None and teacher.method == FIT and student is not None:
        stages = read_record(place.folder / "run.json").get("stages", {})
        known = "seconds" in stages.get("teacher", {})
        if not (known and (place.folder / "teacher" / "encoder.json").is_file()):
            first = recipe.model_copy(update={"budget": None})
            seconds |= _run(first, ["teacher"], place)
            stages = read_record(place.folder / "run.json")["stages"]
        seconds["teacher"] = max(seconds.get("teacher", 0.0), stages["teacher"]["seconds"])
        recipe = _with_the_rest(recipe, stages["teacher"]["seconds"])
        seconds |= _run(recipe, ["student"], place)
    else:
        sections = [name for name in ("teacher", "student") if getattr(recipe, name) is not None]
        seconds |= _run(recipe, sections, place)
    return seconds, read_record(place.folder / "run.json")


def _with_the_rest(recipe: Recipe, spent: float) -> Recipe:
    if recipe.budget is None:
        return recipe
    rest = seconds_of(recipe.budget) - spent
    if rest < 1:
        raise RecipeError(
            f"fitting the teacher took {spent / 60:.1f} minutes, which is the whole budget of "
            f"{recipe.budget}; give a longer one"
        )
    return recipe.model_copy(update={"budget": f"{rest:.0f}s"})


def _run(recipe: Recipe, sections: list[str], place: Workplace) -> dict[str, float]:
    """Train sections of a recipe; returns the seconds of each, over all resumed parts."""
    there = any((place.folder / name).exists() for name in sections)
    seconds: dict[str, float] = {}
    with TrainingRun(recipe, sections, replace(place, resume=there)) as run:
        for section in sections:
            begun = time.perf_counter()
            run.train(section)
            seconds[section] = time.perf_counter() - begun
        stages = run.record.values["stages"]
    # What was trained before a kill is in the record, what prepares a training is in the clock.
    return {name: max(found, stages[name]["seconds"]) for name, found in seconds.items()}


def _teacher_words(recipe: Recipe) -> str:
    """Return who taught, and what of its own training is counted."""
    teacher = recipe.teacher
    if teacher is None:
        return ""
    if "teacher" in by_gradients(recipe):
        return f"{teacher.method}, trained within the budget"
    if teacher.method == FIT:
        return f"{teacher.encoder.name}, fitted within the budget"
    return f"{teacher.start}, its own training not counted{_own_minutes(str(teacher.start))}"


def _own_minutes(place: str) -> str:
    """Return how long a teacher was trained, where its card knows."""
    try:
        seconds = float(read_card(find_encoder(place)).get("seconds") or 0)
    except (WeightsError, TypeError, ValueError):
        return ""
    return f" (its card says {seconds / 60:.1f} minutes)" if seconds else ""


def _curve(path: Path, before: float) -> list[tuple[float, float]]:
    """Return (minutes, accuracy of the online kNN) of a log, the teacher's time before it."""
    return [
        (round((before + float(row["seconds"])) / 60, 4), float(row["knn_online"]))
        for row in read_rows(path)
        if row.get("knn_online")
    ]
