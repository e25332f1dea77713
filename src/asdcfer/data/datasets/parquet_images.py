"""Parquet files that hold the images themselves, as Hugging Face's `datasets` writes them.

An image is a column of bytes, or of `{"bytes": ..., "path": ...}`. What the other columns mean is
guessed as in lists of images; numbered labels are named by the file, where it says `ClassLabel`.
The split is that of the file's name or folder ("data/train-00000-of-00002.parquet"). Needs pyarrow.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asdcfer.data.datasets.decode_ahead import cropped, face_of, fitted
from asdcfer.data.datasets.folder_dataset import choose_expressions
from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.list_cells import more_of, said_split
from asdcfer.data.datasets.list_columns import Columns, columns_of
from asdcfer.data.datasets.list_labels import NOT_READ, Meanings, meanings_of, told_left_out
from asdcfer.data.datasets.list_table import Row, Table
from asdcfer.data.datasets.source import Explanation, Options, Reading, Source
from asdcfer.data.datasets.split_words import split_in
from asdcfer.data.image_io import ImageError, read_image
from asdcfer.data.pack import UNLABELED
from asdcfer.data.pack_writing import PackItem, Skipped
from asdcfer.errors import DataError, MissingPackageError
from asdcfer.extras import require
from asdcfer.plain_json import from_json

SUFFIX = ".parquet"
_IMAGES_AT_ONCE = 64


@dataclass(frozen=True)
class _Shard:
    """A file: where its images are, its other columns as a list, its split and its count."""

    file: Path
    image: str
    table: Table
    columns: Columns
    split: str | None
    count: int


def _files(layout: Layout) -> list[Path]:
    if layout.path.is_file():
        return [layout.path] if layout.path.suffix.lower() == SUFFIX else []
    return [place.path for place in layout.others if place.path.suffix.lower() == SUFFIX]


def _shard(file: Path, layout: Layout, options: Options) -> _Shard | None:
    """Return what a file holds; None where that is no image.

    Raises:
        DataError: it cannot be read.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(file) as opened:
            schema, count = opened.schema_arrow, opened.metadata.num_rows
            images = [field.name for field in schema if _holds_images(field.type)]
            if not images:
                return None
            others = [field.name for field in schema if _is_plain(field.type)]
            columns = opened.read(others).to_pydict()
    except (OSError, pyarrow.ArrowException) as error:
        why = str(error).splitlines()[0]
        raise DataError(f"{file} cannot be read as Parquet: {why}") from error
    asked = dict(options.columns)
    image = asked.pop("path", None) or next((n for n in images if "image" in n.lower()), images[0])
    if image not in images:
        raise DataError(f"`columns` path={image}: {file} holds images in {', '.join(images)}")
    names = _class_names(schema.metadata or {})
    for column, known in names.items():
        columns[column] = [_named(value, known) for value in columns.get(column, [])]
    rows = [
        Row(row + 1, {name: _text(columns[name][row]) for name in others} | {image: f"{row}.png"})
        for row in range(count)
    ]
    table = Table(file, (image, *others), True, rows)
    found = columns_of(table, {"path": image, **asked})
    below = file.relative_to(layout.path).parts if layout.path.is_dir() else (file.name,)
    split = next((s for part in reversed(below) if (s := split_in(Path(part).stem))), None)
    return _Shard(file, image, table, found or Columns(), split, count)


def _holds_images(kind: Any) -> bool:
    import pyarrow

    if pyarrow.types.is_struct(kind):
        return any(kind.field(i).name == "bytes" for i in range(kind.num_fields))
    return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))


def _is_plain(kind: Any) -> bool:
    import pyarrow

    types = pyarrow.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
    )


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """Return column -> names of its numbers, of those that the file's metadata names."""
    try:
        features = from_json(metadata[b"huggingface"])["info"]["features"]
        return {
            column: [str(name) for name in about["names"]]
            for column, about in features.items()
            if isinstance(about, dict) and about.get("_type") == "ClassLabel"
        }
    except (KeyError, ValueError, TypeError):
        return {}


def _named(value: Any, names: list[str]) -> Any:
    # -1 is how `datasets` says that there is no label.
    if not isinstance(value, int) or value < 0:
        return None
    return names[value] if value < len(names) else value


def _text(value: Any) -> str:
    return "" if value is None else str(value)


@dataclass
class _Plan:
    shards: list[_Shard]
    meanings: dict[Path, Meanings]
    expressions: tuple[str, ...]
    notes: list[str]
    problem: str | None


