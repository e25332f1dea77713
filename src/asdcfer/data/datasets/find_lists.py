"""Find the lists of images among the files of a layout."""

import re

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


def lists_of(layout: Layout, options: Options, forced: bool) -> list[tuple[Table, Columns]]:
    """Return the lists among the files of a layout, each with what its columns hold.

    Args:
        layout: a folder, or one file.
        options: of `prepare`; the columns that the user names.
        forced: the user says that there is a list; one that cannot be read is then an error.

    Raises:
        DataError: a list that was asked for cannot be read.
    """
    if layout.path.is_file():
        files = [layout.path]
    else:
        stems = {place.path.with_suffix("") for place in layout.images}
        files = [
            place.path
            for place in layout.others
            # A text of the image's own name is about this image alone; what contests want handed
            # in has labels that mean nothing.
            if "submission" not in place.path.name.lower()
            and place.path.suffix.lower() in SUFFIXES
            and place.path.with_suffix("") not in stems
        ][:_MOST_LISTS]
    found = []
    for file in files:
        start = start_of(file)
        named = forced or layout.path.is_file()
        if not start.strip() or not (named or _mentions_images(start, layout)):
            continue
        try:
            table = read_table(file)
        except DataError:
            if forced:
                raise
            continue
        columns = columns_of(table, options.columns)
        if columns is None or not (named or table.named or _plausible(table, columns)):
            continue
        if not named and set(table.columns) >= _OF_PREDICT:
            continue
        if (
            columns.votes
            or options.columns
            or columns.of.keys() & {"label", "split", "valence", "arousal", "group", "left", "box"}
        ):
            found.append((table, columns))
    return found


def _plausible(table: Table, columns: Columns) -> bool:
    """Whether the labels of a list without a header are numbers or expressions, most of them."""
    said = [row.cells.get(columns.of.get("label", ""), "") for row in table.rows]
    good = sum(word.isdecimal() or expression_in(word) is not None for word in said)
    return 2 * good > len(said)


def _mentions_images(start: str, layout: Layout) -> bool:
    """Whether the beginning of a file names images, by suffix or stem, or expressions."""
    cells = re.split(r"[\s,;|\"']+", start[:20_000])
    if any(looks_like_image(cell) for cell in cells):
        return True
    if sum(expression_of(cell) is not None for cell in cells) > 1:
        return True
    stems = {place.path.stem for place in layout.images}
    return any(cell.replace("\\", "/").rsplit("/", 1)[-1] in stems for cell in cells if cell)
