"""Data sets of image files: a plan of what is read as what, which both explains and reads them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from asdcfer.data.datasets.decode_ahead import Decoded
from asdcfer.data.datasets.folder_faces import FolderFaces
from asdcfer.data.datasets.folder_walk import Item, in_order
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.places import Place
from asdcfer.data.datasets.source import Claim, Explanation, Options, Reading, Source
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT


@dataclass
class Plan:
    """What a source would read of a layout.

    Attributes:
        by: one line that says by what it was recognized.
        about: facts for pack.json.
        found: each image, and the name of its label; None where it has none. A list, or what the
            folders of the images say of them.
        skipped: what would be left out, and why.
        spare: images that are left out on purpose.
        label_files: what says so; not listed among what was left out.
        expressions: names of the labels; None for the seven, or eight where contempt is present,
            unless the options decide.
        notes: lines worth telling.
        problem: why it cannot be read without another word of the user.
        own_split: the splits are this package's.
    """

    by: str
    about: dict[str, Any]
    found: Sequence[tuple[Item, str | None]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    spare: set[Path] = field(default_factory=set)
    label_files: set[Path] = field(default_factory=set)
    expressions: tuple[str, ...] | None = None
    notes: list[str] = field(default_factory=list)
    problem: str | None = None
    own_split: bool = False

    def add(self, item: Item, label: str | None) -> None:
        """Read one more image."""
        if not isinstance(self.found, list):
            self.found = list(self.found)
        self.found.append((item, label))

    def claims(self) -> Mapping[Path, Claim]:
        """Return what is read, by the files."""
        if isinstance(self.found, FolderFaces):
            return self.found.claims()
        return {item.path: Claim(label, item.split) for item, label in self.found}

    def leave_out_others(self, layout: Layout, expected: str) -> None:
        """Name each image that the plan does not read as outside the layout.

        Args:
            layout: whose images.
            expected: what the layout looks like.
        """
        read = self.claims()
        self.skipped = [
            Skipped(place.name, f"outside the layout: expected {expected}")
            for place in layout.images
            if place.path not in read
        ]

    def explanation(self) -> Explanation:
        """Return what the plan claims."""
        return Explanation(
            self.by,
            self.claims(),
            self.spare,
            notes=self.notes,
            problem=self.problem,
            own_split=self.own_split,
        )


Planner = Callable[[Layout, Options], Plan | None]


def folder_source(kind: str, title: str, plan: Planner, expected: str) -> Source:
    """Return the source whose plans are made by `plan`.

    Args:
        kind: as in `Source`.
        title: as there.
        plan: layout and options -> what would be read, or None where nothing is the source's own.
        expected: what the layout looks like, for the message that nothing of it is there.
    """

    def explain(layout: Layout, options: Options) -> Explanation | None:
        planned = plan(layout, options) if layout.path.is_dir() else None
        return planned.explanation() if planned else None

    def read(layout: Layout, options: Options) -> Reading:
        layout.require_folder()
        planned = plan(layout, options)
        if planned is None:
            raise DataError(f"{layout.path} holds no {expected}")
        return reading(planned, layout, options)

    return Source(kind, title, explain, read)


def reading(plan: Plan, layout: Layout, options: Options) -> Reading:
    """Return the faces of a plan.

    Raises:
        DataError: the plan has a problem.
    """
    if plan.problem:
        raise DataError(plan.problem)
    read = plan.claims()
    told = {entry.source_id for entry in plan.skipped}
    skipped = [*layout.skipped(plan.label_files), *plan.skipped]
    skipped += [
        Skipped(place.name, "outside the layout")
        for place in layout.images
        if not (place.path in read or place.path in plan.spare or place.name in told)
    ]
    skipped += [Skipped(place.name, "second copy") for place in layout.copies]
    return labeled_reading(plan.found, options, skipped, plan.about, plan.expressions)


def labeled_reading(
    found: Sequence[tuple[Item, str | None]],
    options: Options,
    skipped: list[Skipped],
    about: dict[str, Any],
    expressions: tuple[str, ...] | None = None,
) -> Reading:
    """Return the reading of images with the names of what they show.

    Args:
        found: each image, and the name of its expression, None where it has none.
        options: of `prepare`.
        skipped: what was left out so far; images outside the expressions are added, and those that
            cannot be decoded while the faces are read.
        about: facts for pack.json.
        expressions: names of the labels; None for the seven, or eight where contempt is present,
            unless the options decide.
    """
    by_folder = found if isinstance(found, FolderFaces) else None
    named = by_folder.labels if by_folder else {name for _, name in found if name}
    expressions = expressions or choose_expressions(named, options)
    strange = named - set(expressions)
    if strange:
        skipped += [
            Skipped(item.source_id, f"outside the {len(expressions)} expressions ({name})")
            for item, name in found
            if name in strange
        ]
    items: Collection[Item]
    if by_folder:
        items = by_folder.items(expressions)
    else:
        items = in_order(
            item if name is None else replace(item, label=expressions.index(name))
            for item, name in found
            if name not in strange
        )
    faces = Decoded(items, options, skipped)
    return Reading(
        faces,
        expressions,
        skipped,
        faces.fraction,
        about,
        names=lambda: (item.source_id for item in items),
    )


def unknown_label(file: Path, said: str, expected: str) -> str:
    """Return the line for a folder whose name is no label."""
    return f"{file}: unknown label {said!r}; expected a folder named {expected}"


def some_unknown(path: Path, meant: Mapping[str, str], names: Collection[str]) -> str | None:
    """Return the line for classes of which some name expressions and some do not, or None.

    Args:
        path: of the input.
        meant: the expressions of those that do.
        names: all of them.
    """
    unknown = sorted(set(names) - meant.keys())
    if not unknown or not meant:
        return None
    return (
        f"{path}: unknown label {unknown[0][:40]!r}; expected "
        f"{', '.join(EXPRESSIONS_WITH_CONTEMPT)} (or `own_classes=True` to keep the names)"
    )


def choose_expressions(present: Collection[str], options: Options) -> tuple[str, ...]:
    """Return the names of the labels: the seven or eight expressions, or classes of one's own."""
    if not set(present) <= set(EXPRESSIONS_WITH_CONTEMPT):
        return tuple(sorted(present))
    eight = options.expressions == 8 or (options.expressions is None and "contempt" in present)
    return EXPRESSIONS_WITH_CONTEMPT if eight else EXPRESSIONS


def share_named(images: Sequence[Place], matches: Callable[[str], object]) -> float:
    """Return the part of the images whose file names match, 0..1."""
    return sum(bool(matches(place.file)) for place in images) / max(len(images), 1)


def readings_told(read_as: dict[str, str]) -> list[str]:
    """Return the line that tells which names were understood beyond the letter, if any.

    Example:
        >>> readings_told({"joie": "happy", "0_angry": "angry"})
        ["read 'joie' as happy, '0_angry' as angry"]
    """
    beyond = [f"{name!r} as {meant}" for name, meant in read_as.items() if name != meant]
    more = f" and {len(beyond) - 12} more" if len(beyond) > 12 else ""
    return [f"read {', '.join(beyond[:12])}{more}"] if beyond else []
