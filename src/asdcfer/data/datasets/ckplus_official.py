"""CK+ as its authors give it: sequences of frames, and a label in a text file for some of them.

cohn-kanade-images/S005/001/S005_001_00000011.png and
Emotion/S005/001/S005_001_00000011_emotion.txt. A sequence begins neutral and ends at the peak of
its expression.

NOTE: our reading, as is usual: the last three frames of a labeled sequence have its label, the
    first one is neutral, those between are left out, and so are sequences without a label. There is
    no official split: subjects are divided, see `by_subject`.

Source: Lucey et al., "The extended Cohn-Kanade dataset (CK+)", CVPR workshops 2010. Research only,
    by agreement with its authors.
"""

import re
from collections import defaultdict
from pathlib import Path

from asdcfer.data.datasets.folder_dataset import Plan, folder_source
from asdcfer.data.datasets.folder_walk import Item, by_subject
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.places import Place
from asdcfer.data.datasets.source import Options
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import CKPLUS_LABELS

LAST = 3
"""How many frames at the end of a sequence have its label."""

_FRAME = re.compile(r"(?P<sequence>(?P<subject>S\d{3})_\d{3})_(?P<frame>\d{8})\.\w+", re.IGNORECASE)
_LABEL = re.compile(r"(?P<sequence>S\d{3}_\d{3})_\d{8}_emotion\.txt", re.IGNORECASE)


def _plan(layout: Layout, options: Options) -> Plan | None:
    codes: dict[str, Path] = {}
    for place in layout.others:
        match = _LABEL.fullmatch(place.file)
        if match:
            codes[match["sequence"].upper()] = place.path
    sequences: dict[str, list[Place]] = defaultdict(list)
    for place in layout.images:
        match = _FRAME.fullmatch(place.file)
        if match:
            sequences[match["sequence"].upper()].append(place)
    if not codes.keys() & sequences.keys():
        return None
    labeled = {name: _label(codes[name]) for name in sequences if name in codes}
    splits = by_subject(name[:4] for name in labeled)
    plan = Plan(
        f"{len(codes)} labels like {min(file.name for file in codes.values())} beside the frames",
        {
            "name": "CK+",
            "origin": "Lucey et al., CVPR workshops 2010",
            "license": "research only",
            "split": "every fifth subject is test",
        },
        own_split=True,
    )
    plan.label_files = set(codes.values())
    between = 0
    for name, frames in sequences.items():
        frames.sort(key=lambda place: place.path.name.lower())
        if name not in labeled:
            plan.skipped += [Skipped(frame.name, "sequence without a label") for frame in frames]
            continue
        peak = frames[-min(LAST, max(1, len(frames) - 1)) :]
        first = frames[:1] if len(frames) > 1 else []
        for frame in (*first, *peak):
            label = labeled[name] if frame in peak else "neutral"
            item = Item(frame.path, frame.name, splits[name[:4]], more=(("group", name[:4]),))
            plan.add(item, label)
        middle = frames[len(first) : len(frames) - len(peak)]
        between += len(middle)
        plan.skipped += [Skipped(frame.name, "between neutral and peak") for frame in middle]
    plan.spare = {frame.path for frames in sequences.values() for frame in frames} - {
        item.path for item, _ in plan.found
    }
    plan.notes = [
        f"the last {LAST} frames of {len(labeled)} labeled sequences, and the first as neutral; "
        f"left out: {between} frames between them, and {len(sequences) - len(labeled)} sequences "
        "without a label"
    ]
    return plan


def _label(file: Path) -> str:
    try:
        with open(file, "rb") as content:
            text = content.read(64).decode("ascii").strip()
        return CKPLUS_LABELS[{float(code): code for code in CKPLUS_LABELS}[float(text)]]
    except (OSError, UnicodeDecodeError, ValueError, KeyError) as error:
        expected = ", ".join(f"{code} {name}" for code, name in CKPLUS_LABELS.items())
        raise DataError(f"{file} holds no label of CK+; expected {expected}") from error


SOURCE = folder_source(
    "ckplus_official",
    "CK+ as its authors give it: frames, and Emotion/*_emotion.txt",
    _plan,
    "S000_000_00000000.png with S000_000_00000000_emotion.txt",
)
