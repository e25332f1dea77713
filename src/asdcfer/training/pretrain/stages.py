"""Stages of a run: train a teacher, or a student under a teacher, from a recipe's section to
weights on disk.
"""

import json
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from asdcfer.data.pack import Pack
from asdcfer.data.splits import evenly_spaced
from asdcfer.errors import RecipeError, TrainingError
from asdcfer.methods.registry import METHODS, build_method
from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import Encoder
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_teacher, save_encoder, weights_hash
from asdcfer.training.engine.module import FREE_TO_CHANGE
from asdcfer.training.engine.progress_bar import counted
from asdcfer.training.engine.sampler import mixed_seed
from asdcfer.training.engine.seeding import seed_all
from asdcfer.training.engine.trainer import Hardware, is_first_process, say, seconds_since, train
from asdcfer.training.pretrain.dataset import chosen_splits, training_images
from asdcfer.training.pretrain.health_callback import (
    Neighbors,
    features_of,
    labeled_faces,
)
from asdcfer.training.pretrain.recipe import Recipe, StageOptions, differences
from asdcfer.training.pretrain.recipe_validation import FIT
from asdcfer.training.run_directory import check_same, made_from
from asdcfer.training.run_record import RunRecord
from asdcfer.validation import validate_options

SECTIONS = {"teacher": 1, "student": 2}


def stage_of(recipe: Recipe, section: str) -> StageOptions:
    """Return a section of a recipe.

    Raises:
        RecipeError: the recipe has none.
    """
    stage = getattr(recipe, section)
    if stage is None:
        raise RecipeError(
            f"recipe {recipe.name} has no {section}; choose another recipe, or set "
            f"{section}.method and {section}.encoder"
        )
    return stage


def new_encoder(recipe: Recipe, section: str) -> Encoder:
    """Return the encoder of a section with the random weights that its training starts from."""
    seed_all(mixed_seed(recipe.seed, SECTIONS[section]))
    return build_encoder(stage_of(recipe, section).encoder)


def train_stage(
    recipe: Recipe,
    section: str,
    pack: Pack,
    folder: Path,
    record: RunRecord,
    *,
    hardware: Hardware | None = None,
    resume: bool = False,
    teacher: str | Path | None = None,
    neighbors: Neighbors | None = None,
) -> Path:
    """Train one section of a recipe and save its encoder.

    Args:
        recipe: with the section.
        section: "teacher" or "student".
        pack: the faces; labels are only used for the online kNN, never to train.
        folder: gets metrics.csv, checkpoint/, encoder.safetensors and encoder.json.
        record: is told what happened.
        hardware: where to train.
        resume: continue; a stage that is finished is left as it is.
        teacher: weights of the teacher, for a method that wants one, of an encoder that this
            package can build; how one of your own teaches is said in `models.encoder`.
        neighbors: how the online kNN measures accuracy; None for no online kNN.

    Returns:
        The path of the encoder's weights.

    Raises:
        TrainingError: training cannot go on, or what is there is of another recipe, another teacher
            or other faces.
    """
    stage = stage_of(recipe, section)
    source = made_from(pack, None if stage.method == FIT else teacher)
    out = folder / "encoder.safetensors"
    # A process that Lightning starts for a later stage finds the earlier ones finished.
    started_late = not is_first_process() and not dist.is_initialized()
    if resume or started_late:
        check_same(folder, source)
    if (resume or started_late) and out.with_suffix(".json").is_file():
        _same_stage(out.with_suffix(".json"), stage, recipe.seed)
        say(f"{section}: finished before, {out}")
        return out
    seed = mixed_seed(recipe.seed, SECTIONS[section]) % 2**31
    encoder = new_encoder(recipe, section)
    images = training_images(pack, recipe.data, stage.encoder.preprocessing.channels)
    start = time.perf_counter()
    card: dict[str, Any] = {
        "recipe": recipe.name,
        "section": section,
        "seed": recipe.seed,
        "stage": stage.model_dump(mode="json"),
        "commit": record.values["commit"],
        "data": {
            "source": pack.info.get("source"),
            "hashes": pack.info.get("hashes"),
            "splits": chosen_splits(pack, recipe.data),
            "images": len(images),
        },
    }
    if stage.method == FIT:
        health = _fit(encoder, images, stage, seed, section)
        projector, seconds, effective = None, seconds_since(start), {"images": len(images)}
    else:
        kwargs, store = {}, None
        options = fitted_options(stage, len(images), section)
        card["options"] = options
        if teacher is not None:
            taught, projector = load_teacher(teacher)
            say(f"{section}: teacher: {taught.load_report}")
            kwargs["teacher"] = Teacher(taught, projector)
            # Beside the teacher, so that every student under it finds what it said of each face.
            store = Path(teacher).parent / "faces.safetensors" if Path(teacher).exists() else None
            card["teacher"] = {
                "weights": source["teacher"],
                "projector": source["projector"],
                "encoder": taught.spec.model_dump(mode="json"),
            }
        method = build_method(stage.method, encoder, options, **kwargs)
        labeled = labeled_faces(
            pack, chosen_splits(pack, recipe.data), stage.health.knn_images, neighbors
        )
        result = train(
            method,
            images,
            stage,
            seed=seed,
            folder=folder,
            name=section,
            hardware=hardware,
            resume=resume,
            labeled=labeled,
            store=store,
            made_from=source,
        )
        encoder, projector, seconds, effective = (
            result.encoder,
            result.projector,
            result.seconds,
            result.effective,
        )
        health = result.health.as_dict() if result.health else None
        card["metrics"] = result.metrics
    if is_first_process():
        save_encoder(
            out,
            encoder,
            {**card, "effective": effective, "health": health, "seconds": round(seconds, 2)},
            projector=projector,
            float16=stage.half,
        )
    if dist.is_initialized():
        # The others load these weights next.
        dist.barrier()
    record.stage(
        section,
        seconds=round(seconds, 2),
        effective=effective,
        health=health,
        weights=str(out.relative_to(record.path.parent)),
        weights_hash=weights_hash(encoder),
        made_from=source,
    )
    return out


