"""RAF-DB, basic expressions: the official layout, or the numbered folders of its Kaggle release.

Official: EmoLabel/list_patition_label.txt (the authors' spelling) and Image/aligned. Kaggle:
train/1..7 and test/1..7. Labels 1..7 are surprise, fear, disgust, happy, sad, angry, neutral.
Source: Li, Deng and Du, "Reliable crowdsourcing and deep locality-preserving learning for
    expression recognition in the wild", CVPR 2017.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from asdcfer.data.datasets.folder_dataset import Plan, folder_source, share_named
from asdcfer.data.datasets.folder_walk import Item, source_id
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.named_files import MOST_OF
from asdcfer.data.datasets.source import Options
from asdcfer.data.datasets.split_words import split_of
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS, RAFDB_LABELS

LIST = Path("EmoLabel", "list_patition_label.txt")
ALIGNED = Path("Image", "aligned")
ABOUT = {
    "name": "RAF-DB",
    "origin": "Li, Deng and Du, CVPR 2017",
    "license": "non-commercial research",
}
_NAME = re.compile(r"(train|test)_\d+(_aligned)?\.\w+", re.IGNORECASE)


def lists_below(layout: Layout) -> list[Path]:
    """Return the folders that hold a list of RAF-DB's labels, in the order of their names."""
    return [place.path.parents[1] for place in layout.others if place.path.parts[-2:] == LIST.parts]


def _plan(layout: Layout, options: Options) -> Plan | None:
    for root in lists_below(layout):
        if not is_compound(root):
            return listed(layout, root, RAFDB_LABELS, EXPRESSIONS)
    return _numbered(layout)


def is_compound(root: Path) -> bool:
    """Whether a list is that of the eleven compound expressions, by its folder or its labels."""
    if "compound" in root.name.lower():
        return True
    if "basic" in root.name.lower():
        return False
    labels = [line.split()[-1] for line in _lines(root) if line.strip()]
    return 5 * sum(label in ("8", "9", "10", "11") for label in labels) > len(labels)


def listed(
    layout: Layout, root: Path, labels: Mapping[int, str], expressions: tuple[str, ...]
) -> Plan:
    """Return what the official layout holds.

    Args:
        layout: of the whole input.
        root: the folder of EmoLabel and Image.
        labels: number -> name.
        expressions: names of the labels.

    Raises:
        DataError: there are no aligned images, or a row is not what it should be.
    """
    if not (root / ALIGNED).is_dir():
        raise DataError(f"{root} has no folder {ALIGNED.as_posix()}; unpack aligned.zip there")
    plan = Plan(f"it holds {LIST.as_posix()}", dict(ABOUT), expressions=expressions)
    plan.label_files.add(root / LIST)
    meaning = ", ".join(f"{number} {name}" for number, name in labels.items())
    for number, line in enumerate(_lines(root), 1):
        if not line.strip():
            continue
        where = f"{root / LIST}, row {number}"
        cells = line.split()
        match = _NAME.fullmatch(cells[0])
        if len(cells) != 2 or not match:
            raise DataError(
                f"{where}: {line[:60]!r}; expected a name and a label, such as 'train_00001.jpg 5'"
            )
        if cells[1] not in map(str, labels):
            raise DataError(f"{where}: unknown label {cells[1][:40]!r}; expected {meaning}")
        plain = Path(cells[0])
        file = root / ALIGNED / f"{plain.stem.removesuffix('_aligned')}_aligned{plain.suffix}"
        if file.is_file():
            plan.add(Item(file, cells[0], match[1].lower()), labels[int(cells[1])])
        else:
            plan.skipped.append(
                Skipped(cells[0], f"missing: {file.name} is not in {ALIGNED.as_posix()}")
            )
    # The photos that the aligned faces were cut from, where they were unpacked as well.
    photos = root / "Image" / "original"
    plan.spare = {place.path for place in layout.images if place.path.is_relative_to(photos)}
    plan.skipped += [
        Skipped(source_id(path, root), "the photo of an aligned face")
        for path in sorted(plan.spare)
    ]
    return plan


def _lines(root: Path) -> list[str]:
    try:
        return (root / LIST).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{root / LIST} cannot be read: {error}") from error


def _numbered(layout: Layout) -> Plan | None:
    if share_named(layout.images, _NAME.fullmatch) < MOST_OF:
        return None
    plan = Plan("", dict(ABOUT), expressions=EXPRESSIONS)
    for file, name, parts in layout.images:
        split = split_of(parts[-3]) if len(parts) >= 3 else None
        if split is None:
            plan.skipped.append(
                Skipped(name, "outside the layout: expected train/1..7/IMAGE or test/1..7/IMAGE")
            )
        elif parts[-2] not in map(str, RAFDB_LABELS):
            return None
        else:
            plan.add(Item(file, name, split), RAFDB_LABELS[int(parts[-2])])
    if not plan.found:
        return None
    plan.by = f"files named like {plan.found[0][0].source_id}"
    return plan


SOURCE = folder_source(
    "rafdb",
    "RAF-DB basic, official layout or Kaggle folders",
    _plan,
    f"{LIST.as_posix()} nor train/1..7/train_00001_aligned.jpg",
)
