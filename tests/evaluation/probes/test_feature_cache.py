"""The cache of features: bounded, least recently used out, never in the way."""

import os
from pathlib import Path

import numpy as np
import pytest

from asdcfer.errors import AsdcferError
from asdcfer.evaluation.probes.feature_cache import cache_folder, cache_limit, keep, read_cached
from asdcfer.evaluation.probes.features import embed, extract
from tests.evaluation.standin import toy_encoder, toy_pack

FEATURE = np.ones((10, 25), np.float32)
SIZE = FEATURE.nbytes + 128
"""Bytes of its file: numpy's header is 128."""


def test_what_was_used_longest_ago_goes_first(tmp_path) -> None:
    for age, name in enumerate("cba"):
        keep(tmp_path / f"{name}.npy", FEATURE, 10 * SIZE)
        os.utime(tmp_path / f"{name}.npy", (1000 - age, 1000 - age))
    assert read_cached(tmp_path / "a.npy", 10, 25) is not None
    keep(tmp_path / "d.npy", FEATURE, 3 * SIZE)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.npy", "c.npy", "d.npy"]
    keep(tmp_path / "e.npy", FEATURE, SIZE)
    assert [file.name for file in tmp_path.iterdir()] == ["e.npy"]


def test_what_is_larger_than_the_cache_is_not_kept_and_removes_nothing(tmp_path) -> None:
    keep(tmp_path / "a.npy", FEATURE, SIZE)
    keep(tmp_path / "b.npy", np.ones((100, 25), np.float32), SIZE)
    assert [file.name for file in tmp_path.iterdir()] == ["a.npy"]


def test_temporary_files_of_killed_processes_go_and_those_of_others_stay(tmp_path) -> None:
    for name, age in ((".x.1.tmp.npy", 10**6), (".y.2.tmp.npy", 0)):
        (tmp_path / name).write_bytes(b"half")
        before = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (before, before))
    keep(tmp_path / "a.npy", FEATURE, SIZE)
    assert sorted(file.name for file in tmp_path.iterdir()) == [".y.2.tmp.npy", "a.npy"]


def test_the_limit_is_settable_and_nothing_is_kept_at_zero(tmp_path, monkeypatch) -> None:
    pack, encoder = (
        toy_pack(tmp_path / "pack", {"train": 6, "public": 2, "private": 2}),
        toy_encoder(),
    )
    rows = pack.rows("train")
    monkeypatch.setenv("ASDCFER_CACHE_GB", "0")
    expected = embed(pack.images[rows], encoder)
    np.testing.assert_allclose(
        extract(encoder, pack, rows, cache=tmp_path / "cache"), expected, atol=1e-6
    )
    assert not (tmp_path / "cache").exists()
    monkeypatch.setenv("ASDCFER_CACHE_GB", f"{1.5 * (expected.nbytes + 128) / 1e9:.9f}")
    for hflip in (False, True):
        extract(encoder, pack, rows, cache=tmp_path / "cache", hflip=hflip)
    assert len(list((tmp_path / "cache" / "features").iterdir())) == 1
    monkeypatch.delenv("ASDCFER_CACHE_GB")
    assert cache_limit() == 5 * 10**9
    for wrong in ("much", "-1", "nan", "inf"):
        monkeypatch.setenv("ASDCFER_CACHE_GB", wrong)
        with pytest.raises(AsdcferError, match="number of gigabytes"):
            cache_limit()


def test_a_cache_that_cannot_be_written_is_not_in_the_way(tmp_path) -> None:
    pack, encoder = (
        toy_pack(tmp_path / "pack", {"train": 6, "public": 2, "private": 2}),
        toy_encoder(),
    )
    (tmp_path / "file").write_text("")
    rows = pack.rows("train")
    np.testing.assert_allclose(
        extract(encoder, pack, rows, cache=tmp_path / "file"),
        embed(pack.images[rows], encoder),
        atol=1e-6,
    )


def test_a_user_without_a_home_keeps_nothing(monkeypatch) -> None:
    for name in ("ASDCFER_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    assert cache_folder() is None
