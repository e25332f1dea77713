"""A pack as a data set of PyTorch: in this process, in workers, with a transform."""

import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from asdcfer.data import PackDataset
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import DataError
from tests.evaluation.standin import toy_pack


@pytest.fixture
def pack(tmp_path):
    return toy_pack(tmp_path / "pack", {"train": 12, "test": 5})


def test_images_and_labels_are_those_of_the_pack(pack):
    faces = PackDataset(pack, ["test"])
    assert len(faces) == 5
    assert faces.classes == list(pack.expressions)
    for index, row in enumerate(pack.rows("test")):
        image, label = faces[index]
        assert image.dtype == torch.uint8
        assert np.array_equal(image[0], pack.images[row])
        assert label == pack.labels[row] == faces.targets[index]
    with pytest.raises(IndexError):
        faces[5]


@pytest.mark.slow
def test_workers_open_the_pack_themselves(pack):
    loaded = DataLoader(
        PackDataset(pack), batch_size=5, num_workers=2, multiprocessing_context="spawn"
    )
    batches = list(loaded)
    assert np.array_equal(torch.cat([images for images, _ in batches])[:, 0], pack.images)
    assert torch.cat([labels for _, labels in batches]).tolist() == pack.labels.tolist()


def test_a_pickle_holds_no_images(pack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    faces = PackDataset(load_pack("pack"))
    data = pickle.dumps(faces)
    assert len(data) < pack.images.nbytes
    monkeypatch.chdir("/")
    assert np.array_equal(pickle.loads(data)[3][0][0], pack.images[3])


def test_a_transform_takes_an_array_of_its_own(pack):
    def darkened(image):
        image[:] = 0
        return image.sum()

    assert PackDataset(pack, transform=darkened)[0][0] == 0
    assert pack.images[0].any()


def test_color_comes_channels_first_and_faces_without_labels_can_be_left_out(tmp_path):
    image = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    items = [PackItem(image, str(i), "train", i - 1) for i in range(3)]
    write_pack(tmp_path / "p", items, expressions=["a", "b"], source={"name": "x"})
    pack = load_pack(tmp_path / "p")
    assert PackDataset(pack)[0][1] == -1
    labeled = PackDataset(pack, labeled=True)
    assert (len(labeled), labeled.targets) == (2, [0, 1])
    assert np.array_equal(labeled[0][0].permute(1, 2, 0), image)


def test_a_split_that_is_not_there(pack):
    with pytest.raises(DataError, match="no split 'private'"):
        PackDataset(pack, ["private"])
