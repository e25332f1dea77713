"""FER-2013 as the folders of its Kaggle release.

train/CLASS/Training_*.jpg and test/CLASS/{PublicTest,PrivateTest}_*.jpg. The release puts both test
splits into one folder; the file names still tell them apart.
"""

import re
from pathlib import Path

from asdcfer.data.datasets import fer2013
from asdcfer.data.datasets.folder_dataset import images_below, labeled, unknown_label
from asdcfer.data.datasets.folder_walk import Item, any_file, split_folders, visible_folders
from asdcfer.data.datasets.source import Options, Reading, Source
from asdcfer.data.pack import Skipped
from asdcfer.expressions import EXPRESSIONS, expression_of

_NAME = re.compile(r"(Training|PublicTest|PrivateTest)_\d+\.\w+", re.IGNORECASE)
_SPLITS = {usage.lower(): split for usage, split in fer2013.USAGES.items()}


def _recognize(path: Path) -> str | None:
    for split in split_folders(path):
        for folder in visible_folders(split):
            name = any_file(folder, _NAME.pattern, limit=50)
            if name:
                return f"files named like {split.name}/{folder.name}/{name}"
    return None


def _read(path: Path, options: Options) -> Reading:
    images, skipped = images_below(path)
    found: list[tuple[Item, str]] = []
    for file, name, parts in images:
        match = _NAME.fullmatch(file.name)
        if not match or len(parts) < 2:
            skipped.append(
                Skipped(
                    name,
                    (
                        "outside the layout: expected "
                        "CLASS/{Training,PublicTest,PrivateTest}_NUMBER.jpg"
                    ),
                )
            )
            continue
        expression = expression_of(parts[-2])
        if expression not in EXPRESSIONS:
            raise unknown_label(file, parts[-2], ", ".join(EXPRESSIONS))
        found.append((Item(file, name, _SPLITS[match[1].lower()]), expression))
    return labeled(found, options, skipped, fer2013.ABOUT, EXPRESSIONS)


SOURCE = Source("fer2013_folders", "FER-2013, the folders of its Kaggle release", _recognize, _read)
