"""Stages of a run: from a section of a recipe to weights on disk."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.distributed as dist

from asdcfer.data.pack import Pack
from asdcfer.data.splits import evenly_spaced
from asdcfer.errors import TrainingError
from asdcfer.methods.label_use import card_saw_labels, saw_labels
from asdcfer.methods.principal_projector import principal_queries
from asdcfer.methods.registry import build_method
from asdcfer.models.cards import SAW_LABELS, read_card
from asdcfer.models.encoder import Encoder
from asdcfer.models.find_weights import find_encoder
from asdcfer.models.weights import load_teacher, save_encoder, weights_hash
from asdcfer.plain_json import from_json
from asdcfer.progress import counter
from asdcfer.training.engine.hardware import is_first_process
from asdcfer.training.engine.health import Health, assess_health
from asdcfer.training.engine.health_callback import features_of, labeled_faces
from asdcfer.training.engine.resume_checks import changed_settings
from asdcfer.training.engine.sampler import mixed_seed
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.dataset import (
    chosen_splits,
    give_annotations,
    streamed_images,
    training_images,
)
from asdcfer.training.pretrain.recipe import SECTIONS, Recipe, StageOptions
from asdcfer.training.pretrain.recipe_sections import fitted_options, new_encoder, stage_of
from asdcfer.training.pretrain.recipe_validation import FIT, KEEP, kept_options, needs_teacher
from asdcfer.training.pretrain.train import TrainResult, train
from asdcfer.training.run_directory import check_same, made_from
from asdcfer.training.run_record import RunRecord
from asdcfer.training.teacher_file import TeacherFile


def train_stage(
    recipe: Recipe,
    section: str,
    pack: Pack,
    record: RunRecord,
    place: Workplace,
    teacher: TeacherFile | None = None,
) -> Path:
    """Train one section of a recipe and save its encoder.

    Args:
        recipe: with the section.
        section: one of `recipe.SECTIONS`.
        pack: the faces; labels are used for the online kNN, and to train by methods that need them
            (`Method.needs_labels`) alone.
        record: is told what happened.
        place: hardware, progress, whether to resume (a stage that is finished is left as it is),
            and the folder, which gets metrics.csv, checkpoint/, encoder.safetensors and
            encoder.json.
        teacher: weights of the teacher, for a method that wants one, of an encoder that this
            package can build; how one of your own teaches is said in `models.encoder`.

    Returns:
        The path of the encoder's weights.

    Raises:
        TrainingError: training cannot go on, or what is there is of another recipe, another teacher
            or other faces.
    """
    stage = stage_of(recipe, section)
    source = made_from(pack, stage, None if stage.method in (FIT, KEEP) else teacher)
    out = place.folder / "encoder.safetensors"
    # A process that Lightning starts for a later stage finds the earlier ones finished.
    started_late = not is_first_process() and not dist.is_initialized()
    if place.resume or started_late:
        check_same(place.folder, source)
        if out.with_suffix(".json").is_file():
            _same_stage(out.with_suffix(".json"), stage, recipe.seed)
            place.heard.message(f"{section}: finished before, {out}")
            # A kill may have come after the weights were written and before the record was.
            if "weights" not in record.values["stages"].get(section, {}):
                _tell(record, section, out, source)
            return out
    job = _Stage(recipe, section, pack, replace(place, name=section), source)
    if stage.method == KEEP:
        result, facts = job.keep()
    else:
        result, facts = job.fitted() if stage.method == FIT else job.trained(teacher)
    facts[SAW_LABELS] = saw_labels(stage.method, *_cards_before(stage, teacher))
    if is_first_process():
        save_encoder(
            out,
            result.encoder,
            {
                **job.card(record),
                **facts,
                "effective": result.effective,
                "health": result.health.as_dict() if result.health else None,
                "seconds": round(result.seconds, 2),
                "weights_hash": weights_hash(result.encoder),
            },
            projector=result.projector,
            float16=stage.half,
        )
    if dist.is_initialized():
        # The others load these weights next.
        dist.barrier()
    _tell(record, section, out, source)
    return out


def _tell(record: RunRecord, section: str, out: Path, source: dict[str, str]) -> None:
    """Tell the record of finished weights what their card says."""
    card = read_card(out)
    record.stage(
        section,
        **{name: card.get(name) for name in ("effective", "health", "seconds", "weights_hash")},
        weights=str(out.relative_to(record.path.parent)),
        made_from=source,
    )


@dataclass(frozen=True)
class _Stage:
    """One section of a recipe on its faces, about to be trained."""

    recipe: Recipe
    section: str
    pack: Pack
    place: Workplace
    source: dict[str, str]

    @property
    def options(self) -> StageOptions:
        """How the section is trained."""
        return stage_of(self.recipe, self.section)

    @property
    def seed(self) -> int:
        """The section's own seed."""
        return mixed_seed(self.recipe.seed, SECTIONS[self.section]) % 2**31

    def images(self) -> torch.Tensor:
        """Return the training images, all in memory."""
        return training_images(
            self.pack, self.recipe.data, self.options.encoder.preprocessing.channels
        )

    def card(self, record: RunRecord) -> dict[str, Any]:
        """Return what the card says of any stage."""
        rows = self.pack.rows(*chosen_splits(self.pack, self.recipe.data))
        return {
            "recipe": self.recipe.name,
            "section": self.section,
            "seed": self.recipe.seed,
            "stage": self.options.model_dump(mode="json"),
            "commit": record.values["commit"],
            "data": {
                "source": self.pack.info.get("source"),
                "hashes": self.pack.info.get("hashes"),
                "splits": chosen_splits(self.pack, self.recipe.data),
                "images": min(len(rows), self.recipe.data.images or len(rows)),
            },
        }

    def trained(self, teacher: TeacherFile | None) -> tuple[TrainResult, dict[str, Any]]:
        """Train by gradients; returns the result and what the card says beside it."""
        encoder = new_encoder(self.recipe, self.section)
        channels = self.options.encoder.preprocessing.channels
        images = streamed_images(self.pack, self.recipe.data, channels)
        options = fitted_options(self.options, len(images), self.section, self.place.heard)
        facts: dict[str, Any] = {"options": options}
        kwargs, store = {}, None
        if teacher is not None:
            teacher.draw_as_if_read()
            self.place.heard.message(f"{self.section}: teacher: {teacher.encoder.load_report}")
            kwargs["teacher"] = teacher.teacher()
            # Beside the teacher, so that every student under it finds what it said of each face.
            store = teacher.neighbor
            facts["teacher"] = {
                "weights": self.source["teacher"],
                "projector": self.source["projector"],
                "encoder": teacher.encoder.spec.model_dump(mode="json"),
                SAW_LABELS: card_saw_labels(teacher.encoder.load_report.card),
            }
        splits = chosen_splits(self.pack, self.recipe.data)
        method = build_method(self.options.method, encoder, options, **kwargs)
        give_annotations(method, self.pack, self.recipe.data, self.options.views.temporal)
        result = train(
            method,
            images,
            self.options,
            self.place,
            seed=self.seed,
            labeled=labeled_faces(self.pack, splits, self.options.health.knn_images),
            store=store,
            made_from=self.source,
        )
        return result, {**facts, "metrics": result.metrics}

    def keep(self) -> tuple[TrainResult, dict[str, Any]]:
        """Take the weights of another training as they are, with their projector or a new one."""
        start = time.perf_counter()
        assert self.options.start is not None
        encoder, projector = load_teacher(self.options.start)
        images, options = self.images(), kept_options(self.options, self.section)
        if options.query_dims:
            report = counter(self.place.heard, f"{self.section}: query vectors")
            projector = principal_queries(encoder, images, options, report)
        health = self._health(encoder, images)
        self.place.heard.message(f"{self.section}: {encoder.load_report}, kept as they are")
        seconds = round(time.perf_counter() - start, 2)
        facts = {"options": options.model_dump(mode="json")}
        return TrainResult(encoder, projector, {"images": 0}, health, seconds, {}), facts

    def _health(self, encoder: Encoder, images: torch.Tensor) -> Health:
        """Return the health of an encoder's features of plain faces, and tell it."""
        rows = evenly_spaced(np.arange(len(images)), self.options.health.images)
        health = assess_health(features_of(encoder, images[torch.from_numpy(rows)]))
        self.place.heard.message(f"{self.section}: {health.verdict}: {'; '.join(health.reasons)}")
        return health

    def fitted(self) -> tuple[TrainResult, dict[str, Any]]:
        """Fit an encoder that learns without gradients."""
        encoder, images = new_encoder(self.recipe, self.section), self.images()
        start = time.perf_counter()
        cast(Any, encoder).fit(
            images,
            seed=self.seed,
            report=counter(self.place.heard, self.section),
            **self.options.options,
        )
        encoder.eval()
        health = self._health(encoder, images)
        seconds = round(time.perf_counter() - start, 2)
        return TrainResult(encoder, None, {"images": len(images)}, health, seconds, {}), {}


def _cards_before(stage: StageOptions, teacher: TeacherFile | None) -> list[dict[str, Any]]:
    """Return the cards of the weights that a stage begins with and learns under."""
    cards = [] if stage.start is None else [read_card(find_encoder(stage.start))]
    if teacher is not None and needs_teacher(stage):
        cards.append(teacher.encoder.load_report.card)
    return cards


def _same_stage(card: Path, stage: StageOptions, seed: int) -> None:
    try:
        stored = from_json(card.read_text(encoding="utf-8"))
        seed_before, before = stored["seed"], dict(stored["stage"])
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{card} is not the card of a finished stage ({error}); start over with `force=True`"
        ) from error
    changed = [*(["seed"] if seed_before != seed else []), *changed_settings(before, stage)]
    if changed:
        raise TrainingError(
            f"{card.parent} was trained with other settings: {', '.join(changed)} differ; use the "
            "same ones, another `out`, or `force=True`"
        )
