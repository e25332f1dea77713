"""The counts of pack.json, by hand."""

from asdcfer.data.pack_counts import class_counts, counted_as


def test_each_split_counts_its_own_labels() -> None:
    counts = class_counts([0, 1, 1, -1], [0, 1, 1, 0], ["a", "b"], ["happy", "images"])
    assert counts == {
        "a": {"images": 2, "happy": 1, "images (class)": 0, "unlabeled": 1},
        "b": {"images": 2, "happy": 0, "images (class)": 2, "unlabeled": 0},
    }
    assert counted_as("unlabeled") == "unlabeled (class)"
