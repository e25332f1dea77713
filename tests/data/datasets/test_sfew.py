"""SFEW 2.0: frames of films; the test images have no labels and keep their split."""

from pathlib import Path

from tests.data.trees import kind_of, read_as, tiles


def test_sfew_keeps_its_unlabeled_test_apart(tmp_path: Path) -> None:
    frames = [
        f"{split}/{name}/AirHeads_00051924{i}_00000005.png"
        for split in ("Train", "Val")
        for i, name in enumerate(("Angry", "Happy", "Neutral"))
    ]
    source = tiles(tmp_path / "SFEW", *frames, "Test/21_000523240_00000015.png")
    assert kind_of(source) == "sfew"
    read = read_as(source)
    assert len(read) == 7
    assert read["Test/21_000523240_00000015.png"] == (None, "test")
    assert read["Val/Happy/AirHeads_000519241_00000005.png"] == ("happy", "val")
