"""What all rows of a comparison share: noted in its folder, compared on resume, and in words."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from asdcfer.api.comparison.settings import CompareSettings
from asdcfer.api.comparison.shared_recipe import shared_encoder, shared_views
from asdcfer.api.data_inputs import name_of
from asdcfer.augmentation.views import ViewOptions
from asdcfer.data.pack import Pack
from asdcfer.errors import RecipeError
from asdcfer.files import write_json
from asdcfer.plain_json import from_json
from asdcfer.training.run_record import hardware

ROWS, SHARED = "rows", "comparison.json"
"""Folder of the rows, and the file of what they share."""


def begin(folder: Path, settings: CompareSettings, pack: Pack, force: bool) -> None:
    """Note what all rows share, or compare it with what was noted before.

    Raises:
        RecipeError: the folder holds a comparison under other settings.
    """
    now = shared_values(settings, pack)
    file = folder / SHARED
    before = _noted(file)
    changed = [name for name in now if before and before.get(name) != now[name]]
    if changed and not force:
        raise RecipeError(
            f"{folder} holds a comparison with other settings: {', '.join(changed)} differ; use "
            "the same ones, another `out`, or `force=True` to begin anew"
        )
    if force:
        shutil.rmtree(folder / ROWS, ignore_errors=True)
    write_json(file, now)


def _noted(file: Path) -> dict[str, Any]:
    try:
        found = from_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RecipeError(f"{file} cannot be read ({error}); use `force=True`") from error
    return found if isinstance(found, dict) else {}


def shared_values(settings: CompareSettings, pack: Pack) -> dict[str, Any]:
    """Return what all rows share, as plain values that are compared when it is resumed."""
    measures = {name: value for name, value in asdict(settings.measures).items() if name != "votes"}
    measures["transfer"] = [name_of(data) for data in settings.measures.transfer]
    training = settings.training
    views = shared_views(training, ViewOptions()).model_dump(mode="json", exclude={"views"})
    values = {
        "budget": settings.time,
        "steps": settings.steps,
        "encoder": shared_encoder(training).model_dump(mode="json"),
        "teacher": None if training.teacher is None else str(training.teacher),
        "batch_size": training.batch_size,
        "images": training.images,
        "views": views,
        "resolution": training.resolution,
        "measures": measures,
        "faces": pack.info.get("hashes"),
    }
    plain: dict[str, Any] = json.loads(json.dumps(values, default=str))
    return plain


def shared_words(settings: CompareSettings, pack: Pack, data: str) -> dict[str, str]:
    """Return what all rows share, in words."""
    training, machine = settings.training, hardware()
    spec = shared_encoder(training)
    arguments = ", ".join(f"{name} {value}" for name, value in spec.arguments.items())
    views = shared_views(training, ViewOptions())
    crop = f"crops of {views.crop_area[0]:g} to {views.crop_area[1]:g} of the area"
    places = (machine["cpu"], f"{machine['cores']} cores", *machine["gpus"])
    rows = len(pack.rows("train")) if "train" in pack.splits else len(pack)
    budget = (
        f"{settings.time} of training for each method and seed, on an otherwise idle machine"
        if settings.time
        else f"{settings.steps:,} steps or the next whole pass over the faces"
    )
    return {
        "data": f"{data}, {min(rows, training.images or rows):,} training faces; labels unused "
        "unless a note says that they were seen",
        "budget": budget,
        "seeds": ", ".join(map(str, settings.seeds)),
        "encoder": f"{spec.name}{f' ({arguments})' if arguments else ''}, from random weights",
        "batch": f"{training.batch_size} faces",
        "views": f"{crop}, mirroring, turns up to {views.rotate:g} degrees, light and blur",
        "sides of views": ", ".join(
            f"{side} from {start:g}" for start, side in training.resolution
        ),
        "machine": ", ".join(str(word) for word in places if word),
    }
