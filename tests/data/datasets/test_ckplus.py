"""CK+48: subjects are divided."""

from pathlib import Path

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.expressions import (
    EXPRESSIONS,
    EXPRESSIONS_WITH_CONTEMPT,
)
from tests.data.trees import kind_of, save, summary


def test_ckplus_divides_by_subject(tmp_path: Path) -> None:
    folders = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")
    for subject in range(10):
        for frame in (1, 2):
            save(
                tmp_path / "CK+48" / folders[subject % 7] / f"S{subject:03d}_001_{frame:08d}.png",
                10 * subject + frame,
            )
    assert kind_of(tmp_path / "CK+48") == "ckplus"
    pack = prepare(tmp_path / "CK+48", tmp_path / "out")
    assert pack.expressions == EXPRESSIONS_WITH_CONTEMPT
    assert len(pack) == 20
    subjects = {
        split: {i.split("/")[1][:4] for s, _, i in summary(pack) if s == split}
        for split in ("train", "test")
    }
    assert subjects["test"] == {"S004", "S009"}
    assert not subjects["train"] & subjects["test"]
    labels = {i.split("/")[0]: e for _, e, i in summary(pack)}
    assert labels == dict(
        zip(
            folders,
            ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise"),
            strict=True,
        )
    )
    assert (
        prepare(tmp_path / "CK+48", tmp_path / "out", Options(expressions=7)).expressions
        == EXPRESSIONS
    )
