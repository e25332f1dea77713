"""Splits of groups: none is divided, held-out parts are small, and names alone decide the order."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from asdcfer.recordings.group_splits import MOST, split_groups

recorded = st.dictionaries(
    st.text("abcdef/", min_size=1, max_size=4),
    st.tuples(st.integers(0, 5), st.integers(0, 300), st.booleans()),
    max_size=25,
)


@given(recorded)
def test_groups_are_whole_and_held_out_parts_small(known):
    groups = {name: f"g{group}" for name, (group, _, _) in known.items()}
    faces = {name: count for name, (_, count, _) in known.items()}
    movable = [name for name, (_, _, moves) in known.items() if moves]
    found = split_groups(groups, faces, movable)
    assert found.keys() == groups.keys()
    for group in set(groups.values()):
        assert len({found[name] for name, own in groups.items() if own == group}) == 1
    held: Counter[str] = Counter()
    for name, split in found.items():
        held[split] += faces[name]
        if split != "train":
            assert any(groups[other] == groups[name] for other in movable)
    whole = sum(faces.values())
    assert held["test"] <= MOST * whole
    assert held["val"] <= MOST * whole
    assert found == split_groups(dict(reversed(groups.items())), faces, movable[::-1])
    if groups:
        assert "train" in found.values()


def test_two_videos_are_not_torn_and_ten_are_divided():
    def splits(count):
        names = [f"{n}.mp4" for n in range(count)]
        return Counter(split_groups({n: n for n in names}, dict.fromkeys(names, 9), names).values())

    assert splits(2) == {"train": 2}
    assert splits(5) == {"train": 3, "test": 1, "val": 1}
    assert splits(30) == {"train": 24, "test": 3, "val": 3}
