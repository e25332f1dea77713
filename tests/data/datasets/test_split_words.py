"""Names of splits, alone and inside longer ones."""

import pytest

from asdcfer.data.datasets.split_words import split_in, splits_among


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("TRAIN", "train"),
        ("Training Data", "train"),
        ("train_afew", "train"),
        ("FER2013Train", "train"),
        ("trainval", "train"),
        ("train_val", "train"),
        ("val_afew", "val"),
        ("FER2013Valid", "val"),
        ("dev", "val"),
        ("Testing Data", "test"),
        ("images_test", "test"),
        ("test-images", "test"),
        ("PublicTest", "public"),
        ("private test", "private"),
        ("Entrenamiento", "train"),
        ("测试集", "test"),
        ("train_test_split", None),
        ("test subject 4", None),
        ("Protestant", None),
        ("public", "public"),
        ("public holidays", None),
        ("latest", None),
    ],
)
def test_a_name_holds_a_split_or_none(name: str, split: str | None) -> None:
    assert split_in(name) == split


def test_words_inside_names_count_in_company() -> None:
    assert splits_among(["data_train", "data_test", "notes"]) == {
        "data_train": "train",
        "data_test": "test",
    }
    assert splits_among(["test drive", "Rome", "train ride"]) == {
        "test drive": "test",
        "train ride": "train",
    }
    assert splits_among(["test drive", "Rome"]) == {}
    assert splits_among(["test", "Rome"]) == {"test": "test"}
    assert splits_among(["tr", "TE", "notes"]) == {"tr": "train", "TE": "test"}
    assert splits_among(["train", "tst", "vl"]) == {"train": "train", "tst": "test", "vl": "val"}
    assert splits_among(["te", "va"]) == {}
    assert splits_among(["Trainingsdaten", "Testdaten"]).keys() == {"Trainingsdaten", "Testdaten"}
