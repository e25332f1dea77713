"""Find the lists of images among the files of a layout."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from asdcfer.data.datasets.label_words import expression_in
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.list_columns import Columns, columns_of
from asdcfer.data.datasets.list_table import (
    SUFFIXES,
    Table,
    looks_like_image,
    read_table,
    start_of,
)
from asdcfer.data.datasets.source import Options
from asdcfer.errors import DataError
from asdcfer.expressions import expression_of

_MOST_LISTS = 40
"""Lists that are looked into; a folder of more is one of a text for each image."""
_OF_PREDICT = {"file", "frame", "time", "face", "expression", "confidence", "status"}
"""Columns of tables that `predict` writes: what a model thinks, which nobody means as labels."""


@dataclass
class Lists:
    """The lists among the files of a layout.

    Attributes:
        found: each list, with what its columns hold.
        unread: why one that names images cannot be read; None where all can.
    """

    found: list[tuple[Table, Columns]] = field(default_factory=list)
    unread: DataError | None = None


def lists_of(layout: Layout, options: Options, asked: bool = False) -> Lists:
    """Return the lists among the files of a layout.

    Args:
        layout: a folder, or one file.
        options: of `prepare`; the columns that the user names.
        asked: the user says that there is a list, and none is recognized: take also one that names
            no image of the folder, and what `predict` wrote.

    Raises:
        DataError: no list has the columns that the user names.
    """
    alone = layout.path.is_file()
    files = _files(layout)
    stems = {place.stem for place in layout.images if files}
    lists = Lists()
    other_columns: DataError | None = None
    for file in files:
        start = start_of(file)
        named = _mentions_images(start, stems)
        if not start.strip() or not (named or asked or alone):
            continue
        try:
            table = read_table(file)
        except DataError as error:
            if named or asked:
                lists.unread = lists.unread or error
            continue
        try:
            columns = columns_of(table, options.columns)
        except DataError as error:
            other_columns = other_columns or error
            continue
        if columns is None or not _says_something(columns, options):
            continue
        if _is_meant(table, columns, asked or alone) and (alone or _lists(table, columns, stems)):
            lists.found.append((table, columns))
    if other_columns and not lists.found:
        raise other_columns
    return lists


def _files(layout: Layout) -> list[Path]:
    if layout.path.is_file():
        return [layout.path]
    texts = [
        place.path
        for place in layout.others
        # What contests want handed in has labels that mean nothing.
        if "submission" not in place.file.lower() and place.path.suffix.lower() in SUFFIXES
    ]
    # A text of the image's own name is about this image alone.
    own = {place.path.with_suffix("") for place in layout.images if texts}
    return [file for file in texts if file.with_suffix("") not in own][:_MOST_LISTS]


def _says_something(columns: Columns, options: Options) -> bool:
    """Whether a list says more of an image than its name."""
    said = {"label", "split", "valence", "arousal", "group", "left", "box"}
    return bool(columns.votes or options.columns or columns.of.keys() & said)


def _is_meant(table: Table, columns: Columns, asked: bool) -> bool:
    if asked:
        return True
    if set(table.columns) >= _OF_PREDICT:
        return False
    return table.named or _plausible(table, columns)


def _lists(table: Table, columns: Columns, stems: Collection[str]) -> bool:
    """Whether a table lists images; most objects of JSON hold other things."""
    if table.file.suffix.lower() != ".json":
        return True
    names = [row.cells.get(columns.of["path"], "") for row in table.rows]
    return any(looks_like_image(name) or _last(name) in stems for name in names)


def _plausible(table: Table, columns: Columns) -> bool:
    """Whether the labels of a list without a header are numbers or expressions, most of them."""
    said = [row.cells.get(columns.of.get("label", ""), "") for row in table.rows]
    good = sum(word.isdecimal() or expression_in(word) is not None for word in said)
    return 2 * good > len(said)


def _mentions_images(start: str, stems: Collection[str]) -> bool:
    """Whether the beginning of a file names images, by suffix or stem, or expressions."""
    cells = re.split(r"[\s,;|\"']+", start[:20_000])
    if any(looks_like_image(cell) for cell in cells):
        return True
    if sum(expression_of(cell) is not None for cell in cells) > 1:
        return True
    return any(_last(cell) in stems for cell in cells if cell)


def _last(name: str) -> str:
    """The last part of a path as a list writes it."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]
