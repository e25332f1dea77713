"""A sheet of duplicate pairs to look at: the audit's claims, checkable by eye."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from asdcfer.data.duplicate_tables import label_name, pack_names, place
from asdcfer.data.duplicates import Pairs
from asdcfer.data.pack import Pack
from asdcfer.files import atomic_write

THUMBNAIL = 72
COLUMNS = 6
_CAPTION = 47
_GAP = 10


def contact_sheet(
    path: str | os.PathLike[str], packs: Sequence[Pack], pairs: Pairs, most: int = 72
) -> Path:
    """Draw pairs side by side with ids, splits, labels and distances, as PNG.

    Pairs that cross splits or packs come first and near ones before exact ones; of each kind the
    distances are covered evenly, so the doubtful end of the list is on the sheet too. A pair with
    two different labels is framed in red.

    Args:
        path: file to write.
        packs: as given to `duplicates.find_duplicates`.
        pairs: as returned by it.
        most: largest number of pairs.
    """
    chosen = _choose(packs, pairs, most)
    rows = max(1, -(-len(chosen) // COLUMNS))
    width, height = 2 * THUMBNAIL + _GAP, THUMBNAIL + _CAPTION + _GAP
    sheet = Image.new("RGB", (COLUMNS * width + _GAP, rows * height + _GAP + 16), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text(
        (_GAP, 2),
        (
            f"{len(pairs):,} pairs ({int(pairs.exact.sum()):,} exact), {len(chosen)} shown; red: "
            "the labels differ"
        ),
        "black",
    )
    names = pack_names(packs)
    for n, i in enumerate(chosen):
        left, top = _GAP + n % COLUMNS * width, 18 + n // COLUMNS * height
        labels = []
        for side, row in enumerate((pairs.first[i], pairs.second[i])):
            p, r = place(packs, int(row))
            thumbnail = (
                Image.fromarray(packs[p].images[r])
                .convert("RGB")
                .resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR)
            )
            at = left + side * THUMBNAIL
            sheet.paste(thumbnail, (at, top))
            labels.append(label_name(packs[p], r))
            where = packs[p].split[r] if len(packs) == 1 else f"{names[p]}:{packs[p].split[r]}"
            for line, text in enumerate(
                (
                    _fit(draw, str(where)),
                    _fit(draw, labels[-1] or "unlabeled"),
                    _fit_end(draw, packs[p].ids[r]),
                )
            ):
                draw.text((at + 1, top + THUMBNAIL + 11 * line), text, "black")
        kind = (
            "exact" if pairs.exact[i] else f"near: {pairs.hamming[i]} bits, {pairs.distance[i]:.2f}"
        )
        draw.text((left + 1, top + THUMBNAIL + 33), kind, "gray")
        if all(labels) and labels[0] != labels[1]:
            draw.rectangle(
                (left - 1, top - 1, left + 2 * THUMBNAIL, top + THUMBNAIL), outline="red", width=2
            )
    with atomic_write(path) as temporary:
        sheet.save(temporary, "PNG")
    return Path(path)


def _choose(packs: Sequence[Pack], pairs: Pairs, most: int) -> list[int]:
    groups: dict[tuple[bool, bool], list[int]] = {}
    for i in range(len(pairs)):
        (p, a), (q, b) = place(packs, int(pairs.first[i])), place(packs, int(pairs.second[i]))
        inside = p == q and packs[p].split[a] == packs[q].split[b]
        groups.setdefault((inside, bool(pairs.exact[i])), []).append(i)
    chosen: list[int] = []
    for number, key in enumerate(sorted(groups)):
        rows = sorted(groups[key], key=lambda i: (pairs.distance[i], i))
        share = (most - len(chosen)) // (len(groups) - number)
        at = np.unique(np.linspace(0, len(rows) - 1, min(share, len(rows))).astype(int))
        chosen += [rows[k] for k in at]
    return chosen


def _fit_end(draw: ImageDraw.ImageDraw, text: str) -> str:
    while draw.textlength(text) > THUMBNAIL - 2 and len(text) > 1:
        text = text[1:]
    return text


def _fit(draw: ImageDraw.ImageDraw, text: str) -> str:
    while draw.textlength(text) > THUMBNAIL - 2 and len(text) > 1:
        text = text[:-1]
    return text
