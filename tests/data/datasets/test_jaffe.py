"""JAFFE: names and TIFF files."""

from pathlib import Path

import pytest

from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from tests.data.trees import kind_of, save, summary


def test_jaffe_reads_names_and_tiff(tmp_path: Path) -> None:
    codes = {
        "AN": "angry",
        "DI": "disgust",
        "FE": "fear",
        "HA": "happy",
        "SA": "sad",
        "SU": "surprise",
        "NE": "neutral",
    }
    for k, subject in enumerate(("KA", "KL", "KM", "KR", "MK")):
        for j, code in enumerate(codes):
            save(tmp_path / "jaffe" / f"{subject}.{code}1.{10 * k + j}.tiff", 10 * k + j, (64, 64))
    (tmp_path / "jaffe" / "README").write_text("words")
    assert kind_of(tmp_path / "jaffe") == "jaffe"
    pack = prepare(tmp_path / "jaffe", tmp_path / "out")
    assert len(pack) == 35
    assert {e for _, e, _ in summary(pack)} == set(codes.values())
    assert all(
        e == codes[i.split(".")[1][:2]] and (s == "test") == i.startswith("MK")
        for s, e, i in summary(pack)
    )
    save(tmp_path / "jaffe" / "KA.XX1.99.tiff", 99)
    with pytest.raises(
        DataError, match=r"KA.XX1.99.tiff: unknown label 'XX' in the file name; expected AN angry"
    ):
        prepare(tmp_path / "jaffe", tmp_path / "out")