def _plan(layout: Layout, options: Options) -> _Plan | None:
    shards, unread = [], None
    for file in _files(layout):
        try:
            shard = _shard(file, layout, options)
        except DataError as error:
            if layout.path.is_file():
                raise
            unread = unread or str(error)
            continue
        if shard is not None:
            shards.append(shard)
    # Beside images a Parquet file may be anything; alone it is what was meant.
    if not shards and (unread is None or layout.images):
        return None
    plan = _Plan(shards, {}, (), [], unread)
    labels: set[str] = set()
    own: tuple[str, ...] | None = None
    left_out: Counter[str] = Counter()
    for shard in shards:
        meanings = _meanings(shard, layout, options)
        plan.meanings[shard.file] = meanings
        plan.notes += [note for note in meanings.notes if note not in plan.notes]
        said = (meanings.of.get(_said(row, shard), "") for row in shard.table.rows)
        left_out.update(meant for meant in said if meant.startswith(NOT_READ))
        plan.problem = plan.problem or meanings.problem
        labels |= {name for name in meanings.of.values() if not name.startswith(NOT_READ)}
        own = meanings.expressions or own
    plan.notes += told_left_out(left_out)
    if own is not None:
        plan.expressions = tuple(dict.fromkeys((*own, *sorted(labels))))
    else:
        plan.expressions = choose_expressions(labels, options)
    return plan


def _meanings(shard: _Shard, layout: Layout, options: Options) -> Meanings:
    written = {_said(row, shard) for row in shard.table.rows} - {""}
    if not written:
        return Meanings()
    return meanings_of(written, shard.table, shard.image, layout, options)


def _said(row: Row, shard: _Shard) -> str:
    """The label of a row as it is written."""
    column = shard.columns.of.get("label")
    return row.cells[column] if column else ""


def _explain(layout: Layout, options: Options) -> Explanation | None:
    if not _files(layout):
        return None
    try:
        require("pyarrow", f"{_files(layout)[0]} (Parquet)")
    except MissingPackageError:
        # Beside images a Parquet file may be anything; alone it is what was meant.
        if layout.images:
            return None
        raise
    plan = _plan(layout, options)
    if plan is None:
        return None
    told = plan.shards[0].columns.told() if plan.shards else "none can be read"
    by = f"{len(plan.shards)} Parquet files hold images ({told})"
    faces = sum(shard.count for shard in plan.shards)
    return Explanation(by, faces=faces, notes=plan.notes, problem=plan.problem)


def _read(layout: Layout, options: Options) -> Reading:
    require("pyarrow", f"{layout.path} (Parquet)")
    plan = _plan(layout, options)
    if plan is None:
        raise DataError(f"{layout.path} is or holds no Parquet file with images in it")
    if plan.problem:
        raise DataError(plan.problem)
    skipped = list(layout.skipped({shard.file for shard in plan.shards}))
    skipped += [Skipped(place.name, "outside the Parquet files") for place in layout.images]
    faces = _Faces(plan, options, skipped)
    about = {"name": "images in Parquet files"}
    return Reading(faces, plan.expressions, skipped, faces.fraction, about)


class _Faces:
    """The faces of the files, some images at a time in memory."""

    def __init__(self, plan: _Plan, options: Options, skipped: list[Skipped]) -> None:
        self._plan, self._options, self._skipped = plan, options, skipped
        self._done, self._total = 0, sum(shard.count for shard in plan.shards)

    def fraction(self) -> float:
        """Return how much is read, 0..1."""
        return self._done / max(self._total, 1)

    def __iter__(self) -> Iterator[PackItem]:
        for shard in self._plan.shards:
            for row, data in zip(shard.table.rows, _images(shard), strict=True):
                self._done += 1
                yield from self._of_row(shard, row, data)

    def _of_row(self, shard: _Shard, row: Row, data: bytes | None) -> Iterator[PackItem]:
        name = f"{shard.file.stem}/{row.number}"
        meanings, said = self._plan.meanings[shard.file], _said(row, shard)
        meant = meanings.of.get(said) if said else None
        if meant is not None and meant not in self._plan.expressions:
            why = meant if meant.startswith(NOT_READ) else f"outside the expressions ({meant})"
            self._skipped.append(Skipped(name, why))
            return
        label = UNLABELED if meant is None else self._plan.expressions.index(meant)
        split = said_split(row, shard.columns) or shard.split or "train"
        more = tuple(more_of(row, shard.columns).items())
        item = Item(shard.file, name, split, label, more=more)
        if not data:
            self._skipped.append(Skipped(name, "no bytes of an image"))
            return
        options = self._options
        try:
            if options.crop is None:
                image = read_image(
                    data, options.max_pixels, color=options.color, at_least=options.size
                )
                yield face_of(fitted(image, options), item, name)
                return
            picture = read_image(data, options.max_pixels)
            crops, why = cropped(options.crop, picture, options)
        except ImageError as error:
            self._skipped.append(Skipped(name, error.reason))
            return
        if why:
            self._skipped.append(Skipped(name, why))
        # A label belongs to one face: the first.
        for number, crop in enumerate(crops if label == UNLABELED else crops[:1]):
            own = name if number == 0 else f"{name}#{number + 1}"
            yield face_of(fitted(crop, options), item, own)


def _images(shard: _Shard) -> Iterator[bytes | None]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(shard.file) as opened:
            for batch in opened.iter_batches(_IMAGES_AT_ONCE, columns=[shard.image]):
                for value in batch.column(0).to_pylist():
                    yield value.get("bytes") if isinstance(value, dict) else value
    except (OSError, pyarrow.ArrowException) as error:
        why = str(error).splitlines()[0]
        raise DataError(f"{shard.file} breaks off: {why}") from error


SOURCE = Source(
    "parquet", "Parquet files that hold images, as data sets of Hugging Face", _explain, _read
)
