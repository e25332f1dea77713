import json

import numpy as np
import pytest

from asdcfer.data.open import open_pack, votes_beside
from asdcfer.data.pack import PackItem, write_pack
from asdcfer.data.sample import sample_pack
from asdcfer.errors import AsdcferError, DataError
from asdcfer.evaluation.probes.few_labels import draw_labels, fraction_probe
from asdcfer.evaluation.probes.run import file_name, run_probes
from asdcfer.reporting.console_tables import label_of
from tests.evaluation.standin import NAMES, toy_encoder, toy_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return toy_pack(tmp_path_factory.mktemp("suite") / "pack")


def test_drawn_labels_are_stratified_nested_and_repeat() -> None:
    labels = np.repeat([0, 1, 2], [100, 50, 3])
    rows = np.arange(len(labels))
    small, large = (draw_labels(labels, rows, share=share, seed=4) for share in (0.05, 0.25))
    assert np.bincount(labels[small]).tolist() == [5, 2, 1]
    assert np.bincount(labels[large]).tolist() == [25, 12, 1]
    assert set(small) <= set(large)
    assert np.array_equal(small, draw_labels(labels, rows, share=0.05, seed=4))
    assert not np.array_equal(small, draw_labels(labels, rows, share=0.05, seed=5))
    assert np.bincount(labels[draw_labels(labels, rows, per_class=10)]).tolist() == [10, 10, 3]
    with pytest.raises(ValueError, match="either"):
        draw_labels(labels, rows)
    with pytest.raises(ValueError, match="lie in"):
        draw_labels(labels, rows, share=0.0)


def test_fractions_say_which_labels_they_used(pack) -> None:
    results = fraction_probe(
        toy_encoder(), pack, shares=(0.1, 0.5), per_class=(3,), seeds=(0, 1), cache=None
    )
    private = [r for r in results if r["evaluated_on"] == "private"]
    assert [r["labels_used"]["images"] for r in private] == [6, 6, 30, 30, 9, 9]
    assert all(
        r["chosen_on"] == "public" and r["training_images"] == r["labels_used"]["images"]
        for r in private
    )
    assert (
        "10% of them" in private[0]["protocol"]
        and "3 of each expression" in private[-1]["protocol"]
    )


def test_every_result_of_the_suite_is_a_file_of_its_own(pack, tmp_path) -> None:
    results = run_probes(
        toy_encoder(),
        pack,
        kinds=("knn", "linear", "flattened", "fractions"),
        shares=(0.5,),
        out=tmp_path,
        name="student",
    )
    files = sorted(tmp_path.glob("*.json"))
    assert len(files) == len(results) == 8
    assert {f.stem for f in files if f.stem.endswith("private")} == {
        "student-knn-grid-private",
        "student-linear-grid-private",
        "student-linear-flattened-private",
        "student-fraction-grid-share0.5-draw0-private",
    }, "the ordinary names"
    assert {json.loads(f.read_text())["encoder"] for f in files} == {"student"}
    flat = next(r for r in results if r["feature"]["pooling"] == "flattened")
    assert flat["feature"]["dim"] > toy_encoder().map_channels[-1]
    with pytest.raises(DataError, match="no probe 'tree'"):
        run_probes(toy_encoder(), pack, kinds=("tree",))


def test_poolings_mirror_and_scaling_do_not_overwrite_each_other(pack, tmp_path) -> None:
    encoder, found = toy_encoder(), []
    for more in (
        {},
        {"pooling": "grid", "pooling_arguments": {"map": 1, "cells": 2}},
        {"pooling": "grid", "pooling_arguments": {"map": 1, "cells": 3}},
        {"pooling": "grid"},
        {"tta": "features"},
        {"tta": "features", "scalings": ("whole",)},
        {"scalings": ("whole",)},
    ):
        found += run_probes(encoder, pack, kinds=("linear",), out=tmp_path, **more)
    for map in (-1, 0):
        found += run_probes(
            encoder, pack, kinds=("flattened",), out=tmp_path, pooling_arguments={"map": map}
        )
    kept = {f.stem: json.loads(f.read_text()) for f in tmp_path.glob("*.json")}
    assert len(kept) == len(found) == 18
    assert sorted(r["accuracy"] for r in kept.values()) == sorted(r["accuracy"] for r in found)
    assert kept["linear-grid-cells2-map1-private"]["feature"]["arguments"] == {"map": 1, "cells": 2}
    assert (
        kept["linear-grid-tta-features-scaling-whole-private"]["hyperparameters"]["tta"]
        == "features"
    )
    assert {
        "linear-grid-private",
        "linear-grid-default-private",
        "linear-flattened-private",
        "linear-flattened-map0-private",
    } <= set(kept)
    labels = {
        label_of(r)
        for r in kept.values()
        if r["evaluated_on"] == "private" and r["hyperparameters"]["scaling"] == "each"
    }
    assert len(labels) == 7, "tables tell them apart as well"
    run_probes(
        encoder,
        pack,
        kinds=("linear",),
        out=tmp_path,
        pooling="grid",
        pooling_arguments={"map": 1, "cells": 4},
    )
    assert len(list(tmp_path.glob("*.json"))) == 18, (
        "the encoder's own pooling is the same result however it is asked for"
    )


def test_fractions_are_made_of_ferplus_labels_where_votes_are_known() -> None:
    pack = sample_pack()
    found = run_probes(
        toy_encoder(), pack, kinds=("fractions",), shares=(0.1,), per_class=(4,), cache=None
    )
    on = [
        (r["evaluated_on"], r["labels_used"]["images"], len(r["expressions"]))
        for r in found
        if r["evaluated_on"] != "union"
    ]
    assert [(name, classes) for name, _, classes in on] == [
        ("private", 7),
        ("private", 7),
        ("ferplus", 8),
        ("ferplus", 8),
    ]
    assert all(
        "FER+ majority labels" in r["protocol"] for r in found if r["evaluated_on"] == "ferplus"
    )
    assert len({file_name(r) for r in found}) == len(found)


def test_twins_of_training_images_are_found_and_left_out(tmp_path) -> None:
    pack = toy_pack(tmp_path / "a")
    faces = [
        PackItem(np.array(pack.images[i]), f"{i}", str(pack.split[i]), int(pack.labels[i]))
        for i in range(len(pack))
    ]
    faces.append(PackItem(np.array(pack.images[0]), "copy", "private", int(pack.labels[0])))
    write_pack(tmp_path / "b", faces, expressions=NAMES, source={"kind": "tree"})
    with open_pack(tmp_path / "b") as doubled:
        found = run_probes(toy_encoder(), doubled, kinds=("knn",), without_twins=True)
    images = {r["evaluated_on"]: r["images"] for r in found}
    assert images["private"] == 25
    assert images["private without twins"] < 25
    assert all(r["twins_removed"] >= 1 for r in found if "without" in r["evaluated_on"])


def test_opened_takes_packs_sample_and_sources(pack, tmp_path, monkeypatch) -> None:
    with open_pack(pack.path) as found:
        assert len(found) == len(pack)
    monkeypatch.setenv("ASDCFER_DATA", str(pack.path.parent))
    with open_pack(pack.path.name) as found:
        assert len(found) == len(pack) and votes_beside(pack.path.name) is None
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
