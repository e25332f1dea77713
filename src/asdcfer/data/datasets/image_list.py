"""Lists of images: any CSV, TSV, text or JSON of a path and a label, and more where it is there.

Split, box of the face, valence, arousal and group (who is shown) are read as well. What the columns
mean is guessed by their names, told, and said otherwise by the user. So are read, among others,
the lists of RAF-DB's and AffectNet's Kaggle releases, AffectNet's training.csv, ExpW's label.lst
and the metadata.csv and .jsonl of Hugging Face's image folders.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from asdcfer.data.datasets.class_folders import ClassFolders
from asdcfer.data.datasets.find_lists import lists_of
from asdcfer.data.datasets.folder_dataset import Plan, reading
from asdcfer.data.datasets.folder_walk import Box, Item, source_id
from asdcfer.data.datasets.image_index import ImageIndex
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.list_cells import box_of, more_of, said_split, voted_of
from asdcfer.data.datasets.list_columns import Columns
from asdcfer.data.datasets.list_labels import NOT_READ, meanings_of, told_left_out
from asdcfer.data.datasets.list_table import Table, looks_like_image
from asdcfer.data.datasets.source import Explanation, Options, Reading, Source
from asdcfer.data.datasets.split_words import RANK, split_in
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError

_UNREAD = "a list cannot be read"


@dataclass
class _Seen:
    """What the lists say of one face."""

    image: Path
    box: Box | None
    where: str
    label: str | None
    split: str | None
    votes: tuple[float, ...] | None = None
    more: dict[str, str | float] = field(default_factory=dict)


def _plan(layout: Layout, options: Options, asked: bool = False) -> Plan | None:
    lists = lists_of(layout, options, asked)
    if lists.unread:
        # Its labels would be lost unseen.
        return Plan(_UNREAD, {}, problem=str(lists.unread))
    listed = lists.found
    if not listed:
        return None
    whole = layout if layout.path.is_dir() else Layout(layout.path.parent)
    plan = Plan(
        _described(listed),
        {"name": f"list {listed[0][0].file.name}"},
    )
    plan.label_files = {table.file for table, _ in listed}
    index = ImageIndex(whole)
    seen: dict[tuple[Path, Box | None], _Seen] = {}
    missing: list[str] = []
    for table, columns in listed:
        _read_list(table, columns, _Context(whole, options, plan, index, seen, missing))
    if missing:
        plan.notes.append(
            f"{len(missing)} listed images are missing, the first: {missing[0][:120]}"
        )
    if not seen and not missing:
        return None
    if not seen:
        plan.problem = (
            f"{listed[0][0].file}: none of the {len(missing)} images that it lists is there, the "
            f"first: {missing[0][:120]}"
        )
    _to_items(plan, whole, list(seen.values()))
    return plan


def _described(listed: list[tuple[Table, Columns]]) -> str:
    """What the lists are, those of equal columns together."""
    files: dict[str, list[str]] = {}
    for table, columns in listed:
        files.setdefault(columns.told(), []).append(table.file.name)
    several = [
        f"{' and '.join(dict.fromkeys(names))} ({told})" for told, names in list(files.items())[:3]
    ]
    return f"images are listed by {', '.join(several)}"


@dataclass
class _Context:
    layout: Layout
    options: Options
    plan: Plan
    index: ImageIndex
    seen: dict[tuple[Path, Box | None], _Seen]
    missing: list[str]

    def name(self, image: Path) -> str:
        """Return what an image is called in the pack."""
        return _name(self.layout, image)


def _name(layout: Layout, image: Path) -> str:
    """The path below the folder that was named: what the list itself says, mostly."""
    inside = image.is_relative_to(layout.path)
    return source_id(image, layout.path) if inside else image.as_posix()


def _read_list(table: Table, columns: Columns, to: _Context) -> None:
    column = columns.of.get("label")
    written = {row.cells.get(column, "") for row in table.rows} - {""} if column else set()
    path = columns.of["path"]
    meanings = meanings_of(written, table, path, to.layout, to.options) if written else None
    if meanings:
        to.plan.notes += meanings.notes
        to.plan.problem = to.plan.problem or meanings.problem
        to.plan.expressions = to.plan.expressions or meanings.expressions
    own_split = split_in(table.file.stem)
    if table.note:
        to.plan.notes.append(table.note)
    otherwise: list[str] = []
    left_out: Counter[str] = Counter()
    for row in table.rows:
        listed = row.cells.get(path, "")
        where = f"{table.file.name}, row {row.number}"
        image = to.index.find(listed, table.file.parent, own_split)
        if image is None:
            to.missing.append(listed)
            to.plan.skipped.append(Skipped(listed[:200] or where, f"missing: {where} names it"))
            continue
        if not _is_named(image, listed):
            otherwise.append(f"{listed[:80]} as {image.name}")
        label = None
        if columns.votes:
            label = voted_of(row, columns.votes)
        elif column and meanings and row.cells.get(column):
            label = meanings.of[row.cells[column]]
        name = to.name(image)
        if label is not None and label.startswith(NOT_READ):
            left_out[label] += 1
            to.plan.skipped.append(Skipped(name, label))
            to.plan.spare.add(image)
            continue
        try:
            box = box_of(row, columns)
            more = more_of(row, columns)
        except ValueError as error:
            raise DataError(f"{table.file}, row {row.number}: {error}") from error
        one = _Seen(image, box, where, label, said_split(row, columns), more=more)
        one.split = one.split or own_split
        _add(one, to)
    to.plan.notes += told_left_out(left_out)
    if otherwise:
        to.plan.notes.append(
            f"{len(otherwise)} images were found under another name, the first: {otherwise[0]}"
        )


def _is_named(image: Path, listed: str) -> bool:
    """Whether a list names an image as it is called, or without its suffix."""
    name = listed.casefold()
    if image.name.casefold() in name:
        return True
    return image.stem.casefold() in name and not looks_like_image(listed)


def _add(one: _Seen, to: _Context) -> None:
    known = to.seen.get((one.image, one.box))
    if known is None:
        to.seen[one.image, one.box] = one
        return
    for what, first, second in (
        ("label", known.label, one.label),
        ("split", known.split, one.split),
    ):
        if first and second and first != second:
            to.plan.problem = to.plan.problem or (
                f"{one.image}: {what} {first} by {known.where}, and {second} by {one.where}; "
                "strike one of the two"
            )
    known.label, known.split = known.label or one.label, known.split or one.split
    known.more |= one.more
    to.plan.skipped.append(Skipped(to.name(one.image), f"listed twice: {one.where}"))


def _to_items(plan: Plan, layout: Layout, seen: list[_Seen]) -> None:
    folders = ClassFolders(layout.images.folders)
    parts = {place.path: place.parts[:-1] for place in layout.images}
    times: dict[Path, int] = {}
    for one in seen:
        number = times[one.image] = times.get(one.image, 0) + 1
        name = _name(layout, one.image) + (f"#{number}" if number > 1 else "")
        above = folders.of(parts[one.image]).split if one.image in parts else None
        item = Item(
            one.image,
            name,
            one.split or above or "train",
            box=one.box,
            more=tuple(one.more.items()),
        )
        plan.add(item, one.label)
    strange = sorted({item.split for item, _ in plan.found} - set(RANK))
    if strange:
        plan.notes.append(f"splits of other names are kept: {', '.join(strange[:12])}")
    labels = {label for _, label in plan.found if label}
    if plan.expressions is not None:
        known = [name for name in plan.expressions if name in labels]
        plan.expressions = tuple(known + sorted(labels - set(known)))


def _explain(layout: Layout, options: Options) -> Explanation | None:
    plan = _plan(layout, options)
    return plan.explanation() if plan else None


def _read(layout: Layout, options: Options) -> Reading:
    # What is recognized is what is read; only where that is nothing, more is taken as asked.
    plan = _plan(layout, options) or _plan(layout, options, asked=True)
    if plan is None:
        raise DataError(
            f"{layout.path} is or holds no list of images that are there; expected a CSV, TSV, "
            "text or JSON of a path and a label in each row (`columns` path=NAME,label=NAME)"
        )
    whole = layout if layout.path.is_dir() else Layout(layout.path.parent)
    read = reading(plan, whole, options)
    if whole is not layout:
        listed = {item.path for item, _ in plan.found}
        # What else lies beside a list that was named is not meant.
        outside = {place.name for place in whole.images if place.path not in listed}
        beside = {place.name for place in whole.others}
        read.skipped[:] = [
            one
            for one in read.skipped
            if not (
                one.source_id in beside
                or (one.source_id in outside and one.reason == "outside the layout")
            )
        ]
    return read


SOURCE = Source(
    "list", "a list of images: CSV, TSV, text or JSON of path and label", _explain, _read
)
