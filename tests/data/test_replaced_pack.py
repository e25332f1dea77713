"""A pack is replaced by one of the same source, and by no other unless that is asked for."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from asdcfer.api import PrepareSettings
from asdcfer.api import prepare as api_prepare
from asdcfer.data import replaced_pack
from asdcfer.data.datasets.source import Options
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.prepare_pack import prepare
from asdcfer.data.replaced_pack import unless_of_another
from asdcfer.errors import DataError
from tests.data.trees import contents, face, fer_csv, fer_rows, save


def photos(folder: Path, names: str, first: int = 0) -> Path:
    """A folder of photos of one letter each."""
    for number, name in enumerate(names, first):
        save(folder / f"{name}.png", number)
    return folder


def refused(source: Path, out: Path, **asked: object) -> str:
    """Prepare a source, and return why that was refused; nothing there changed."""
    before = contents(out)
    with pytest.raises(DataError) as error:
        prepare(source, out, **asked)
    assert contents(out) == before
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []
    return str(error.value)


def test_the_pack_of_another_folder_stays_unless_force_is_said(tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare(photos(tmp_path / "mine", "abc"), out)
    other = photos(tmp_path / "other", "xy", first=7)
    said = refused(other, out)
    assert said.startswith(f"{out} is a pack of another source (")
    assert said.endswith("3 faces); choose another OUT, or use `force=True` to replace it")
    assert refused(other, out, options=Options(size=32)) == said
    assert refused(other, out, per_shard=2) == said
    assert prepare(other, out, force=True).ids == ["x.png", "y.png"]
    api_prepare(tmp_path / "mine", out, PrepareSettings(), force=True)
    with pytest.raises(DataError, match="another source"):
        api_prepare(other, out)


def test_it_is_known_before_a_face_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(photos(tmp_path / "mine", "abc"), tmp_path / "out")
    other = photos(tmp_path / "other", "xy")

    def never(*_: object) -> Iterator[PackItem]:
        raise AssertionError("a face was read")
        yield

    monkeypatch.setattr("asdcfer.data.prepare_pack._watched", never)
    refused(other, tmp_path / "out")


def test_the_same_source_is_prepared_again_however_it_is_read(tmp_path: Path) -> None:
    source, out = photos(tmp_path / "mine", "abc"), tmp_path / "out"
    first = contents(prepare(source, out).path)
    assert contents(prepare(source, out).path) == first
    for options in (Options(size=32), Options(color=True), Options(size=32)):
        prepare(source, out, options)
    prepare(source, out, per_shard=2)
    # It may grow, shrink, move, and be labeled.
    photos(source, "def", first=3)
    assert len(prepare(source, out)) == 6
    (source / "b.png").unlink()
    moved = shutil.copytree(source, tmp_path / "elsewhere")
    assert len(prepare(moved, out)) == 5
    (source / "labels.csv").write_text("path,label\na.png,happy\nc.png,sad\n")
    assert len(prepare(source, out, kind="list")) == 2


def test_other_faces_under_the_same_names_are_another_source(tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare(photos(tmp_path / "mine", "abc"), out)
    said = refused(photos(tmp_path / "other", "abc", first=7), out)
    assert "is a pack of another source" in said
    # One photo of them replaced is no other source.
    save(tmp_path / "mine" / "a.png", 30)
    prepare(tmp_path / "mine", out)


def test_a_table_is_known_by_its_hash_or_by_its_faces(tmp_path: Path) -> None:
    out, one, two = tmp_path / "out", tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(fer_csv(fer_rows(21)))
    two.write_text(fer_csv(fer_rows(42)[21:]))
    prepare(one, out)
    prepare(one, out, Options(size=32))
    assert "(FER-2013, 21 faces)" in refused(two, out)
    prepare(one, out)
    assert "(FER-2013, 21 faces)" in refused(two, out)
    one.write_text(fer_csv([(0, pixels, usage) for _, pixels, usage in fer_rows(20)]))
    assert len(prepare(one, out)) == 20
    assert "another source" in refused(photos(tmp_path / "mine", "abc"), out)


def test_many_other_faces_under_the_same_names_decide_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaced_pack, "ENOUGH", 4)
    out, given = tmp_path / "out", []

    def faces(first: int) -> Iterator[PackItem]:
        for number in range(20):
            given.append(number)
            yield PackItem(face(first + number), f"row {number}")

    write_pack(out, faces(0), expressions=[], source={})
    given.clear()
    with pytest.raises(DataError, match=r"\(unnamed, 20 faces\)"):
        list(unless_of_another(out, faces(50), {}))
    assert given == [0, 1, 2, 3]
    assert len(list(unless_of_another(out, faces(0), {}))) == 20


def test_a_large_pack_is_known_by_some_of_its_faces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaced_pack, "SAMPLED", 3)
    source, out = photos(tmp_path / "mine", "abcdefghi"), tmp_path / "out"
    prepare(source, out, per_shard=4)
    prepare(source, out, per_shard=4)
    assert "9 faces" in refused(photos(tmp_path / "other", "xyz", first=30), out)


def test_moments_of_a_video_and_faces_of_a_photo_go_by_their_file(tmp_path: Path) -> None:
    black, out = np.zeros((48, 48), np.uint8), tmp_path / "out"
    ids = ["day/clip.mp4#0@0.5", "group.jpg#2"]
    found = {"detected": True}
    write_pack(out, [PackItem(black, name) for name in ids], expressions=[], source=found)
    for name in ("day/clip.mp4#3@9", "group.jpg", "group.jpg#7"):
        again = [PackItem(black, name)]
        assert list(unless_of_another(out, again, found)) == again
    with pytest.raises(DataError, match="another source"):
        list(unless_of_another(out, [], found, lambda: ["clip.mp4"]))
    assert not list(unless_of_another(tmp_path / "none", [], found, lambda: ["clip.mp4"]))


def test_a_pack_that_cannot_be_opened_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare(photos(tmp_path / "mine", "abc"), out)
    (out / "ids.json").write_text("[")
    prepare(photos(tmp_path / "other", "xy"), out)
    assert load_pack(out).ids == ["x.png", "y.png"]
