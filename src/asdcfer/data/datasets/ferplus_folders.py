"""FER+ as its authors' script leaves it: folders of PNG files with a label.csv of votes in each.

FER2013Train, FER2013Valid and FER2013Test hold ferNNNNNNN.png and label.csv, whose lines are a file
name, a box and ten counts of votes. They become the splits train, public and private, as which
FER-2013 knows these images.
Source: Barsoum et al., "Training deep networks for facial expression recognition with crowd-sourced
    label distribution", ICMI 2016, and its generate_training_data.py.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asdcfer.data.datasets.ferplus import in_our_order, target
from asdcfer.data.datasets.folder_dataset import Plan, folder_source
from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Options
from asdcfer.data.datasets.split_words import split_in
from asdcfer.data.image_io import MAX_BYTES
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT

_SPLITS = {"train": "train", "val": "public", "test": "private"}
_VOTES = 10


@dataclass(frozen=True)
class _Row:
    file: Path
    where: str
    votes: np.ndarray


def _plan(layout: Layout, options: Options) -> Plan | None:
    lists = [
        place.path
        for place in layout.others
        if place.path.name.lower() == "label.csv" and _begins(place.path)
    ]
    if not lists:
        return None
    expressions = EXPRESSIONS_WITH_CONTEMPT[: options.expressions or 8]
    plan = Plan(
        f"label.csv of votes in {', '.join(file.parent.name for file in lists)}",
        {
            "name": "FER+ folders",
            "origin": "Barsoum et al., ICMI 2016 (votes); "
            "Goodfellow et al., ICML 2013 workshop (faces)",
            "license": "votes MIT; faces free for research",
            "targets": options.targets,
        },
        expressions=expressions,
    )
    spare: set[Path] = set()
    there = {place.path for place in layout.images}
    for file in lists:
        named = split_in(file.parent.name)
        split = _SPLITS.get(named or "train", named or "train")
        for row in _rows(file):
            name = layout.name_of(row.file)
            wanted = target(row.votes, options.targets)
            if not isinstance(wanted, str) and np.argmax(wanted) >= len(expressions):
                wanted = f"outside the {len(expressions)} expressions (contempt)"
            if row.file not in there:
                plan.skipped.append(Skipped(name, f"missing: {row.where} names it"))
            elif isinstance(wanted, str):
                plan.skipped.append(Skipped(name, wanted))
                spare.add(row.file)
            else:
                share = wanted[: len(expressions)] / wanted[: len(expressions)].sum()
                votes = tuple(share.tolist()) if options.targets == "probability" else None
                item = Item(row.file, name, split, votes=votes)
                plan.add(item, expressions[int(np.argmax(share))])
    plan.spare, plan.label_files = spare, set(lists)
    return plan if plan.found else None


def _begins(file: Path) -> bool:
    """Whether a file begins with a line of a name, a box and ten votes."""
    try:
        with open(file, encoding="utf-8-sig", newline="") as text:
            cells = next(csv.reader([text.readline(4096)]), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return len(cells) == 2 + _VOTES and cells[1].strip().startswith("(")


def _rows(file: Path) -> list[_Row]:
    rows = []
    try:
        if file.stat().st_size > MAX_BYTES:
            raise DataError(f"{file}: larger than the {MAX_BYTES:,} bytes a list may have")
        with open(file, encoding="utf-8-sig", newline="") as text:
            for number, cells in enumerate(csv.reader(text), 1):
                if not cells:
                    continue
                where = f"{file.name}, row {number}"
                try:
                    votes = np.array([[int(float(cell)) for cell in cells[2:]]], np.int64)
                except (ValueError, OverflowError):
                    votes = np.zeros((1, 0), np.int64)
                if votes.shape[1] != _VOTES or votes.min() < 0 or not cells[0].strip():
                    raise DataError(
                        f"{file}, row {number}: expected a file name, a box and ten counts of votes"
                    )
                image = file.parent / cells[0].strip().replace("\\", "/")
                rows.append(_Row(image, where, in_our_order(votes)[0]))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} cannot be read as FER+ votes ({error})") from error
    return rows


SOURCE = folder_source(
    "ferplus_folders",
    "FER+ folders of PNG files, with label.csv in each",
    _plan,
    "FER2013Train/ferNNNNNNN.png with FER2013Train/label.csv",
)
