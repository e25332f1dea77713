"""Training images of a pack, the labeled faces of the online kNN, and the run's folder."""

import numpy as np
import pytest

from asdcfer.data.pack import PackItem, load_pack, write_pack
from asdcfer.data.splits import TEST_SPLITS, VALIDATION_SPLITS
from asdcfer.errors import DataError, RecipeError
from asdcfer.training.pretrain.dataset import chosen_splits, open_faces, training_images
from asdcfer.training.pretrain.recipe import DataOptions
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.training.run_directory import open_run
from asdcfer.training.run_record import read_record
from tests.training.standin import Told


def made(path, splits, color=False, labeled=True):
    shape = (12, 12, 3) if color else (12, 12)
    random = np.random.default_rng(0)
    faces = [
        PackItem(
            random.integers(0, 256, shape, np.uint8),
            f"{split}{i}",
            split,
            i % 2 if labeled else -1,
        )
        for split in splits
        for i in range(30)
    ]
    return load_pack(write_pack(path, faces, expressions=["happy", "sad"], source={"kind": "test"}))


def test_only_the_chosen_splits_are_trained_on(tmp_path):
    pack = made(tmp_path / "p", ["train", "extra", "public", "private"])
    assert training_images(pack, DataOptions()).equal(
        training_images(pack, DataOptions(splits=["train"]))
    )
    assert len(training_images(pack, DataOptions(splits=["*"]))) == 60
    assert chosen_splits(pack, DataOptions(splits=["*"])) == ["train", "extra"]
    assert len(training_images(pack, DataOptions(images=7))) == 7
    with pytest.raises(DataError, match="no split 'tran'"):
        training_images(pack, DataOptions(splits=["tran"]))
    with pytest.raises(DataError, match="only held-out splits"):
        chosen_splits(made(tmp_path / "q", ["private"]), DataOptions(splits=["*"]))


def test_no_split_that_a_probe_chooses_or_reports_on_is_trained_on(tmp_path):
    pack = made(tmp_path / "p", ["train", *VALIDATION_SPLITS, *TEST_SPLITS])
    assert chosen_splits(pack, DataOptions(splits=["*"])) == ["train"]


def test_color_becomes_gray_once_or_stays(tmp_path):
    pack = made(tmp_path / "p", ["train"], color=True)
    gray = training_images(pack, DataOptions(), channels=1)
    assert gray.shape == (30, 12, 12)
    wanted = np.asarray(pack.images[3], float) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(gray[3].numpy(), wanted, atol=0.51)
    assert training_images(pack, DataOptions(), channels=3).shape == (30, 12, 12, 3)


def test_data_by_name_by_pack_and_by_source(tmp_path):
    recipe = load_recipe("sample")
    assert len(open_faces(recipe, tmp_path)) == 1500
    assert (
        len(
            open_faces(
                load_recipe("sample", [f"data.pack={made(tmp_path / 'p', ['train']).path}"]),
                tmp_path,
            )
        )
        == 30
    )
    with pytest.raises(DataError, match="wants data"):
        open_faces(load_recipe("fer2013_small"), tmp_path)
    with pytest.raises(DataError, match="there is nothing at"):
        open_faces(load_recipe("sample", ["data.pack=/nowhere/at/all"]), tmp_path)


def test_nothing_is_trained_on_a_pack_whose_images_have_changed(tmp_path):
    path = made(tmp_path / "p", ["train"]).path
    data = bytearray((path / "images.u8").read_bytes())
    data[7] ^= 1
    (path / "images.u8").write_bytes(data)
    with pytest.raises(DataError, match=r"images\.u8 is not the file that was prepared"):
        open_faces(load_recipe("sample", [f"data.pack={path}"]), tmp_path / "run")
    path.rename(tmp_path / "pack")
    with pytest.raises(DataError, match=r"images\.u8 is not the file that was prepared"):
        open_faces(load_recipe("sample", [f"data.pack={tmp_path}"]), tmp_path)


def test_a_run_is_never_overwritten_by_accident(tmp_path):
    told = Told()
    recipe, both = load_recipe("sample"), ["teacher", "student"]
    out = tmp_path / "run"
    record = open_run(
        recipe, out, both, resume=False, force=False, data={"images": 3}, progress=told
    )
    assert "teacher.epochs = 28" in told.messages[0]
    record.stage("teacher", seconds=5)
    (out / "teacher").mkdir()
    (out / "teacher" / "metrics.csv").write_text("precious")
    with pytest.raises(RecipeError, match=r"holds a run .*--resume.*--force"):
        open_run(recipe, out, both, resume=False, force=False, data={})
    with pytest.raises(RecipeError, match=r"other settings: seed, teacher\.epochs differ"):
        open_run(
            load_recipe("sample", ["teacher.epochs=2", "seed=4"]),
            out,
            both,
            resume=True,
            force=False,
            data={},
        )
    with pytest.raises(RecipeError, match=r"teacher\.half differ"):
        open_run(
            load_recipe("sample", ["teacher.half=true"]),
            out,
            both,
            resume=True,
            force=False,
            data={},
        )
    assert (out / "teacher" / "metrics.csv").read_text() == "precious"
    # What changes no weight may change; a student may be trained beside the teacher.
    open_run(
        load_recipe("sample", ["teacher.log_every=2"]), out, both, resume=True, force=False, data={}
    )
    open_run(
        load_recipe("sample", ["student.epochs=2"]),
        out,
        ["student"],
        resume=False,
        force=False,
        data={},
    )
    assert read_record(out / "run.json")["stages"]["teacher"]["seconds"] == 5
    open_run(recipe, out, both, resume=False, force=True, data={})
    assert not (out / "teacher").exists()
    assert read_record(out / "run.json")["versions"]["torch"].startswith("2.")
