"""Faces that their folders name: the same as a list of them, claimed, labeled and ordered."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.folder_faces import FolderFaces, Meant
from asdcfer.data.datasets.folder_walk import Item, in_order
from asdcfer.data.datasets.places import Folder, Places
from asdcfer.data.datasets.source import Claim

LABELS = ("happy", "sad")


def faces(*folders: tuple[str, str, str | None], files: tuple[str, ...]) -> FolderFaces:
    """Return faces of folders, each with its split and label."""
    places = Places.of(
        (Folder(Path("data", name), tuple(Path(name).parts)), files) for name, _, _ in folders
    )
    return FolderFaces(places.blocks, [Meant(label, split) for _, split, label in folders])


NESTED = faces(
    ("", "train", None),
    ("test/happy", "test", "happy"),
    ("a", "train", "sad"),
    ("a/b", "train", "happy"),
    ("a b", "train", "fear"),
    ("z", "odd", "sad"),
    files=("0.png", "a.png", "b.png"),
)
"""The order of ids is not that of the folders: "a b/" comes before "a/", "a.png" between."""


def test_they_are_a_sequence_of_items() -> None:
    every = list(NESTED)
    assert len(NESTED) == len(every) == 18
    assert every[4] == (Item(Path("data/test/happy/a.png"), "test/happy/a.png", "test"), "happy")
    assert [NESTED[row] for row in range(-1, 18)] == [every[-1], *every]
    assert NESTED[3:5] == every[3:5]
    assert NESTED.labels == {"happy", "sad", "fear"}


def test_claims_are_those_of_a_list() -> None:
    due = {item.path: Claim(label, item.split) for item, label in NESTED}
    claims = NESTED.claims()
    assert len(claims) == len(due)
    assert dict(claims.items()) == dict(claims) == due
    assert list(claims.values()) == list(due.values())
    for path in (Path("data/a/none.png"), Path("data/none/0.png"), Path("data/a")):
        assert path not in claims
        with pytest.raises(KeyError):
            claims[path]


@pytest.mark.parametrize(
    "found",
    [
        NESTED,
        faces(("a", "train", "sad"), ("b", "train", "happy"), files=("1.png", "2.png")),
        # By escape signs these come in another order than by letters.
        faces(("a", "train", None), ("b", "train", None), files=("\udce9.png", "a.png")),
    ],
)
def test_items_are_labeled_and_ordered_as_a_list_of_them(found: FolderFaces) -> None:
    due = in_order(
        Item(item.path, item.source_id, item.split, -1 if label is None else LABELS.index(label))
        for item, label in found
        if label is None or label in LABELS
    )
    items = found.items(LABELS)
    assert list(items) == due
    assert len(items) == len(due)
    assert due[0] in items
    assert "a.png" not in items
