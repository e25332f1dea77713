"""YOLO exports: images, a text file of class numbers and boxes for each, and names in a data.yaml.

SPLIT/images/NAME.png with SPLIT/labels/NAME.txt, or images/SPLIT with labels/SPLIT; or a train.txt,
val.txt and test.txt that list the images. Each box becomes a face: its label, and the part of the
picture inside it. Images without one are left out.
"""

import math
from collections.abc import Iterator
from pathlib import Path

from asdcfer.data.datasets.folder_dataset import (
    Plan,
    choose_expressions,
    folder_source,
    readings_told,
    some_unknown,
)
from asdcfer.data.datasets.folder_walk import Box, Item
from asdcfer.data.datasets.image_index import ImageIndex
from asdcfer.data.datasets.label_orders import ask_for_order, classes_file, order_of
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.places import Place
from asdcfer.data.datasets.source import Options
from asdcfer.data.datasets.split_words import split_in, split_of
from asdcfer.data.datasets.tree import expression_in_names
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError

_MOST = 1_000_000
"""Bytes of the largest text file of boxes that is read."""
_MOST_LIST = 100_000_000
"""The same of a list of the images of a split."""


def _plan(layout: Layout, options: Options) -> Plan | None:
    labels = _labels(layout)
    if not labels:
        return None
    plan = Plan("", {"name": "YOLO export"})
    boxes: list[tuple[Place, list[tuple[int, Box]]]] = []
    spare: set[Path] = set()
    for place in layout.images:
        file = labels.get(_key(place.path))
        if file is None:
            continue
        found = list(_boxes(file))
        if found:
            boxes.append((place, found))
        else:
            spare.add(place.path)
            plan.skipped.append(Skipped(place.name, f"no box: {file.name} is empty"))
    if not boxes:
        return None
    plan.spare, plan.label_files = spare, set(labels.values())
    plan.by = f"{len(boxes)} images with boxes like those of {labels[_key(boxes[0][0].path)].name}"
    numbers = {number for _, found in boxes for number, _ in found}
    order = _order(layout, options, numbers, plan)
    listed = _listed(layout)
    for place, found in boxes:
        split = _split(layout, place.path) or listed.get(place.path) or "train"
        for count, (number, box) in enumerate(found):
            name = place.name if count == 0 else f"{place.name}#{count + 1}"
            item = Item(place.path, name, split, box=box)
            plan.add(item, order.get(number, str(number)))
    if not plan.problem:
        plan.expressions = choose_expressions({order[number] for number in numbers}, options)
        if options.own_classes:
            plan.expressions = tuple(order[number] for number in sorted(order))
    return plan


def _key(file: Path) -> tuple[str, ...]:
    """Return what an image and its text file have in common: their path but for images, labels."""
    parts = [part for part in file.parts[:-1] if part.lower() not in ("images", "labels")]
    return (*parts, file.stem)


def _labels(layout: Layout) -> dict[tuple[str, ...], Path]:
    """The text files that lie in a folder called labels, or beside an image of their name."""
    texts = [place for place in layout.others if place.path.suffix.lower() == ".txt"]
    if not texts:
        return {}
    beside = {(place.path.parent, place.stem) for place in layout.images}
    found = {}
    for place in texts:
        file = place.path
        if (
            "labels" in (part.lower() for part in place.parts[:-1])
            or "labels" in (part.lower() for part in file.parts[-3:-1])
            or (file.parent, file.stem) in beside
        ):
            found[_key(file)] = file
    there = {_key(place.path) for place in layout.images}
    first = [file for key, file in sorted(found.items()) if key in there][:20]
    # A text of something else beside the images is none of ours.
    if not first or not any(_is_boxes(file) for file in first):
        return {}
    return found


def _is_boxes(file: Path) -> bool:
    try:
        return bool(list(_boxes(file)))
    except DataError:
        return False


def _boxes(file: Path) -> Iterator[tuple[int, Box]]:
    """Yield class number and box of each line; polygons give the box around them."""
    try:
        if file.stat().st_size > _MOST:
            raise DataError(f"{file}: larger than the {_MOST:,} bytes a file of boxes may have")
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read as boxes: {error}") from error
    for number, line in enumerate(lines, 1):
        cells = line.split()
        if not cells:
            continue
        try:
            label, values = int(float(cells[0])), [float(cell) for cell in cells[1:]]
        except (ValueError, OverflowError):
            label, values = -1, []
        sane = all(math.isfinite(value) and abs(value) < 10 for value in values)
        if label < 0 or len(values) < 4 or not sane:
            raise DataError(
                f"{file}, row {number}: {line[:60]!r}; expected a class number and a box, four "
                "parts of the picture's sides 0..1"
            )
        if len(values) in (4, 5):
            x, y, width, height = values[:4]
            box = Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2, True)
        else:
            across, down = values[0::2], values[1::2]
            box = Box(min(across), min(down), max(across), max(down), True)
        yield label, box


def _order(layout: Layout, options: Options, numbers: set[int], plan: Plan) -> dict[int, str]:
    if options.labels_order:
        order = order_of(options.labels_order, numbers)
    else:
        found = classes_file([place.path for place in layout.others])
        if found is None or not numbers <= found[1].keys():
            plan.problem = f"{layout.path}: " + ask_for_order(numbers, "the classes of its boxes")
            return {}
        order = found[1]
        plan.by += f", named by {found[0].name}"
    if options.own_classes:
        return order
    meant = expression_in_names({number: order[number] for number in numbers}, whole=False)
    plan.notes = readings_told(meant)
    plan.problem = some_unknown(layout.path, meant, {order[number] for number in numbers})
    if not meant:
        plan.notes.append("no expressions: own classes " + ", ".join(sorted(set(order.values()))))
    return {number: meant.get(name, name) for number, name in order.items()}


def _split(layout: Layout, file: Path) -> str | None:
    inside = file.relative_to(layout.path).parts[:-1]
    return next((split for part in reversed(inside) if (split := split_in(part))), None)


def _listed(layout: Layout) -> dict[Path, str]:
    """Return the splits of the images that train.txt, val.txt, ... list, one in each line."""
    splits: dict[Path, str] = {}
    index = ImageIndex(layout)
    for place in layout.others:
        split = split_of(place.stem)
        if split and place.path.suffix.lower() == ".txt" and place.path.stat().st_size < _MOST_LIST:
            lines = place.path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
            found = (index.find(line, place.path.parent, split) for line in lines)
            splits |= {image: split for image in found if image and image not in splits}
    return splits


SOURCE = folder_source(
    "yolo", "YOLO export: images, labels of boxes, data.yaml", _plan, "images with labels/NAME.txt"
)
