"""Training images of a pack, the labeled faces of the online kNN, and the run's folder."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.splits import TEST_SPLITS, VALIDATION_SPLITS
from asdcfer.errors import DataError
from asdcfer.methods.moco import Moco
from asdcfer.methods.registry import build_method
from asdcfer.training.pretrain.dataset import (
    chosen_splits,
    give_annotations,
    open_faces,
    training_images,
)
from asdcfer.training.pretrain.recipe import DataOptions
from asdcfer.training.pretrain.recipe_files import load_recipe
from tests.factories import small_encoder
from tests.moving_faces import moving_pack


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


def test_labels_reach_a_method_that_needs_them_in_the_order_of_the_images(tmp_path):
    pack = made(tmp_path / "p", ["train", "private"])
    method = build_method("supervised", small_encoder(), {"expressions": 2})
    give_annotations(method, pack, DataOptions())
    assert method.labels.labels.tolist() == [i % 2 for i in range(30)]
    few = DataOptions(images=7)
    give_annotations(method, pack, few)
    faces, labels = training_images(pack, few), method.labels.labels
    for face, label in zip(faces, labels, strict=True):
        (row,) = np.flatnonzero((pack.images == face.numpy()).all((1, 2)))
        assert (pack.split[row], pack.labels[row]) == ("train", label)


def test_labels_are_kept_from_all_others_and_missing_ones_are_one_line(tmp_path, monkeypatch):
    unlabeled = made(tmp_path / "p", ["train"], labeled=False)
    supervised = build_method("supervised", small_encoder(), {"expressions": 2})
    with pytest.raises(DataError, match=r"Supervised learns from labels, and .* none in train"):
        give_annotations(supervised, unlabeled, DataOptions())
    monkeypatch.setattr(Moco, "take_labels", lambda *_: pytest.fail("labels for MoCo"))
    give_annotations(build_method("moco", small_encoder()), unlabeled, DataOptions())


def test_any_method_gets_the_moments_that_its_views_ask_for(tmp_path):
    pack = moving_pack(tmp_path / "pack", tracks=3, moments=4, every=0.5)
    method = build_method("simclr", small_encoder())
    give_annotations(method, pack, DataOptions())
    assert method.partners(torch.arange(12), None) is None
    give_annotations(method, pack, DataOptions(), temporal=0.5)
    for _ in range(20):
        partners = method.partners(torch.arange(12), None)
        assert torch.equal(partners // 4, torch.arange(12) // 4)
        assert ((partners - torch.arange(12)).abs() == 1).all()
    assert not any("moments" in name for name in method.state_dict())


def test_faces_of_no_track_are_their_own_partners(tmp_path):
    pack = made(tmp_path / "p", ["train"])
    method = build_method("moco", small_encoder(), {"queue_size": 8})
    give_annotations(method, pack, DataOptions(), temporal=5)
    assert method.moments.shared == 0
    assert torch.equal(method.partners(torch.arange(9), None), torch.arange(9))


def test_a_method_that_learns_from_labels_pairs_moments_of_one_label(tmp_path):
    pack = moving_pack(tmp_path / "pack", tracks=2, moments=6, every=0.1)
    labels = np.tile([0, 1], 6)
    pack = replace(pack, labels=labels)
    method = build_method("supcon", small_encoder())
    give_annotations(method, pack, DataOptions(), temporal=9)
    partners = method.partners(torch.arange(12), None)
    assert (labels[partners] == labels).all()
    assert (partners != torch.arange(12)).all()
    assert torch.equal(partners // 6, torch.arange(12) // 6)
