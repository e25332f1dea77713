"""JAFFE: files named by subject, expression and number (KA.HA1.29.tiff), in one folder or below it.

There is no official split: subjects are divided, see `by_subject`.
Source: Lyons, Akamatsu, Kamachi and Gyoba, "Coding facial expressions with Gabor wavelets", FG 1998.
"""

import re
from pathlib import Path

from asdcfer.data.pack import Skipped
from asdcfer.data.sources.contract import Options, Reading, Source
from asdcfer.data.sources.folders import Decoded, Item, any_file, by_subject, in_order, require_folder, source_id, walk
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS, JAFFE_CODES

_NAME = re.compile(r"([A-Z]{2})[.-]([A-Z]{2})\d+[.-]\d+\.\w+", re.IGNORECASE)
_KNOWN = r"[A-Z]{2}[.-](" + "|".join(JAFFE_CODES) + r")\d+[.-]\d+\.\w+"


def _recognise(path: Path) -> str | None:
    name = any_file(path, _KNOWN, limit=500) if path.is_dir() else None
    return f"files named like {name}" if name else None


def _read(path: Path, options: Options) -> Reading:
    root = require_folder(path)
    skipped: list[Skipped] = []
    found: list[tuple[Path, str, str]] = []
    for file in walk(root, skipped):
        match = _NAME.fullmatch(file.name)
        if not match:
            skipped.append(Skipped(source_id(file, root), "outside the layout: expected a name such as KA.HA1.29.tiff"))
            continue
        code = match[2].upper()
        if code not in JAFFE_CODES:
            expected = ", ".join(f"{code} {name}" for code, name in JAFFE_CODES.items())
            raise DataError(f"{file}: unknown label {code!r} in the file name; expected {expected}")
        found.append((file, match[1].upper(), JAFFE_CODES[code]))
    splits = by_subject(subject for _, subject, _ in found)
    items = [Item(file, source_id(file, root), splits[subject], EXPRESSIONS.index(expression)) for file, subject, expression in found]
    faces = Decoded(in_order(items), options, skipped)
    about = {"name": "JAFFE", "origin": "Lyons et al., FG 1998", "licence": "non-commercial research", "split": "every fifth subject is test"}
    return Reading(faces, EXPRESSIONS, skipped, faces.fraction, about)


SOURCE = Source("jaffe", "JAFFE files, divided by subject", _recognise, _read)
