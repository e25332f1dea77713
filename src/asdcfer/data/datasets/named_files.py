"""Data sets whose file names say who is shown and what: subject and code of the expression."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asdcfer.data.datasets.class_folders import ClassFolders
from asdcfer.data.datasets.folder_dataset import Plan, folder_source
from asdcfer.data.datasets.folder_walk import Item, by_subject
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.places import Place
from asdcfer.data.datasets.source import Options, Source

MOST_OF = 0.95
"""From this part of the images on, a set's manner of naming files counts as the set's own."""


@dataclass(frozen=True)
class Names:
    """How a data set names its files.

    Attributes:
        pattern: of a whole name, with the groups `subject` and `code`.
        codes: code -> expression.
        example: a name, for messages.
        about: facts for pack.json.
        expressions: names of the labels.
    """

    pattern: re.Pattern[str]
    codes: Mapping[str, str]
    example: str
    about: Mapping[str, Any]
    expressions: tuple[str, ...]


def plan_named(layout: Layout, names: Names) -> Plan | None:
    """Return what the file names say, or None where none is the set's.

    Splits that folders name are kept; without them every fifth subject is "test".
    """
    found: list[tuple[Place, str, str]] = []
    unknown: list[tuple[Place, str]] = []
    for place in layout.images:
        match = names.pattern.fullmatch(place.file)
        if match is None:
            continue
        code = match["code"].upper()
        if code in names.codes:
            found.append((place, match["subject"].upper(), names.codes[code]))
        else:
            unknown.append((place, code))
    if not found:
        return None
    folders = ClassFolders(layout.images.folders)
    splits = by_subject(subject for _, subject, _ in found)
    plan = Plan(f"files named like {found[0][0].path.name}", dict(names.about))
    plan.expressions = names.expressions
    given = {place.path: folders.of(place.parts[:-1]).split for place, _, _ in found}
    if any(given.values()):
        plan.about.pop("split", None)
    else:
        plan.own_split = True
    for place, subject, expression in found:
        split = (given[place.path] or "train") if any(given.values()) else splits[subject]
        item = Item(place.path, place.name, split, more=(("group", subject),))
        plan.add(item, expression)
    if unknown and len(found) + len(unknown) >= MOST_OF * len(layout.images):
        place, code = unknown[0]
        expected = ", ".join(f"{known} {name}" for known, name in names.codes.items())
        plan.problem = f"{place.path}: unknown label {code!r} in the file name; expected {expected}"
    plan.leave_out_others(layout, f"a name such as {names.example}")
    return plan


def named_source(kind: str, title: str, names: Names) -> Source:
    """Return the source of a data set whose file names say everything.

    Args:
        kind: as in `Source`.
        title: as there.
        names: how the set names its files.
    """

    def plan(layout: Layout, options: Options) -> Plan | None:
        return plan_named(layout, names)

    return folder_source(kind, title, plan, f"file named like {names.example}")
