"""Splits of recordings, whole groups at a time."""

import zlib
from collections import Counter
from collections.abc import Collection, Mapping

TEST, VALIDATION = "test", "val"
SHARE = 0.1
"""Each of the two held-out splits gets this part of the faces at least, where groups allow it."""
MOST = 0.2
"""And never more than this part."""


def split_groups(
    groups: Mapping[str, str], faces: Mapping[str, int], movable: Collection[str]
) -> dict[str, str]:
    """Return the split of each recording: "train", "val" or "test".

    The largest group trains. Of the others, in an order that their names decide and nothing else,
    test gets groups until it has a tenth of the faces, then val; a group with which one of them
    would have more than a fifth goes to train.

    Args:
        groups: of recordings, which are never divided.
        faces: number of faces of each recording.
        movable: recordings that may be held out; a group without one trains.

    Example:
        >>> names = [f"{n}.mp4" for n in range(10)]
        >>> found = split_groups({n: n for n in names}, {n: 30 for n in names}, names)
        >>> Counter(found.values())
        Counter({'train': 8, 'test': 1, 'val': 1})
    """
    sizes: Counter[str] = Counter()
    for name, group in groups.items():
        sizes[group] += faces.get(name, 0)
    whole = sum(sizes.values())
    free = {groups[name] for name in movable if sizes[groups[name]]}
    largest = max(sizes, key=lambda group: (sizes[group], group), default="")
    waiting = sorted(free - {largest}, key=lambda group: (zlib.crc32(group.encode()), group))
    split = dict.fromkeys(sizes, "train")
    for held_out in (TEST, VALIDATION):
        taken = 0
        for group in waiting:
            if split[group] == "train" and taken + sizes[group] <= MOST * whole:
                split[group], taken = held_out, taken + sizes[group]
            if taken >= SHARE * whole:
                break
    return {name: split[group] for name, group in groups.items()}
