"""Which column of a list holds what."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.list_columns import asked_columns, columns_of
from asdcfer.data.datasets.list_table import Row, Table
from asdcfer.errors import DataError


def table(header: str, *rows: str) -> Table:
    names = tuple(header.split(","))
    return Table(
        Path("x.csv"),
        names,
        True,
        [Row(i + 2, dict(zip(names, row.split(","), strict=False))) for i, row in enumerate(rows)],
    )


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("image,label", "a.png,3", {"path": "image", "label": "label"}),
        ("label,foto", "3,a.png", {"path": "foto", "label": "label"}),
        (
            "filename,width,height,class,xmin,ymin,xmax,ymax",
            "a.png,640,480,sad,1,2,3,4",
            {
                **{"path": "filename", "label": "class", "left": "xmin", "top": "ymin"},
                **{"right": "xmax", "bottom": "ymax", "width": "width", "height": "height"},
            },
        ),
        ("file,width,emotion", "a.png,640,sad", {"path": "file", "label": "emotion"}),
        (
            "path,emotion,Usage,Valence,AROUSAL,subject_id",
            "a.png,sad,train,0,0,P1",
            {
                **{"path": "path", "label": "emotion", "split": "Usage", "valence": "Valence"},
                **{"arousal": "AROUSAL", "group": "subject_id"},
            },
        ),
    ],
)
def test_roles_by_name(header: str, row: str, expected: dict[str, str]) -> None:
    found = columns_of(table(header, row), {})
    assert found is not None
    assert found.of == expected


def test_one_column_for_each_class() -> None:
    found = columns_of(table("path,angry,happy,Sad,unknown", "a.png,1,0,0,0"), {})
    assert found is not None
    assert found.votes == {"angry": "angry", "happy": "happy", "Sad": "sad", "unknown": ""}
    assert "3" not in found.told()


def test_a_table_without_images_is_no_list() -> None:
    assert columns_of(table("emotion,pixels,Usage", "1,2 3,Training"), {}) is None
    assert columns_of(table("path,label"), {}) is None


@pytest.mark.parametrize("text", ["path", "path=", "colour=x", "path=a,,label=b"])
def test_the_option_says_what_is_wrong(text: str) -> None:
    with pytest.raises(DataError, match="expected ROLE=COLUMN"):
        asked_columns(text)
