"""Guess what the columns of a list mean by their names, or take what the user says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asdcfer.data.datasets.label_words import expression_in
from asdcfer.data.datasets.list_table import Table, looks_like_image
from asdcfer.errors import DataError

_NAMES: dict[str, str] = {
    "path": "path pth file filename filepath fname image imagename imagepath imagefile imageid img "
    "imgname imgpath imgfile imageurl picture photo face facepath subdirectoryfilepath name id "
    "relativepath fullpath key",
    "label": "label labels emotion emotions expression expressions expr exp class classname "
    "classlabel category target emotionlabel emotionname emotionclass expressionlabel labelname "
    "labeltext emo gt groundtruth annotation tag classid labelid",
    "split": "split subset usage fold set partition phase part datasplit traintest trainvaltest "
    "purpose "
    "istrain istraining train istest istesting test isval isvalid isvalidation val",
    "valence": "valence v",
    "arousal": "arousal a",
    "group": "group subject subjectid person personid identity identityid actor actorid "
    "participant participantid userid speaker pid sid",
    "box": "box bbox boundingbox facebox facebbox rect",
    "left": "left xmin x1 x facex faceboxleft bboxx bboxx1 boxx roix1",
    "top": "top ymin y y1 facey faceboxtop bboxy bboxy1 boxy roiy1",
    "right": "right xmax x2 faceboxright bboxx2 roix2",
    "bottom": "bottom ymax y2 faceboxbottom bboxy2 roiy2",
    "width": "facewidth w bboxw bboxwidth boxwidth width",
    "height": "faceheight h bboxh bboxheight boxheight height",
}
"""What a column may mean -> how lists call it, the usual names first."""

ROLES = tuple(_NAMES)
NO_FACE = (
    *("unknown", "nf", "none", "uncertain", "nonface", "noface", "notface"),
    *("nan", "na", "null", "nil", "nolabel", "unlabeled", "unlabelled"),
)
"""How lists call what is no expression, without signs between."""
_EXPW = ("path", "face", "top", "left", "right", "bottom", "confidence", "label")


@dataclass
class Columns:
    """Which column of a list holds what.

    Attributes:
        of: role ("path", "label", "split", "left", ...) -> column.
        votes: column -> expression, or "" for no expression; of lists with a column for each.
    """

    of: dict[str, str] = field(default_factory=dict)
    votes: dict[str, str] = field(default_factory=dict)

    def told(self) -> str:
        """Return the line that says which column was taken for what."""
        taken = [f"{role} = {column!r}" for role, column in self.of.items()]
        if self.votes:
            taken.append(f"one column for each of {len(self.votes)} classes")
        return f"columns: {', '.join(taken)}"


def plain(name: str) -> str:
    """Return a column's name in small letters, without signs and blanks.

    Example:
        >>> plain("subDirectory_filePath")
        'subdirectoryfilepath'
    """
    return re.sub(r"[\W_]+", "", name).casefold()


def columns_of(table: Table, asked: Mapping[str, str]) -> Columns | None:
    """Return which column holds what, or None where no column holds images.

    Args:
        table: the list.
        asked: role -> column, as the user says it; by name, or by number from 1.

    Raises:
        DataError: a role or a column that was asked for does not exist.
    """
    if not table.rows:
        return None
    columns = Columns({role: _asked(table, role, name) for role, name in asked.items()})
    taken = set(columns.of.values())
    if table.named:
        _by_name(table, columns, taken)
    else:
        _by_place(table, columns, taken)
    if "path" not in columns.of:
        return None
    if "label" not in columns.of and "label" not in asked:
        columns.votes = _votes(table, set(columns.of.values()))
    if not _complete_box(columns.of):
        for role in ("left", "top", "right", "bottom", "width", "height"):
            if role not in asked:
                columns.of.pop(role, None)
    return columns


def _asked(table: Table, role: str, name: str) -> str:
    if role not in ROLES:
        raise DataError(
            f"`columns` {role}={name}: unknown role; expected one of {', '.join(ROLES)}"
        )
    if name in table.columns:
        return name
    near = [column for column in table.columns if plain(column) == plain(name)]
    if len(near) == 1:
        return near[0]
    if name.isdecimal() and 1 <= int(name) <= len(table.columns):
        return table.columns[int(name) - 1]
    raise DataError(
        f"`columns` {role}={name}: {table.file} has no such column; it has "
        f"{' '.join(', '.join(table.columns[:20]).split())}"
    )


def _by_name(table: Table, columns: Columns, taken: set[str]) -> None:
    some = table.rows[:50]
    for role, text in _NAMES.items():
        if role in columns.of:
            continue
        known = text.split()
        matches = [
            column for column in table.columns if plain(column) in known and column not in taken
        ]
        matches.sort(key=lambda column: known.index(plain(column)))
        if role == "path":
            # Of several, the one whose cells are named like images.
            images = [c for c in matches if any(looks_like_image(r.cells.get(c, "")) for r in some)]
            matches = images or matches[:1]
            if not matches:
                matches = [
                    c
                    for c in table.columns
                    if some and all(looks_like_image(r.cells.get(c, "")) for r in some)
                ]
        if role == "label":
            # Of a number and a name, the name.
            words = [c for c in matches if any(expression_in(r.cells.get(c, "")) for r in some)]
            matches = words or matches
        if role == "label" and not matches:
            # Whatever it is called, a column of expressions.
            left = [column for column in table.columns if column not in taken]
            matches = [column for column in left if _of_expressions(table, column)]
        if matches:
            columns.of[role] = matches[0]
            taken.add(matches[0])


def _of_expressions(table: Table, column: str) -> bool:
    """Whether most of the cells of a column that hold anything hold an expression."""
    said = [cell for row in table.rows[:200] if (cell := row.cells.get(column))]
    return 0 < len(said) < 2 * sum(expression_in(cell) is not None for cell in said)


def _by_place(table: Table, columns: Columns, taken: set[str]) -> None:
    some = table.rows[:50]
    width = len(table.columns)
    if width == len(_EXPW) and not columns.of and looks_like_image(some[0].cells["1"]):
        # ExpW's label.lst; others of its width are called by --columns.
        roles = dict(zip(_EXPW, table.columns, strict=True))
        columns.of = {role: name for role, name in roles.items() if role in ROLES}
        return
    if "path" not in columns.of:
        images = [
            c for c in table.columns if all(looks_like_image(r.cells.get(c, "")) for r in some)
        ]
        if not images:
            return
        columns.of["path"] = images[0]
        taken.add(images[0])
    left = [column for column in table.columns if column not in taken]
    if "label" not in columns.of and left:
        words = [c for c in left if any(expression_in(r.cells.get(c, "")) for r in some)]
        columns.of["label"] = words[0] if words else left[-1]


def _votes(table: Table, taken: set[str]) -> dict[str, str]:
    found = {
        column: meant
        for column in table.columns
        if column not in taken and (meant := expression_in(column))
    }
    if len(found) < 3 or len(set(found.values())) < len(found):
        return {}
    return found | {c: "" for c in table.columns if plain(c) in NO_FACE and c not in taken}


def _complete_box(of: Mapping[str, str]) -> bool:
    return {"left", "top"} <= of.keys() and (
        {"right", "bottom"} <= of.keys() or {"width", "height"} <= of.keys()
    )


def asked_columns(text: Sequence[str] | str) -> dict[str, str]:
    """Return role -> column from "path=file,label=emotion".

    Raises:
        DataError: a part is no ROLE=NAME, or a role is unknown.

    Example:
        >>> asked_columns("path=file,label=emotion")
        {'path': 'file', 'label': 'emotion'}
    """
    parts = text.split(",") if isinstance(text, str) else list(text)
    found = {}
    for part in parts:
        role, sign, name = part.partition("=")
        if not sign or role.strip() not in ROLES or not name.strip():
            raise DataError(
                f"`columns` {part.strip()}: expected ROLE=COLUMN, with a role of {', '.join(ROLES)}"
            )
        found[role.strip()] = name.strip()
    return found
