"""JAFFE: files named by subject, expression and number (KA.HA1.29.tiff), in one folder or below it.

There is no official split: subjects are divided, see `by_subject`.
Source: Lyons, Akamatsu, Kamachi and Gyoba, "Coding facial expressions with Gabor wavelets", FG
    1998.
"""

import re
from pathlib import Path

from asdcfer.data.datasets.folder_dataset import labeled
from asdcfer.data.datasets.folder_walk import (
    Item,
    Place,
    any_file,
    by_subject,
    require_folder,
    walk,
)
from asdcfer.data.datasets.source import Options, Reading, Source
from asdcfer.data.pack import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS, JAFFE_CODES

_NAME = re.compile(r"([A-Z]{2})[.-]([A-Z]{2})\d+[.-]\d+\.\w+", re.IGNORECASE)
_KNOWN = r"[A-Z]{2}[.-](" + "|".join(JAFFE_CODES) + r")\d+[.-]\d+\.\w+"


def _recognize(path: Path) -> str | None:
    name = any_file(path, _KNOWN, limit=500) if path.is_dir() else None
    return f"files named like {name}" if name else None


def _read(path: Path, options: Options) -> Reading:
    skipped: list[Skipped] = []
    found: list[tuple[Place, str, str]] = []
    for place in walk(require_folder(path), skipped):
        match = _NAME.fullmatch(place.path.name)
        if not match:
            skipped.append(
                Skipped(place.name, "outside the layout: expected a name such as KA.HA1.29.tiff")
            )
            continue
        code = match[2].upper()
        if code not in JAFFE_CODES:
            expected = ", ".join(f"{code} {name}" for code, name in JAFFE_CODES.items())
            raise DataError(
                f"{place.path}: unknown label {code!r} in the file name; expected {expected}"
            )
        found.append((place, match[1].upper(), JAFFE_CODES[code]))
    splits = by_subject(subject for _, subject, _ in found)
    items = [
        (Item(place.path, place.name, splits[subject]), expression)
        for place, subject, expression in found
    ]
    about = {
        "name": "JAFFE",
        "origin": "Lyons et al., FG 1998",
        "license": "non-commercial research",
        "split": "every fifth subject is test",
    }
    return labeled(items, options, skipped, about, EXPRESSIONS)


SOURCE = Source("jaffe", "JAFFE files, divided by subject", _recognize, _read)
