"""COCO exports: JSON files of images, annotations and categories, with the images beside them.

Each annotated box becomes a face: its category, and the part of the picture inside it. The split is
that of the folder or of the name of the JSON file.
"""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asdcfer.data.datasets.folder_dataset import (
    Plan,
    choose_expressions,
    folder_source,
    readings_told,
    some_unknown,
)
from asdcfer.data.datasets.folder_walk import Box, Item
from asdcfer.data.datasets.image_index import ImageIndex
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Options
from asdcfer.data.datasets.split_words import split_in
from asdcfer.data.datasets.tree import expression_in_names
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError
from asdcfer.plain_json import from_json

_MOST = 500_000_000
"""Bytes of the largest JSON file that is read."""
_SIGNS = ('"annotations"', '"images"', '"categories"')


def _plan(layout: Layout, options: Options) -> Plan | None:
    files = [place.path for place in layout.others if _is_coco(place.path)]
    if not files:
        return None
    plan = Plan(f"annotations in {', '.join(file.name for file in files)}", {"name": "COCO export"})
    plan.label_files = set(files)
    index = ImageIndex(layout)
    faces: list[tuple[Item, str]] = []
    names: Counter[str] = Counter()
    for file in files:
        parts = file.relative_to(layout.path).parts
        split = next((s for part in reversed(parts) if (s := split_in(Path(part).stem))), "train")
        for listed, category, box in _annotations(file):
            image = index.find(listed, file.parent, split)
            if image is None:
                plan.skipped.append(Skipped(listed, f"missing: {file.name} names it"))
                continue
            names[str(image)] += 1
            name, number = layout.name_of(image), names[str(image)]
            name = name if number == 1 else f"{name}#{number}"
            faces.append((Item(image, name, split, box=box), category))
    if not faces:
        return None
    categories = {category for _, category in faces}
    meant: dict[str, str] = {}
    if not options.own_classes:
        meant = expression_in_names(dict(enumerate(sorted(categories))), whole=False)
        plan.notes = readings_told(meant)
        plan.problem = some_unknown(layout.path, meant, categories)
        if not meant:
            plan.notes.append(f"no expressions: own classes {', '.join(sorted(categories)[:12])}")
    plan.found = [(item, meant.get(category, category)) for item, category in faces]
    labels = {label for _, label in plan.found if label}
    plan.expressions = choose_expressions(labels, options) if meant else tuple(sorted(labels))
    return plan


def _is_coco(file: Path) -> bool:
    if file.suffix.lower() != ".json":
        return False
    try:
        size = file.stat().st_size
        with open(file, "rb") as content:
            start = content.read(1 << 16)
            content.seek(max(0, size - (1 << 16)))
            text = (start + content.read(1 << 16)).decode("utf-8", "replace")
    except OSError:
        return False
    return text.lstrip("\ufeff \r\n\t").startswith("{") and sum(s in text for s in _SIGNS) >= 2


def _annotations(file: Path) -> Iterator[tuple[str, str, Box | None]]:
    """Yield file name, category and box of each annotation."""
    try:
        if file.stat().st_size > _MOST:
            raise DataError(f"{file}: larger than the {_MOST:,} bytes it may have")
        value = from_json(file.read_text(encoding="utf-8-sig"))
        images = {image["id"]: str(image["file_name"]) for image in value["images"]}
        categories = {kind["id"]: str(kind["name"]) for kind in value["categories"]}
        listed = [
            (images[one["image_id"]], categories[one["category_id"]], _box(one.get("bbox")))
            for one in value["annotations"]
        ]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{file} cannot be read as COCO annotations ({type(error).__name__}: {error}); for the "
            'images without labels: `kind="unlabeled"`'
        ) from error
    yield from listed


def _box(value: Any) -> Box | None:
    if not value:
        return None
    left, top, width, height = (float(number) for number in value)
    if not all(math.isfinite(number) for number in (left, top, width, height)):
        raise ValueError(f"a box of {value}")
    return Box(left, top, left + width, top + height)


SOURCE = folder_source(
    "coco", "COCO export: images and a JSON of annotations", _plan, "JSON of COCO annotations"
)
