"""Faces of the online kNN."""

import numpy as np

from asdcfer.data.sample import sample_pack
from asdcfer.training.engine.health_callback import labeled_faces
from tests.training.pretrain.test_dataset import made


def test_the_online_knn_asks_public_faces_and_never_private_ones(tmp_path):
    pack = sample_pack()
    faces = labeled_faces(pack, ["train"], 400)
    assert len(faces.known) == 400
    assert len(faces.asked) == 100
    public = {image.tobytes() for image in pack.images[pack.rows("public")]}
    assert all(image.tobytes() in public for image in faces.asked)
    private = {image.tobytes() for image in pack.images[pack.rows("private")]}
    assert not private & {image.tobytes() for image in np.concatenate([faces.known, faces.asked])}
    both = labeled_faces(pack, ["train", "private"], 5000)
    assert not private & {image.tobytes() for image in both.known}


def test_without_a_public_split_a_fixed_tenth_is_held_out_and_without_labels_there_is_none(
    tmp_path,
):
    splits = ["train", "more", "still more", "even more"]
    pack = made(tmp_path / "p", splits)
    faces = labeled_faces(pack, splits, 100)
    assert len(faces.asked) == 12
    assert len(faces.known) == 100
    assert not {image.tobytes() for image in faces.asked} & {
        image.tobytes() for image in faces.known
    }
    assert labeled_faces(made(tmp_path / "u", ["train"], labeled=False), ["train"], 100) is None
    assert labeled_faces(pack, ["train"], 0) is None
