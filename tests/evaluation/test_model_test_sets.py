"""Lists of test images: which rows, under which name and labels."""

import numpy as np
import pytest

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.sample import sample_pack
from asdcfer.errors import DataError
from asdcfer.evaluation.model_test_sets import ferplus_test_set, own_test_sets
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT
from tests.evaluation.standin import NAMES, toy_pack


def test_private_comes_first_and_the_union_with_public_after_it(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    private, union = own_test_sets(pack, None)
    assert (private.name, union.name) == ("private", "union")
    assert private.rows.tolist() == pack.rows("private").tolist()
    assert sorted(union.rows) == sorted([*pack.rows("public"), *pack.rows("private")])
    assert union.words.startswith("the union of PublicTest and PrivateTest: ")
    assert private.expressions == union.expressions == NAMES


def test_a_split_by_name_is_the_only_list(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    (only,) = own_test_sets(pack, "public")
    assert (only.name, only.words) == ("public", "split public")
    assert not [*ferplus_test_set(pack, "public")]


def test_images_without_a_label_are_in_no_list(tmp_path) -> None:
    rng = np.random.default_rng(0)
    faces = [
        PackItem(rng.integers(0, 256, (24, 24), np.uint8), f"x{i}", "test", i % 3 - 1)
        for i in range(9)
    ]
    write_pack(tmp_path / "p", faces, expressions=NAMES, source={"kind": "tree", "name": "toy"})
    (only,) = own_test_sets(load_pack(tmp_path / "p"), None)
    assert (only.name, only.words) == ("test", "the test split")
    assert only.rows.tolist() == [1, 2, 4, 5, 7, 8]


def test_a_pack_without_labels_or_test_split_says_what_to_do(tmp_path) -> None:
    with pytest.raises(DataError, match="no labels, so nothing can be measured"):
        own_test_sets(toy_pack(tmp_path / "u", labeled=False), None)
    with pytest.raises(DataError, match="name one with `split`"):
        own_test_sets(toy_pack(tmp_path / "p", {"train": 12}), None)


def test_ferplus_labels_of_the_sample_give_one_more_list() -> None:
    pack = sample_pack()
    (found,) = ferplus_test_set(pack, None)
    assert (found.name, found.expressions) == ("ferplus", EXPRESSIONS_WITH_CONTEMPT)
    assert set(found.rows) <= set(pack.rows("private"))
    assert (found.labels[found.rows] >= 0).all()


def test_faces_of_another_set_have_no_ferplus_labels(tmp_path) -> None:
    assert not [*ferplus_test_set(toy_pack(tmp_path / "p"), None)]
