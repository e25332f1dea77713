"""CK+ as its authors give it: the last frames have the label, the first is neutral."""

from pathlib import Path

import pytest

from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from tests.data.trees import kind_of, read_as, tiles


def ckplus(root: Path, labels: dict[str, str], frames: int = 5) -> Path:
    for subject, code in labels.items():
        stem = f"{subject}_001_"
        tiles(
            root / "cohn-kanade-images" / subject / "001",
            *(f"{stem}{i:08d}.png" for i in range(1, frames + 1)),
        )
        folder = root / "Emotion" / subject / "001"
        folder.mkdir(parents=True)
        if code:
            (folder / f"{stem}{frames:08d}_emotion.txt").write_text(code)
    return root


def test_frames_get_the_labels_of_their_sequence(tmp_path: Path) -> None:
    codes = {"S005": "   3.0000000e+00\n", "S010": "5", "S011": "7.0", "S014": "1", "S022": "2"}
    source = ckplus(tmp_path / "CK+", codes | {"S026": ""})
    assert kind_of(source) == "ckplus_official"
    told: list[str] = []
    read = read_as(source, told=told.append)
    assert len(read) == 5 * 4
    assert read["S005/001/S005_001_00000001.png"] == ("neutral", "train")
    for i in (3, 4, 5):
        assert read[f"S005/001/S005_001_{i:08d}.png"] == ("disgust", "train")
    assert read["S022/001/S022_001_00000005.png"] == ("contempt", "test")
    assert any("left out: 5 frames between them, and 1 sequences" in line for line in told)
    pack = prepare(source, tmp_path / "out")
    assert len(pack.info["skipped"]) == 5 + 5
    assert pack.more["group"].count("S005") == 4


def test_a_short_sequence_keeps_a_labeled_frame(tmp_path: Path) -> None:
    assert [label for label, _ in read_as(ckplus(tmp_path, {"S005": "3"}, 2)).values()] == [
        "neutral",
        "disgust",
    ]


@pytest.mark.parametrize("text", ["9", "happy", "", "\ufeff3"])
def test_a_wrong_label_is_named(tmp_path: Path, text: str) -> None:
    ckplus(tmp_path / "in", {"S005": "3"})
    file = next(tmp_path.rglob("*_emotion.txt"))
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"_emotion.txt holds no label of CK\+; expected 0 neutral"):
        read_as(tmp_path / "in")
