"""How many images of each split of a pack have which label."""

from collections.abc import Sequence


def class_counts(
    labels: list[int], splits: list[str], order: list[str], expressions: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return how many images of each split have which label.

    Args:
        labels: of all images; -1 where there is none.
        splits: name of the split of each.
        order: the splits.
        expressions: names of the labels.

    Example:
        >>> class_counts([0, -1], ["train", "train"], ["train"], ["happy"])
        {'train': {'images': 2, 'happy': 1, 'unlabeled': 1}}
    """
    table = {}
    for split in order:
        chosen = [label for label, s in zip(labels, splits, strict=True) if s == split]
        row = {"images": len(chosen)} | {
            counted_as(name): chosen.count(i) for i, name in enumerate(expressions)
        }
        table[split] = row | {"unlabeled": chosen.count(-1)}
    return table


def counted_as(name: str) -> str:
    """Return the key of a class in the counts of pack.json, which have two columns of their own.

    Example:
        >>> counted_as("happy"), counted_as("images")
        ('happy', 'images (class)')
    """
    return f"{name} (class)" if name in ("images", "unlabeled") else name
