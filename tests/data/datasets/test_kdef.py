"""KDEF: names say sex, subject, expression and angle; both sessions of a subject stay together."""

from pathlib import Path

import pytest

from asdcfer.data.prepare_pack import prepare
from tests.data.trees import kind_of, read_as, tiles

CODES = {
    **{"AF": "fear", "AN": "angry", "DI": "disgust", "HA": "happy"},
    **{"NE": "neutral", "SA": "sad", "SU": "surprise"},
}


@pytest.mark.slow
def test_kdef_by_its_names(tmp_path: Path) -> None:
    subjects = [f"{sex}{i:02d}" for sex in "FM" for i in range(1, 4)]
    source = tiles(
        tmp_path / "KDEF",
        *(
            f"{session}{subject}/{session}{subject}{code}{angle}.JPG"
            for session in "AB"
            for subject in subjects
            for code in CODES
            for angle in ("S", "HL")
        ),
    )
    assert kind_of(source) == "kdef"
    read = read_as(source)
    assert len(read) == 2 * 6 * 7 * 2
    for name, (label, split) in read.items():
        assert label == CODES[Path(name).name[4:6]]
        assert split == ("test" if "M02" in name else "train")
    assert set(prepare(source, tmp_path / "out").more["group"]) == set(subjects)


def test_a_few_names_are_enough(tmp_path: Path) -> None:
    source = tiles(tmp_path / "KDEF", "AF01/AF01ANS.JPG", "AM02/AM02HAS.JPG")
    assert [label for label, _ in read_as(source).values()] == ["angry", "happy"]
