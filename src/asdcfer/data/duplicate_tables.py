"""Tables of duplicates: each pair as a row of CSV, and counts for each two splits."""

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from asdcfer.data.duplicates import Pairs
from asdcfer.data.pack import Pack
from asdcfer.errors import DataError
from asdcfer.files import atomic_write

COLUMNS = (
    "pack_a",
    "id_a",
    "split_a",
    "label_a",
    "pack_b",
    "id_b",
    "split_b",
    "label_b",
    "kind",
    "hamming",
    "pixel_distance",
)


def write_csv(path: str | os.PathLike[str], packs: Sequence[Pack], pairs: Pairs) -> Path:
    """Write the pairs as CSV, whole or not at all; columns as in `COLUMNS`, labels by name."""
    names = pack_names(packs)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for i in range(len(pairs)):
        cells: list[object] = []
        for row in (pairs.first[i], pairs.second[i]):
            p, r = place(packs, int(row))
            pack = packs[p]
            cells += [names[p], pack.ids[r], pack.split[r], label_name(pack, r)]
        writer.writerow(
            [
                *cells,
                "exact" if pairs.exact[i] else "near",
                pairs.hamming[i],
                f"{pairs.distance[i]:.4f}",
            ]
        )
    with atomic_write(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")
    return Path(path)


def summary(packs: Sequence[Pack], pairs: Pairs) -> list[dict[str, str | int]]:
    """Count duplicates for each two splits.

    Returns:
        One row for each two splits that share duplicates: `a`, `b` (pack:split), `exact` and `near`
        pairs, `images_a` and `images_b` that have a twin on the other side, and `labels_differ`,
        the pairs with two different labels.
    """
    names = pack_names(packs)
    every = [f"{name}:{s}" for name, pack in zip(names, packs, strict=True) for s in _splits(pack)]
    order = {name: i for i, name in enumerate(every)}
    table: dict[tuple[str, str], Counter[str]] = {}
    rows: dict[tuple[str, str], tuple[set[int], set[int]]] = {}
    for i in range(len(pairs)):
        a, b = int(pairs.first[i]), int(pairs.second[i])
        (pa, ra), (pb, rb) = place(packs, a), place(packs, b)
        where = f"{names[pa]}:{packs[pa].split[ra]}", f"{names[pb]}:{packs[pb].split[rb]}"
        if order[where[0]] > order[where[1]]:
            a, b, pa, ra, pb, rb, where = b, a, pb, rb, pa, ra, where[::-1]
        count = table.setdefault(where, Counter())
        count["exact" if pairs.exact[i] else "near"] += 1
        one, two = label_name(packs[pa], ra), label_name(packs[pb], rb)
        count["labels_differ"] += bool(one and two and one != two)
        left, right = rows.setdefault(where, (set(), set()))
        left.add(a)
        (left if where[0] == where[1] else right).add(b)
    out: list[dict[str, str | int]] = []
    for where in sorted(table, key=lambda w: (order[w[0]], order[w[1]])):
        count, (left, right) = table[where], rows[where]
        images = {
            "images_a": len(left),
            "images_b": len(left) if where[0] == where[1] else len(right),
        }
        out.append(
            {
                "a": where[0],
                "b": where[1],
                "exact": count["exact"],
                "near": count["near"],
                **images,
                "labels_differ": count["labels_differ"],
            }
        )
    return out


def pack_names(packs: Sequence[Pack]) -> list[str]:
    """Return a name for each pack: that of its folder, numbered where two are called the same."""
    stems = [pack.path.resolve().name for pack in packs]
    return [stem if stems.count(stem) == 1 else f"{stem}#{i + 1}" for i, stem in enumerate(stems)]


def label_name(pack: Pack, row: int) -> str:
    """Return the name of a row's label, empty where it has none."""
    return pack.expressions[pack.labels[row]] if pack.labels[row] >= 0 else ""


def place(packs: Sequence[Pack], row: int) -> tuple[int, int]:
    """Return (number of the pack, row in it) of a global row."""
    for number, pack in enumerate(packs):
        if row < len(pack):
            return number, row
        row -= len(pack)
    raise DataError(f"row {row} is beyond the packs")


def _splits(pack: Pack) -> list[str]:
    """The splits of a pack in the order of their first images."""
    names, first = np.unique(pack.split, return_index=True)
    return [str(name) for name in names[np.argsort(first)]]
