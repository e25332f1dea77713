"""The encoder of `adapt`: batch statistics of the new faces, then ASDC under itself."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.adaptation.batch_statistics import FACES, refreshed_encoder
from asdcfer.adaptation.part_progress import PartProgress
from asdcfer.api.training_run import TrainingRun
from asdcfer.data.pack import Pack
from asdcfer.files import make_folder
from asdcfer.models.cards import SAW_LABELS
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_encoder, save_encoder
from asdcfer.progress import Progress
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.budget import ShortBudgetError
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_files import checked, load_recipe

MOST_FACES = 30_000
"""Faces that ASDC learns from at most: what the teacher says of each is kept in memory."""
FEWEST_FACES = 256
"""With fewer, only the batch statistics are taken."""
PASSES, COST = 2, 12.0
"""So many passes are hoped for; one costs so many times what it takes to look at the faces."""


@dataclass(frozen=True)
class EncoderJob:
    """What an encoder is adapted with.

    Attributes:
        pack: the faces.
        rows: int, those that may be learnt from.
        splits: they are of; ["*"] for all that are not held out.
        folder: of the stages.
        seconds: for all of it.
        epochs: of ASDC; None is what the time allows, 0 is none.
        images: to learn from; None is what the time allows.
        saw_labels: whether the weights to start from learnt from labels, for cards.
        seed: of everything random.
        device: "auto", "cpu" or "cuda".
        progress: is told how far it is.
    """

    pack: Pack
    rows: np.ndarray
    splits: list[str]
    folder: Path
    seconds: float
    epochs: int | None
    images: int | None
    saw_labels: bool
    seed: int
    device: str
    progress: Progress


def adapted_encoders(
    encoder: Encoder, job: EncoderJob, known: Mapping[str, Any], note: Callable[..., None]
) -> dict[str, Encoder]:
    """Return the encoder as shipped, with refreshed statistics, and adapted; finished parts again.

    Args:
        encoder: to start from, and to learn under.
        job: with which faces, where and how long.
        known: what an earlier part of the run noted.
        note: keeps "look" (seconds for a face) and "images" for a run that is resumed.

    Returns:
        Name -> encoder; "refreshed" is missing without batch normalization, "adapted" where there
        are too few faces or no time.
    """
    make_folder(job.folder)
    file = job.folder / "refreshed.safetensors"
    card = {"recipe": "adapt", SAW_LABELS: job.saw_labels}
    if not file.with_suffix(".json").is_file():
        begun = time.perf_counter()
        fresh = refreshed_encoder(encoder, job.pack, job.rows, job.progress)
        look = (time.perf_counter() - begun) / max(1, min(len(job.rows), FACES))
        note(look=known.get("look", look))
        save_encoder(file, fresh, card)
    found = {"shipped": encoder, "refreshed": load_encoder(file)}
    if job.epochs == 0 or len(job.rows) < FEWEST_FACES:
        if job.epochs != 0:
            job.progress.message(
                f"{len(job.rows)} faces are too few to train the encoder on ({FEWEST_FACES} are "
                "enough); its batch statistics alone are taken from them"
            )
        return found
    adapted = job.folder / "adapted.safetensors"
    if not adapted.with_suffix(".json").is_file():
        trained = load_encoder(_trained(file, job, known, note))
        save_encoder(
            adapted,
            refreshed_encoder(trained, job.pack, job.rows, job.progress),
            card,
        )
    return found | {"adapted": load_encoder(adapted)}


def _trained(
    start: Path, job: EncoderJob, known: Mapping[str, Any], note: Callable[..., None]
) -> Path:
    """Train by ASDC; with too little time for all faces, on half of them, and so on."""
    images = known.get("images") or _images(job, float(known.get("look", 0.001)))
    while True:
        # Before the run begins, so that one that is killed at once goes on with as many.
        note(images=images)
        try:
            recipe = _recipe(start, job, images)
            place = Workplace(
                job.folder / "encoder",
                hardware=Hardware(job.device),
                resume=(job.folder / "encoder" / "run.json").is_file(),
                progress=PartProgress(job.progress),
            )
            run = TrainingRun(recipe, ["teacher", "student"], place)
            break
        except ShortBudgetError:
            images //= 2
            if images < FEWEST_FACES or job.images is not None:
                raise
    job.progress.message(f"encoder: learning from {images:,} of {len(job.rows):,} faces")
    with run:
        return [run.train(section) for section in run.sections][-1]


def _images(job: EncoderJob, look: float) -> int:
    most = min(len(job.rows), MOST_FACES, job.images or MOST_FACES)
    if job.images is not None or job.epochs is not None:
        return most
    return max(min(most, FEWEST_FACES), min(most, int(job.seconds / (PASSES * COST * look))))


def _recipe(start: Path, job: EncoderJob, images: int) -> Recipe:
    tree = load_recipe("adapt").model_dump(mode="json")
    tree["seed"] = job.seed
    tree["data"] = {"pack": str(job.pack.path), "splits": job.splits, "images": images}
    for section in ("teacher", "student"):
        tree[section]["start"] = str(start)
    if job.epochs is None:
        tree["budget"] = f"{max(1, round(job.seconds))}s"
    else:
        tree["budget"], tree["student"]["epochs"] = None, job.epochs
    student = tree["student"]
    student["batch_size"] = min(student["batch_size"], max(2, images // 2))
    student["views"]["size"] = load_encoder(start).preprocessing.size
    return checked(tree, "adapt")