def fitted_options(stage: StageOptions, images: int, section: str) -> dict[str, Any]:
    """Return the options of a stage's method as it wants them for so many images.

    Each change is told.

    Args:
        stage: says method and options.
        images: how many are trained on.
        section: for messages.

    Example:
        >>> stage = StageOptions(method="moco", encoder={"name": "mobile"}, options={"queue_size": 4096})
        >>> fitted_options(stage, 1000, "teacher")["queue_size"]
        500
    """
    method = METHODS[stage.method]
    asked = validate_options(method.Options, stage.options, f"{section}.options")
    fitted = method.fit_to_dataset(asked, images)
    before, after = asked.model_dump(mode="json"), fitted.model_dump(mode="json")
    for name, value in after.items():
        if value != before[name]:
            say(f"{section}: {name}={before[name]} becomes {value} for {images:,} images")
    return after


def _fit(
    encoder: Encoder, images: torch.Tensor, stage: StageOptions, seed: int, section: str
) -> dict[str, Any]:
    from asdcfer.training.pretrain.health import assess_health

    with counted(section, is_first_process()) as report:
        encoder.fit(images, seed=seed, report=report, **stage.options)
    encoder.eval()
    rows = evenly_spaced(torch.arange(len(images)).numpy(), stage.health.images)
    health = assess_health(features_of(encoder, images[torch.from_numpy(rows)]))
    say(f"{section}: {health.verdict}: {'; '.join(health.reasons)}")
    return health.as_dict()


def _same_stage(card: Path, stage: StageOptions, seed: int) -> None:
    try:
        stored = json.loads(card.read_text(encoding="utf-8"))
        before = {"seed": stored["seed"], **stored["stage"]}
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{card} is not the card of a finished stage ({error}); start over with --force"
        ) from error
    changed = differences(before, {"seed": seed, **stage.model_dump(mode="json")})
    changed = [key for key in changed if key.split(".")[0] not in FREE_TO_CHANGE]
    if changed:
        raise TrainingError(
            f"{card.parent} was trained with other settings: {', '.join(changed)} differ; use the "
            "same ones, another --out, or --force"
        )
