"""How many images of each split of a pack have which label."""

from collections.abc import Sequence

import numpy as np


def class_counts(
    labels: Sequence[int], splits: Sequence[int], order: Sequence[str], expressions: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return how many images of each split have which label.

    Args:
        labels: of all images; -1 where there is none.
        splits: number of the split of each.
        order: names of the splits.
        expressions: names of the labels.

    Example:
        >>> class_counts([0, -1], [0, 0], ["train"], ["happy"])
        {'train': {'images': 2, 'happy': 1, 'unlabeled': 1}}
    """
    given, where = np.asarray(labels, np.int64), np.asarray(splits, np.int64)
    table = {}
    for number, split in enumerate(order):
        chosen = given[where == number]
        counts = np.bincount(chosen[chosen >= 0], minlength=len(expressions)).tolist()
        row = {"images": len(chosen)} | {
            counted_as(name): counts[i] for i, name in enumerate(expressions)
        }
        table[split] = row | {"unlabeled": int((chosen == -1).sum())}
    return table


def counted_as(name: str) -> str:
    """Return the key of a class in the counts of pack.json, which have two columns of their own.

    Example:
        >>> counted_as("happy"), counted_as("images")
        ('happy', 'images (class)')
    """
    return f"{name} (class)" if name in ("images", "unlabeled") else name
