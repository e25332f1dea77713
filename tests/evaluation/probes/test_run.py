import json

import numpy as np
import pytest

from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.resolve_data import open_pack, votes_beside
from asdcfer.errors import AsdcferError, DataError
from asdcfer.evaluation.probes.context import PoolingChoice
from asdcfer.evaluation.probes.few_labels import FewLabelsProbe
from asdcfer.evaluation.probes.knn import KnnProbe
from asdcfer.evaluation.probes.linear import LinearProbe
from asdcfer.evaluation.probes.registry import PROBES, build_probes
from asdcfer.evaluation.probes.run import for_pooling, run_probes
from asdcfer.evaluation.result import read_result
from asdcfer.reporting.console_tables import label_of
from tests.evaluation.standin import NAMES, toy_context, toy_encoder, toy_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return toy_pack(tmp_path_factory.mktemp("suite") / "pack")


@pytest.mark.slow
def test_every_result_is_a_file_of_its_own(pack, tmp_path) -> None:
    probes = build_probes(PROBES, shares=(0.5,))
    results = run_probes(toy_context(pack), probes, out=tmp_path, name="student")
    files = sorted(tmp_path.glob("*.json"))
    assert len(files) == len(results)
    kinds = {f.stem.split("-")[1] for f in files}
    assert kinds == {*PROBES, "linear"} - {"flattened"}
    shots = {f.stem for f in files if "few_shot" in f.stem}
    assert {f.stem for f in files if f.stem.endswith("private")} - shots == {
        "student-knn-grid-private",
        "student-linear-grid-private",
        "student-linear-flattened-private",
        "student-few_labels-grid-share0.5-draw0-private",
    }, "the ordinary names"
    assert {json.loads(f.read_text())["encoder"] for f in files} == {"student"}
    flat = next(r for r in results if r.feature.pooling == "flattened")
    assert flat.feature.dim > toy_encoder().map_channels[-1]


@pytest.mark.slow
def test_poolings_mirror_and_scaling_do_not_overwrite_each_other(pack, tmp_path) -> None:
    found = []

    def grid(**arguments):
        return PoolingChoice(pooling="grid", arguments=arguments)

    for changes, settings in (
        ({}, {}),
        ({"pooling": grid(map=1, cells=2)}, {}),
        ({"pooling": grid(map=1, cells=3)}, {}),
        ({"pooling": grid()}, {}),
        ({"tta": "features"}, {}),
        ({"tta": "features"}, {"scalings": ("whole",)}),
        ({}, {"scalings": ("whole",)}),
    ):
        found += run_probes(toy_context(pack, **changes), [LinearProbe(**settings)], out=tmp_path)
    for map in (-1, 0):
        context = toy_context(pack, pooling=grid(map=map))
        found += run_probes(context, build_probes(["flattened"]), out=tmp_path)
    kept = {f.stem: read_result(f) for f in tmp_path.glob("*.json")}
    assert len(kept) == len(found) == 18
    assert sorted(r.accuracy for r in kept.values()) == sorted(r.accuracy for r in found)
    assert kept["linear-grid-cells2-map1-private"].feature.arguments == {"map": 1, "cells": 2}
    assert kept["linear-grid-tta-features-scaling-whole-private"].protocol.tta == "features"
    assert {
        "linear-grid-private",
        "linear-grid-default-private",
        "linear-flattened-private",
        "linear-flattened-map0-private",
    } <= set(kept)
    labels = {
        label_of(r)
        for r in kept.values()
        if r.evaluated_on == "private" and r.hyperparameters["scaling"] == "each"
    }
    assert len(labels) == 7, "tables tell them apart as well"
    run_probes(toy_context(pack, pooling=grid(map=1, cells=4)), [LinearProbe()], out=tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 18, (
        "the encoder's own pooling is the same result however it is asked for"
    )


def test_costly_probes_are_run_for_the_own_pooling_alone() -> None:
    probes = [LinearProbe(), KnnProbe(), FewLabelsProbe(), *build_probes(["flattened"])]
    assert for_pooling(probes, own=True) == probes
    assert for_pooling(probes, own=False) == probes[:2]


def test_twins_of_training_images_are_found_and_left_out(tmp_path) -> None:
    pack = toy_pack(tmp_path / "a")
    faces = [
        PackItem(np.array(pack.images[i]), f"{i}", str(pack.split[i]), int(pack.labels[i]))
        for i in range(len(pack))
    ]
    faces.append(PackItem(np.array(pack.images[0]), "copy", "private", int(pack.labels[0])))
    write_pack(tmp_path / "b", faces, expressions=NAMES, source={"kind": "tree"})
    with open_pack(tmp_path / "b") as doubled:
        found = run_probes(toy_context(doubled), [KnnProbe()], without_twins=True)
    images = {r.test_set: r.images for r in found}
    assert images["private"] == 25
    assert images["private without twins"] < 25
    assert all(r.twins_removed >= 1 for r in found if "without" in r.test_set)


def test_opened_takes_packs_sample_and_sources(pack, tmp_path, monkeypatch) -> None:
    with open_pack(pack.path) as found:
        assert len(found) == len(pack)
    monkeypatch.setenv("ASDCFER_DATA", str(pack.path.parent))
    with open_pack(pack.path.name) as found:
        assert len(found) == len(pack)
        assert votes_beside(pack.path.name) is None
    with open_pack("sample") as found:
        assert len(found) == 1500
    pixels = " ".join(["7"] * 2304)
    rows = [
        f"{i % 7},{pixels},{usage}"
        for i, usage in enumerate(["Training"] * 7 + ["PublicTest"] * 7 + ["PrivateTest"] * 7)
    ]
    (tmp_path / "fer2013.csv").write_text("emotion,pixels,Usage\n" + "\n".join(rows) + "\n")
    with open_pack(tmp_path / "fer2013.csv") as found:
        where = found.path
        assert found.splits == ["train", "public", "private"]
    assert not where.exists()
    assert votes_beside(tmp_path / "fer2013.csv") is None
    (tmp_path / "fer2013new.csv").write_text("")
    assert (
        votes_beside(tmp_path / "fer2013.csv")
        == votes_beside(tmp_path)
        == tmp_path / "fer2013new.csv"
    )
    with pytest.raises(DataError, match="nothing at"), open_pack(tmp_path / "none"):
        pass
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "images.u8").write_bytes(b"12")
    with pytest.raises(AsdcferError, match="interrupted run"), open_pack(tmp_path / "half"):
        pass


def test_results_are_not_made_of_a_pack_whose_images_have_changed(tmp_path) -> None:
    path = toy_pack(tmp_path / "pack").path
    data = bytearray((path / "images.u8").read_bytes())
    data[7] ^= 1
    (path / "images.u8").write_bytes(data)
    with (
        pytest.raises(
            DataError, match=r"images\.u8 is not the file that was prepared.*asdcfer prepare"
        ),
        open_pack(path),
    ):
        pass
