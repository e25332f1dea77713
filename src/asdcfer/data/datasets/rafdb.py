"""RAF-DB, basic expressions: the official layout, or the numbered folders of its Kaggle release.

Official: EmoLabel/list_patition_label.txt (the authors' spelling) and Image/aligned. Kaggle:
train/1..7 and test/1..7. Labels 1..7 are surprise, fear, disgust, happy, sad, angry, neutral.
Source: Li, Deng and Du, "Reliable crowdsourcing and deep locality-preserving learning for
    expression recognition in the wild", CVPR 2017.
"""

import re
from pathlib import Path

from asdcfer.data.datasets.folder_dataset import images_below, labeled, unknown_label
from asdcfer.data.datasets.folder_walk import (
    Item,
    any_file,
    descend,
    require_folder,
    split_folders,
    split_of,
    visible_folders,
)
from asdcfer.data.datasets.source import Options, Reading, Source
from asdcfer.data.pack import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS, RAFDB_LABELS

LIST = Path("EmoLabel", "list_patition_label.txt")
ALIGNED = Path("Image", "aligned")
_NAME = re.compile(r"(train|test)_\d+(_aligned)?\.\w+", re.IGNORECASE)
_MEANING = ", ".join(f"{number} {name}" for number, name in RAFDB_LABELS.items())


def _official(path: Path) -> Path | None:
    return next(
        (root for root in (path, path / "basic", descend(path)) if (root / LIST).is_file()), None
    )


def _recognize(path: Path) -> str | None:
    if not path.is_dir():
        return None
    if _official(path):
        return f"it holds {LIST.as_posix()}"
    for split in split_folders(path):
        for folder in visible_folders(split):
            name = any_file(folder, _NAME.pattern, limit=50) if folder.name in "1234567" else None
            if name:
                return f"files named like {split.name}/{folder.name}/{name}"
    return None


def _read(path: Path, options: Options) -> Reading:
    official = _official(require_folder(path))
    found, skipped = _listed(official) if official else _numbered(path)
    about = {
        "name": "RAF-DB",
        "origin": "Li, Deng and Du, CVPR 2017",
        "license": "non-commercial research",
    }
    return labeled(found, options, skipped, about, EXPRESSIONS)


def _listed(root: Path) -> tuple[list[tuple[Item, str]], list[Skipped]]:
    if not (root / ALIGNED).is_dir():
        raise DataError(f"{root} has no folder {ALIGNED.as_posix()}; unpack aligned.zip there")
    try:
        lines = (root / LIST).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{root / LIST} cannot be read: {error}") from error
    found: list[tuple[Item, str]] = []
    skipped: list[Skipped] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{root / LIST}, row {number}"
        cells = line.split()
        match = _NAME.fullmatch(cells[0])
        if len(cells) != 2 or not match:
            raise DataError(
                f"{where}: {line[:60]!r}; expected a name and a label, such as 'train_00001.jpg 5'"
            )
        if cells[1] not in map(str, RAFDB_LABELS):
            raise DataError(f"{where}: unknown label {cells[1]!r}; expected {_MEANING}")
        plain = Path(cells[0])
        file = root / ALIGNED / f"{plain.stem.removesuffix('_aligned')}_aligned{plain.suffix}"
        if file.is_file():
            found.append((Item(file, cells[0], match[1].lower()), RAFDB_LABELS[int(cells[1])]))
        else:
            skipped.append(
                Skipped(cells[0], f"missing: {file.name} is not in {ALIGNED.as_posix()}")
            )
    return found, skipped


def _numbered(path: Path) -> tuple[list[tuple[Item, str]], list[Skipped]]:
    images, skipped = images_below(path)
    found: list[tuple[Item, str]] = []
    for file, name, parts in images:
        split = split_of(parts[-3]) if len(parts) >= 3 else None
        if split is None:
            skipped.append(
                Skipped(name, "outside the layout: expected train/1..7/IMAGE or test/1..7/IMAGE")
            )
            continue
        if parts[-2] not in map(str, RAFDB_LABELS):
            raise unknown_label(file, parts[-2], _MEANING)
        found.append((Item(file, name, split), RAFDB_LABELS[int(parts[-2])]))
    return found, skipped


SOURCE = Source("rafdb", "RAF-DB basic, official layout or Kaggle folders", _recognize, _read)
