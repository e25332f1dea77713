from pathlib import Path

import pytest

from asdcfer.data.resolve_data import open_pack, resolve_data_path
from asdcfer.errors import DataError
from tests.data.trees import tiles


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, and one beside it that $ASDCFER_DATA names."""
    for name in ("work", "shared"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("ASDCFER_DATA", str(tmp_path / "shared"))
    return tmp_path


def test_a_path_is_taken_as_it_is(here, monkeypatch):
    (here / "work" / "mine.csv").touch()
    assert resolve_data_path("mine.csv") == Path("mine.csv")
    assert resolve_data_path(here / "shared") == here / "shared"
    monkeypatch.setenv("HOME", str(here))
    assert resolve_data_path("~/shared") == here / "shared"


def test_a_name_is_looked_for_here_then_in_packs_then_in_the_shared_folder(here):
    places = [Path("fer2013"), Path("packs/fer2013"), here / "shared" / "fer2013"]
    for place in reversed(places):
        place.mkdir(parents=True)
        assert resolve_data_path("fer2013") == place
    (here / "shared" / "only.csv.gz").touch()
    assert resolve_data_path("only.csv.gz") == here / "shared" / "only.csv.gz"


def test_a_path_with_a_slash_is_not_searched_for(here):
    (here / "shared" / "a" / "b").mkdir(parents=True)
    for path in ("a/b", "./fer2013", "packs/none", ""):
        with pytest.raises(DataError, match="there is nothing at"):
            resolve_data_path(path)


def test_sample_is_always_the_bundled_one(here):
    Path("sample").mkdir()
    assert (resolve_data_path("sample") / "pack.json").is_file()
    assert resolve_data_path("./sample") == Path("sample")


def test_the_error_says_where_it_looked_and_how_to_make_one(here, monkeypatch):
    with pytest.raises(DataError) as told:
        resolve_data_path("fer2O13")
    assert str(told.value) == (
        "there is no data called 'fer2O13': nothing at ./fer2O13, ./packs/fer2O13 and "
        f"{here / 'shared' / 'fer2O13'} (the folder of $ASDCFER_DATA);"
        " make a pack with: asdcfer prepare SOURCE packs/fer2O13"
    )
    monkeypatch.delenv("ASDCFER_DATA")
    with pytest.raises(
        DataError, match=r"nothing at \./x and \./packs/x \(\$ASDCFER_DATA is not set\)"
    ):
        resolve_data_path("x")


def test_a_user_that_the_system_does_not_know_is_told_so_in_one_line() -> None:
    with pytest.raises(DataError, match=r"there is nothing at '~nobody-of-that-name/pack'"):
        resolve_data_path("~nobody-of-that-name/pack")


def test_a_data_set_that_needs_a_word_of_the_user_is_sent_to_prepare(tmp_path) -> None:
    tiles(tmp_path / "in", *(f"train/{i}/a.png" for i in range(7)))
    with (
        pytest.raises(DataError, match=r"`labels_order`.*make a pack of it first: asdcfer prepare"),
        open_pack(tmp_path / "in"),
    ):
        pass
