"""CK+48: folders by expression with files named by subject, sequence and frame (happy/S010_006_00000013.png).

There is no official split: subjects are divided, see `by_subject`.
Source: Lucey et al., "The extended Cohn-Kanade dataset (CK+)", CVPR workshops 2010.
"""

import re
from pathlib import Path

from asdcfer.data.pack import Skipped
from asdcfer.data.sources.contract import Options, Reading, Source
from asdcfer.data.sources.folders import (
    Decoded,
    Item,
    any_file,
    by_subject,
    choose_expressions,
    descend,
    drop_contempt,
    in_order,
    require_folder,
    source_id,
    visible_folders,
    walk,
)  # fmt: skip
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT, expression_of

_NAME = re.compile(r"(S\d{3})_\d{3}_\d{8}\.\w+", re.IGNORECASE)


def _recognise(path: Path) -> str | None:
    root = descend(path)
    for folder in visible_folders(root) if root.is_dir() else []:
        name = any_file(folder, _NAME.pattern, limit=50) if expression_of(folder.name) else None
        if name:
            return f"files named like {folder.name}/{name}"
    return None


def _read(path: Path, options: Options) -> Reading:
    root = descend(require_folder(path))
    skipped: list[Skipped] = []
    found: list[tuple[Path, str, str]] = []
    for file in walk(root, skipped):
        match, parts = _NAME.fullmatch(file.name), file.relative_to(root).parts
        if not match or len(parts) < 2:
            skipped.append(Skipped(source_id(file, root), "outside the layout: expected CLASS/S000_000_00000000.png"))
            continue
        expression = expression_of(parts[-2])
        if expression is None:
            raise DataError(f"{file}: unknown label {parts[-2]!r}; expected a folder named {', '.join(EXPRESSIONS_WITH_CONTEMPT)}")
        found.append((file, match[1].upper(), expression))
    splits = by_subject(subject for _, subject, _ in found)
    items = [(Item(file, source_id(file, root), splits[subject]), expression) for file, subject, expression in found]
    expressions = choose_expressions({expression for _, _, expression in found}, options)
    faces = Decoded(in_order(drop_contempt(items, expressions, skipped)), options, skipped)
    about = {"name": "CK+48", "origin": "Lucey et al., CVPR workshops 2010", "licence": "research only", "split": "every fifth subject is test"}
    return Reading(faces, expressions, skipped, faces.fraction, about)


SOURCE = Source("ckplus", "CK+48 folders, divided by subject", _recognise, _read)
