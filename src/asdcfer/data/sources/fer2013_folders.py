"""FER-2013 as the folders of its Kaggle release: train/CLASS/Training_*.jpg and test/CLASS/{PublicTest,PrivateTest}_*.jpg.

The release puts both test splits into one folder; the file names still tell them apart.
"""

import re
from pathlib import Path

from asdcfer.data.pack import Skipped
from asdcfer.data.sources import fer2013
from asdcfer.data.sources.contract import Options, Reading, Source
from asdcfer.data.sources.folders import Decoded, Item, any_file, descend, in_order, require_folder, source_id, split_of, visible_folders, walk
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS, expression_of

_NAME = re.compile(r"(Training|PublicTest|PrivateTest)_\d+\.\w+", re.IGNORECASE)
_SPLITS = {usage.lower(): split for usage, split in fer2013.USAGES.items()}


def _recognise(path: Path) -> str | None:
    root = descend(path)
    splits = [folder for folder in visible_folders(root) if split_of(folder.name)] if root.is_dir() else []
    for split in splits:
        for folder in visible_folders(split):
            name = any_file(folder, _NAME.pattern, limit=50)
            if name:
                return f"files named like {split.name}/{folder.name}/{name}"
    return None


def _read(path: Path, options: Options) -> Reading:
    root = descend(require_folder(path))
    skipped: list[Skipped] = []
    items = []
    for file in walk(root, skipped):
        name, parts = source_id(file, root), file.relative_to(root).parts
        match = _NAME.fullmatch(file.name)
        if not match or len(parts) < 2:
            skipped.append(Skipped(name, "outside the layout: expected CLASS/{Training,PublicTest,PrivateTest}_NUMBER.jpg"))
            continue
        expression = expression_of(parts[-2])
        if expression not in EXPRESSIONS:
            raise DataError(f"{file}: unknown label {parts[-2]!r}; expected a folder named {', '.join(EXPRESSIONS)}")
        items.append(Item(file, name, _SPLITS[match[1].lower()], EXPRESSIONS.index(expression)))
    faces = Decoded(in_order(items), options, skipped)
    return Reading(faces, EXPRESSIONS, skipped, faces.fraction, fer2013.ABOUT)


SOURCE = Source("fer2013_folders", "FER-2013, the folders of its Kaggle release", _recognise, _read)
