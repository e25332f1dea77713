"""What the labels of a list mean: words, or numbers in the order of a known list or of the user."""

import re
from collections.abc import Collection, Mapping

from asdcfer.data.datasets.label_orders import ask_for_order, classes_file, order_of
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.list_columns import NO_FACE, plain
from asdcfer.data.datasets.list_table import Table
from asdcfer.data.datasets.source import Options
from asdcfer.data.datasets.tree import expression_in_names
from asdcfer.expressions import (
    AFFECTNET_LABELS,
    EXPRESSIONS,
    EXPRESSIONS_WITH_CONTEMPT,
    RAFDB_LABELS,
)

NOT_READ = "no expression"
"""How the meaning of a label begins that stands for no expression; its rows are left out."""

_AFFECTNET = dict(AFFECTNET_LABELS) | {
    8: f"{NOT_READ}: none",
    9: f"{NOT_READ}: uncertain",
    10: f"{NOT_READ}: no face",
}
_RAFDB_NAME = re.compile(r"(train|test)_\d+(_aligned)?\.\w+", re.IGNORECASE)


class Meanings:
    """The meaning of each label of a list.

    Attributes:
        of: label as it is written -> expression, class of one's own, or `NOT_READ` and why.
        notes: lines worth telling.
        problem: why they cannot be read without another word of the user.
        expressions: names of the labels where they are not the seven or eight.
    """

    def __init__(self) -> None:
        self.of: dict[str, str] = {}
        self.notes: list[str] = []
        self.problem: str | None = None
        self.expressions: tuple[str, ...] | None = None


def meanings_of(
    written: Collection[str], table: Table, path_column: str, layout: Layout, options: Options
) -> Meanings:
    """Return what the labels of a list mean.

    Args:
        written: all of them, each once.
        table: the list, by whose columns and file names some data sets are known.
        path_column: its column of paths.
        layout: in which a file may name the classes.
        options: of `prepare`.
    """
    found = Meanings()
    if options.own_classes:
        found.of = {label: label for label in written}
        found.expressions = tuple(sorted(written))
        return found
    numbers = {label: number for label in written if (number := _whole(label)) is not None}
    if numbers and len(numbers) == len(written):
        _by_number(found, numbers, table, path_column, layout, options)
    else:
        _by_word(found, written, table)
    return found


def told_left_out(counts: Mapping[str, int]) -> list[str]:
    """Return the line that says how many images are left out for their label, if any.

    Args:
        counts: meaning of a label that stands for no expression -> images.

    Example:
        >>> told_left_out({"no expression: unknown": 3})
        ['3 images are left out for their label (unknown); an empty label keeps one, unlabeled']
    """
    if not counts:
        return []
    words = ", ".join(meant.removeprefix(f"{NOT_READ}: ") for meant in counts)
    return [
        f"{sum(counts.values()):,} images are left out for their label ({words}); an empty label "
        "keeps one, unlabeled"
    ]


def _whole(label: str) -> int | None:
    match = re.fullmatch(r"\s*(\d{1,6})(\.0*)?\s*", label)
    return int(match[1]) if match else None


def _by_number(
    found: Meanings,
    numbers: Mapping[str, int],
    table: Table,
    path_column: str,
    layout: Layout,
    options: Options,
) -> None:
    present = set(numbers.values())
    order, why = _known_order(table, path_column, present)
    if options.labels_order:
        order, why = order_of(options.labels_order, present), "as asked"
    elif order is None:
        folder = layout.path if layout.path.is_dir() else layout.path.parent
        named = classes_file(
            [place.path for place in layout.others] or sorted(folder.glob("*class*"))
        )
        if named and present <= named[1].keys():
            meant = expression_in_names({n: named[1][n] for n in present})
            order = {number: meant.get(name, name) for number, name in named[1].items()}
            why = f"by {named[0].name}"
    if order is None:
        found.problem = f"{table.file}: " + ask_for_order(present, "the labels")
        found.of = dict.fromkeys(numbers, "?")
        return
    found.of = {label: order[number] for label, number in numbers.items()}
    listed = ", ".join(f"{number} {order[number]}" for number in sorted(present))
    found.notes.append(f"numbered labels ({why}): {listed}")
    read = {name for name in found.of.values() if not name.startswith(NOT_READ)}
    if not read <= set(EXPRESSIONS_WITH_CONTEMPT):
        found.expressions = tuple(dict.fromkeys(order[number] for number in sorted(present)))


def _known_order(
    table: Table, path_column: str, present: Collection[int]
) -> tuple[dict[int, str] | None, str]:
    """The order of a list that says which data set's it is, by its columns or its file names."""
    columns = {plain(column) for column in table.columns}
    if {"subdirectoryfilepath", "expression"} <= columns and set(present) <= _AFFECTNET.keys():
        return _AFFECTNET, "AffectNet's list"
    names = [
        row.cells.get(path_column, "").replace("\\", "/").rsplit("/", 1)[-1] for row in table.rows
    ]
    raf = sum(bool(_RAFDB_NAME.fullmatch(name)) for name in names)
    if raf >= 0.95 * len(names) and set(present) <= RAFDB_LABELS.keys():
        return RAFDB_LABELS, "RAF-DB's file names"
    if not table.named and len(table.columns) == 8 and set(present) <= set(range(7)):
        return dict(enumerate(EXPRESSIONS)), "ExpW's list"
    return None, ""


def _by_word(found: Meanings, written: Collection[str], table: Table) -> None:
    none = {label for label in written if plain(label) in NO_FACE}
    words = sorted(set(written) - none)
    meant = expression_in_names(dict(enumerate(words)), whole=False)
    found.of = {label: f"{NOT_READ}: {label}" for label in none}
    if not meant and words:
        found.of |= {label: label for label in words}
        found.expressions = tuple(words)
        found.notes.append(f"no label names an expression: own classes {', '.join(words[:12])}")
        return
    unknown = [word for word in words if word not in meant]
    if unknown:
        row = next(row.number for row in table.rows if unknown[0] in row.cells.values())
        found.problem = (
            f"{table.file}, row {row}: unknown label {unknown[0][:40]!r}; expected "
            f"{', '.join(EXPRESSIONS_WITH_CONTEMPT)} (or `own_classes=True` to keep the names)"
        )
    found.of |= {word: meant.get(word, "?") for word in words}
    beyond = [f"{word!r} as {name}" for word, name in meant.items() if word.lower() != name]
    if beyond:
        found.notes.append(f"read {', '.join(beyond[:12])}")
