"""Data sets in folders: the images below a path, and images with their expressions as a reading."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asdcfer.data.datasets.folder_walk import (
    Decoded,
    Item,
    Place,
    descend,
    in_order,
    require_folder,
    walk,
)
from asdcfer.data.datasets.source import Options, Reading
from asdcfer.data.pack import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT


def images_below(path: Path) -> tuple[list[Place], list[Skipped]]:
    """Return the image files of a data set, and what lies beside them that is none.

    Wrappers of its archive are stepped into.

    Raises:
        DataError: the path is no folder.
    """
    skipped: list[Skipped] = []
    return walk(descend(require_folder(path)), skipped), skipped


def labeled(
    found: Sequence[tuple[Item, str]],
    options: Options,
    skipped: list[Skipped],
    about: dict[str, Any],
    expressions: tuple[str, ...] | None = None,
) -> Reading:
    """Return the reading of images with the names of what they show.

    Args:
        found: each image, and the name of its expression.
        options: of `prepare`.
        skipped: what was left out so far; images outside the expressions are added, and those that
            cannot be decoded while the faces are read.
        about: facts for pack.json.
        expressions: names of the labels; None for the seven, or eight where contempt is present,
            unless the options decide.
    """
    expressions = expressions or _chosen({name for _, name in found}, options)
    items = []
    for item, name in found:
        if name in expressions:
            items.append(Item(item.path, item.source_id, item.split, expressions.index(name)))
        else:
            skipped.append(
                Skipped(item.source_id, f"outside the {len(expressions)} expressions ({name})")
            )
    faces = Decoded(in_order(items), options, skipped)
    return Reading(faces, expressions, skipped, faces.fraction, about)


def unknown_label(file: Path, said: str, expected: str) -> DataError:
    """Return the error for a folder whose name is no label."""
    return DataError(f"{file}: unknown label {said!r}; expected a folder named {expected}")


def _chosen(present: set[str], options: Options) -> tuple[str, ...]:
    eight = options.expressions == 8 or (options.expressions is None and "contempt" in present)
    return EXPRESSIONS_WITH_CONTEMPT if eight else EXPRESSIONS
