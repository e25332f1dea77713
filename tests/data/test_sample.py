"""The bundled sample: what it holds, that it is FER-2013, and that its command makes it."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets import ferplus
from asdcfer.data.pack import Pack
from asdcfer.data.sample import make_sample, sample_ferplus_labels, sample_pack
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT
from asdcfer.files import sha256
from tests.data.trees import FER_CSV, FER_VOTES, contents, needs_fer


def test_splits_and_balance() -> None:
    pack = sample_pack()
    assert pack.images.shape == (1500, 48, 48)
    assert pack.expressions == EXPRESSIONS
    assert pack.votes is None
    assert pack.splits == ["train", "public", "private"]
    assert [len(pack.rows(split)) for split in pack.splits] == [1000, 250, 250]
    for split in pack.splits:
        counts = np.bincount(pack.labels[pack.rows(split)], minlength=7)
        assert counts.max() - counts.min() <= 1
    assert all(sha256(pack.path / name) == value for name, value in pack.info["hashes"].items())


def test_it_is_small_and_attributed() -> None:
    folder = Path(str(resources.files("asdcfer"))) / "sample"
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 4_000_000
    text = (folder / "ATTRIBUTION.md").read_text()
    assert "Goodfellow" in text
    assert "research" in text
    assert "Barsoum" in text


def test_ferplus_labels_agree_mostly_with_the_original_ones() -> None:
    pack, labels = sample_pack(), sample_ferplus_labels()
    kept = labels >= 0
    names = np.array(EXPRESSIONS_WITH_CONTEMPT)
    # FER+ corrected the labels; on most faces the two agree.
    assert kept.mean() > 0.7
    assert (names[labels[kept]] == np.array(EXPRESSIONS)[pack.labels[kept]]).mean() > 0.55


@needs_fer
@pytest.mark.slow
def test_the_committed_command_makes_the_committed_bytes(tmp_path: Path, real_fer: Pack) -> None:
    make_sample(FER_CSV, FER_VOTES, tmp_path / "fer2013")
    assert contents(tmp_path / "fer2013") == contents(sample_pack().path)
    assert (tmp_path / "ferplus_votes.npy").read_bytes() == (
        sample_pack().path.parent / "ferplus_votes.npy"
    ).read_bytes()
    assert np.array_equal(ferplus.labels_for(sample_pack(), FER_VOTES), sample_ferplus_labels())
    pack, rows = sample_pack(), [int(name.removeprefix("fer")) for name in sample_pack().ids]
    assert np.array_equal(real_fer.images[rows], pack.images)
    assert np.array_equal(real_fer.labels[rows], pack.labels)
    assert np.array_equal(real_fer.split[rows], pack.split)
