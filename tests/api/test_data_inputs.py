"""What may be given as data: a pack, a path, a name; a data set becomes a pack for a while."""

from pathlib import Path

import pytest

from asdcfer.api.data_inputs import name_of, open_data, pack_of, votes_of
from asdcfer.data.pack import Pack
from asdcfer.errors import DataError
from tests.data.trees import fer_csv, fer_rows
from tests.factories import Heard


def test_a_pack_stays_itself_and_a_name_is_opened(few: Pack, heard: Heard) -> None:
    assert pack_of(few) is few
    assert pack_of(few.path).ids == few.ids
    assert len(pack_of("sample")) == 1500
    with open_data(few, 48, heard) as pack:
        assert pack is few
    assert not heard.lines
    with pytest.raises(DataError, match="there is nothing at"):
        pack_of("no/where")


def test_a_data_set_is_a_pack_of_the_side_asked_for_until_it_is_closed(
    tmp_path: Path, heard: Heard
) -> None:
    (tmp_path / "fer2013.csv").write_text(fer_csv(fer_rows(7)), encoding="utf-8")
    with open_data(tmp_path / "fer2013.csv", 32, heard) as pack:
        assert pack.images.shape == (7, 32, 32)
        place = pack.path
    assert not place.exists()
    assert heard.stages == {"reading": 7}
    assert "recognized as fer2013" in heard.lines[0]


def test_votes_are_those_given_or_those_beside_the_data(few: Pack, tmp_path: Path) -> None:
    (tmp_path / "fer2013.csv").touch()
    assert votes_of(None, tmp_path / "fer2013.csv") is None
    (tmp_path / "fer2013new.csv").touch()
    assert votes_of(None, tmp_path / "fer2013.csv") == tmp_path / "fer2013new.csv"
    assert votes_of("mine.csv", tmp_path / "fer2013.csv") == Path("mine.csv")
    assert votes_of(None, few) is None


def test_a_message_calls_data_by_its_path_or_its_word(few: Pack) -> None:
    assert name_of(few) == str(few.path)
    assert name_of(Path("a/b")) == "a/b"
    assert name_of("sample") == "sample"
