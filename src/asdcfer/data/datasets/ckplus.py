"""CK+48: folders by expression with files named by subject, sequence and frame.

As in happy/S010_006_00000013.png. There is no official split: subjects are divided, see
`by_subject`.
Source: Lucey et al., "The extended Cohn-Kanade dataset (CK+)", CVPR workshops 2010.
"""

import re
from pathlib import Path

from asdcfer.data.datasets.folder_dataset import images_below, labeled, unknown_label
from asdcfer.data.datasets.folder_walk import (
    Item,
    Place,
    any_file,
    by_subject,
    descend,
    visible_folders,
)
from asdcfer.data.datasets.source import Options, Reading, Source
from asdcfer.data.pack import Skipped
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT, expression_of

_NAME = re.compile(r"(S\d{3})_\d{3}_\d{8}\.\w+", re.IGNORECASE)


def _recognize(path: Path) -> str | None:
    for folder in visible_folders(descend(path)):
        name = any_file(folder, _NAME.pattern, limit=50) if expression_of(folder.name) else None
        if name:
            return f"files named like {folder.name}/{name}"
    return None


def _read(path: Path, options: Options) -> Reading:
    images, skipped = images_below(path)
    found: list[tuple[Place, str, str]] = []
    for place in images:
        match, parts = _NAME.fullmatch(place.path.name), place.parts
        if not match or len(parts) < 2:
            skipped.append(
                Skipped(place.name, "outside the layout: expected CLASS/S000_000_00000000.png")
            )
            continue
        expression = expression_of(parts[-2])
        if expression is None:
            raise unknown_label(place.path, parts[-2], ", ".join(EXPRESSIONS_WITH_CONTEMPT))
        found.append((place, match[1].upper(), expression))
    splits = by_subject(subject for _, subject, _ in found)
    items = [
        (Item(place.path, place.name, splits[subject]), expression)
        for place, subject, expression in found
    ]
    about = {
        "name": "CK+48",
        "origin": "Lucey et al., CVPR workshops 2010",
        "license": "research only",
        "split": "every fifth subject is test",
    }
    return labeled(items, options, skipped, about)


SOURCE = Source("ckplus", "CK+48 folders, divided by subject", _recognize, _read)
