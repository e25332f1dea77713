"""Labels of some faces as people write them down: a list, or a folder with a subfolder a class."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from asdcfer.data.datasets.folder_walk import is_image_name
from asdcfer.data.datasets.label_words import expression_in
from asdcfer.data.datasets.list_columns import NO_FACE, columns_of, plain
from asdcfer.data.datasets.list_table import Table, read_table
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT

OF_PICK = "to_label.csv"
"""The list to fill in, as `asdcfer pick` calls it."""
ID = "id"
"""The column that names a face as its pack does; a list that has it is read by it."""


@dataclass(frozen=True)
class LabelEntry:
    """What somebody says of one face.

    Attributes:
        name: of the face: its id in the pack, or a file's name or path.
        label: the class, in our words where it is one of our expressions.
        place: where it stands, for messages.
        group: the person or video that the list names beside it; None where it names none.
        file: the picture itself, where there is one.
    """

    name: str
    label: str
    place: str
    group: str | None = None
    file: Path | None = None


def read_labels(path: Path) -> list[LabelEntry]:
    r"""Read the labels of a list (columns file or id, and label) or of a folder a class.

    A list is CSV, TSV or JSON; its rows without a label are left out. A column that names a person,
    a subject or a group is kept. Labels that mean one of our expressions become its name. A folder
    of `asdcfer pick` stands for the list in it.

    Args:
        path: of the list or the folder.

    Raises:
        DataError: it is not there, names no faces or no labels, or a label cannot be a class.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "few.csv"
        >>> _ = file.write_text("file,label\na.png,Happiness\nb.png,pain\nc.png,\n")
        >>> [(entry.name, entry.label) for entry in read_labels(file)]
        [('a.png', 'happy'), ('b.png', 'pain')]
    """
    if (path / OF_PICK).is_file():
        path = path / OF_PICK
    if path.is_dir():
        entries = list(_of_folder(path))
    elif path.is_file():
        entries = list(_of_table(read_table(path)))
    else:
        raise DataError(
            f"there are no labels at {path}; give a list with the columns file (or id) and label, "
            "or a folder with a subfolder for each class"
        )
    if not entries:
        raise DataError(f"{path} labels no face; fill in its labels first")
    return entries


def class_name(label: str, place: str) -> str:
    """Return a label as the name of a class: ours where it is one of our expressions.

    Args:
        label: as written.
        place: where, for messages.

    Raises:
        DataError: it is a number, or holds a sign that a file of results cannot carry.

    Example:
        >>> class_name("Happiness", "line 2"), class_name("pain", "line 3")
        ('happy', 'pain')
    """
    text = label.strip()
    known = expression_in(text)
    if known is not None:
        return known
    if text.lstrip("+-").replace(".", "", 1).isdigit():
        raise DataError(f"{place}: the label {text} is a number; write the name of the class")
    if "," in text or not text.isprintable():
        raise DataError(
            f"{place}: the label {text!r} cannot name a class; leave out commas and line breaks"
        )
    return text


def class_names(labels: set[str]) -> tuple[str, ...]:
    """Return the classes in order: our expressions in theirs, then others by name.

    Example:
        >>> class_names({"pain", "sad", "happy", "boredom"})
        ('happy', 'sad', 'boredom', 'pain')
    """
    ours = [name for name in EXPRESSIONS_WITH_CONTEMPT if name in labels]
    return (*ours, *sorted(labels - set(ours)))


def _of_table(table: Table) -> Iterator[LabelEntry]:
    if not table.rows:
        head = f"only the header {', '.join(table.columns)}" if table.columns else "nothing"
        raise DataError(f"{table.file} holds {head}; write a line for each face that you label")
    columns = columns_of(table, {})
    found = {} if columns is None else columns.of
    by_id = next((name for name in table.columns if plain(name) == ID), None)
    face = by_id or found.get("path")
    if face is None or "label" not in found:
        raise DataError(
            f"{table.file}: no column was understood as {'label' if face else 'file or id'}; its "
            f"columns are {', '.join(table.columns) or 'none'}: name them file (or id) and label"
        )
    for row in table.rows:
        label = row.cells.get(found["label"], "").strip()
        if not label or plain(label) in NO_FACE:
            continue
        place = f"{table.file.name}, line {row.number}"
        group = row.cells.get(found["group"], "").strip() if "group" in found else ""
        name = row.cells.get(face, "").strip()
        yield LabelEntry(name, class_name(label, place), place, group or None)


def _of_folder(folder: Path) -> Iterator[LabelEntry]:
    classes = sorted(
        path for path in folder.iterdir() if path.is_dir() and plain(path.name) not in NO_FACE
    )
    if not classes:
        raise DataError(f"{folder} has no subfolder for a class; make one for each and name it")
    for each in classes:
        for file in sorted(path for path in each.rglob("*") if is_image_name(path.name)):
            place = f"{each.name}/{file.name}"
            yield LabelEntry(file.name, class_name(each.name, str(each)), place, file=file)
