"""The search for near duplicates on workers: the pairs of a run without them."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from asdcfer import api
from asdcfer.api.audit_workers import SearchWork
from asdcfer.data import hash_search
from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.perceptual_hash import perceptual_hash
from asdcfer.data.sample import sample_pack
from asdcfer.errors import AsdcferError
from tests.engines import cluster
from tests.engines.inprocess import spread_here

WORKERS = "asdcfer.api.audit_workers"


@pytest.fixture
def packs(tmp_path: Path) -> list[Pack]:
    """Two packs with faces that come twice, brighter or moved."""
    faces = np.asarray(sample_pack().images[:120])
    near = np.clip(faces[:30].astype(int) + 9, 0, 255).astype(np.uint8)
    moved = np.roll(faces[30:50], 1, axis=2)
    found = []
    for name, images in (("one", [*faces, *near]), ("two", [*moved, *faces[:5]])):
        items = [PackItem(image, f"row {row}") for row, image in enumerate(images)]
        path = write_pack(tmp_path / name, items, expressions=["a"], source={"name": name})
        found.append(load_pack(path))
    return found


def test_the_pairs_are_those_of_a_run_without(packs, tmp_path, monkeypatch, heard) -> None:
    monkeypatch.setattr(hash_search, "_BLOCK", 2**10)
    monkeypatch.setattr(hash_search, "_JOB", 4000)
    here = api.audit(packs, tmp_path / "here")
    engine = spread_here(monkeypatch, WORKERS)
    there = api.audit(packs, tmp_path / "there", engine=engine, progress=heard)
    assert here.near >= 30
    for field in fields(here.pairs):
        one, two = (getattr(found.pairs, field.name) for found in (here, there))
        assert one.dtype == two.dtype
        assert np.array_equal(one, two)
    assert here.csv.read_bytes() == there.csv.read_bytes()
    assert len(heard.calls["comparing"]) > 3
    assert heard.calls["comparing"][-1] == (there.images, there.images)


def test_a_worker_that_has_other_faces_or_other_parts_stops(packs) -> None:
    rows = np.arange(len(packs[0]))
    hashes = perceptual_hash(packs[0].images)
    other = SearchWork([packs[0].path], [packs[1].info["hashes"]], hashes, rows, 16, 0.22)
    with pytest.raises(AsdcferError, match="a worker has other faces at "):
        other()
    work = SearchWork([packs[0].path], [packs[0].info["hashes"]], hashes, rows, 16, 0.22)
    with pytest.raises(AsdcferError, match="a worker divides the search otherwise"):
        work()([0, 99])


@pytest.mark.slow
def test_the_real_command_finds_the_same_pairs_on_workers(packs, tmp_path) -> None:
    cluster.needs_ray()
    here = api.audit(packs, tmp_path / "here")
    words = ["audit", *(str(pack.path) for pack in packs), "--out", str(tmp_path / "there")]
    done = cluster.run(tmp_path / "home", "-m", "asdcfer", *words, "--engine", "ray")
    assert done.returncode == 0, done.stderr
    assert here.csv.read_bytes() == (tmp_path / "there" / "duplicates.csv").read_bytes()
    assert cluster.processes(tmp_path / "home") == {}
