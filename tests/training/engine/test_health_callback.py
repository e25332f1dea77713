"""Faces of the online kNN."""

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch

from asdcfer.data.sample import sample_pack
from asdcfer.models.registry import build_encoder
from asdcfer.training.engine.health_callback import HealthCallback, LabeledFaces, labeled_faces
from tests.training.pretrain.test_dataset import made
from tests.training.standin import SPEC


def test_the_online_knn_asks_public_faces_and_never_private_ones(tmp_path):
    pack = sample_pack()
    faces = labeled_faces(pack, ["train"], 400)
    assert len(faces.known) == 400
    assert len(faces.asked) == 100
    public = {image.tobytes() for image in pack.images[pack.rows("public")]}
    assert all(image.tobytes() in public for image in faces.asked)
    private = {image.tobytes() for image in pack.images[pack.rows("private")]}
    assert not private & {image.tobytes() for image in np.concatenate([faces.known, faces.asked])}
    assert faces.held_out
    both = labeled_faces(pack, ["train", "private"], 5000)
    assert not private & {image.tobytes() for image in both.known}


@pytest.mark.parametrize("name", ["public", "valid", "validation", "val"])
def test_the_split_that_validates_is_asked_by_any_of_its_names(tmp_path, name):
    pack = made(tmp_path / "p", ["train", "more", "still more", name])
    faces = labeled_faces(pack, ["train"], 40)
    assert faces.held_out
    own = {image.tobytes() for image in pack.images[pack.rows(name)]}
    assert {image.tobytes() for image in faces.asked} <= own
    # Where it is trained on, it is no longer held out.
    assert not labeled_faces(pack, pack.splits, 100).held_out


def test_a_share_of_the_teachers_answers_is_told_of_held_out_faces_alone():
    class Log:
        measured: ClassVar[dict] = {}

    def explained(held_out: bool) -> float | None:
        images = (np.random.default_rng(0).random((30, 16, 16)) * 255).astype(np.uint8)
        labels = np.arange(30) % 3
        labeled = LabeledFaces(images, labels, images[:12], labels[:12], held_out)
        callback = HealthCallback(
            Log(), torch.from_numpy(images), 1, "32-true", labeled, explained=lambda faces: 0.5
        )
        module = SimpleNamespace(
            step=4,
            epoch=1,
            plan=SimpleNamespace(total_steps=4, steps_per_epoch=4),
            between_steps=True,
            exported_encoder=build_encoder(SPEC).eval(),
            sums={},
        )
        callback.on_train_batch_end(SimpleNamespace(is_global_zero=True), module, None, None, 0)
        return callback.health.explained

    assert explained(held_out=True) == 0.5
    assert explained(held_out=False) is None


def test_without_a_validation_split_a_fixed_tenth_is_asked_and_without_labels_there_is_none(
    tmp_path,
):
    splits = ["train", "more", "still more", "even more"]
    pack = made(tmp_path / "p", splits)
    faces = labeled_faces(pack, splits, 100)
    assert len(faces.asked) == 12
    assert not faces.held_out
    assert len(faces.known) == 100
    assert not {image.tobytes() for image in faces.asked} & {
        image.tobytes() for image in faces.known
    }
    assert labeled_faces(made(tmp_path / "u", ["train"], labeled=False), ["train"], 100) is None
    assert labeled_faces(pack, ["train"], 0) is None
