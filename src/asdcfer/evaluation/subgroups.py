"""Subgroups: accuracy of a model on each group of people that the pack names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from asdcfer.data.pack import Pack
from asdcfer.data.splits import evenly_spaced
from asdcfer.errors import DataError
from asdcfer.evaluation.evaluate_model import (
    EvaluationContext,
    align_classes,
    model_result,
    predict_probabilities,
    shared_classes,
)
from asdcfer.evaluation.model_test_sets import own_test_sets
from asdcfer.evaluation.result import GroupScore, Result
from asdcfer.progress import counter

COLUMN = "group"
"""What else is known of the images of a pack: the column that names their group."""
LEAST_IMAGES = 20
"""Groups of fewer images are counted together; one of them alone says nothing."""
OTHERS = "(small groups)"
NO_GROUP = "(no group)"
Z = 1.959964
"""Deviations of a normal distribution to either side that hold 95 % of it."""


@dataclass(frozen=True, kw_only=True)
class Subgroups:
    """Accuracy of each group of people: of the column `group` of the pack.

    Attributes:
        images: take so many of the test images, evenly spaced; None for all.
        least_images: of a group that is told apart.
    """

    name: ClassVar[str] = "subgroups"
    images: int | None = None
    least_images: int = LEAST_IMAGES

    def run(self, context: EvaluationContext) -> Iterator[Result]:
        """Give the one result of the model on the first test set.

        Raises:
            DataError: the pack names no groups, no labels, no such split, or no expression in
                common.
        """
        groups = groups_of(context.pack)
        first = own_test_sets(context.pack, context.split)[0]
        rows = first.rows if self.images is None else evenly_spaced(first.rows, self.images)
        classes = shared_classes(context.model.expressions, context.pack)
        report = counter(context.progress, self.name)
        found = predict_probabilities(context.model, context.pack, rows, context.tta, report)
        probabilities = align_classes(found, context.model.expressions, classes)
        right = probabilities.argmax(1) == context.pack.labels[rows]
        yield model_result(
            context,
            first,
            classes,
            probabilities,
            rows,
            kind=self.name,
            groups=group_scores([groups[row] for row in rows], right, self.least_images),
        )


def groups_of(pack: Pack) -> list[str]:
    """Return the group of each image of a pack.

    Raises:
        DataError: the pack names none.
    """
    known = pack.more.get(COLUMN)
    if known is None:
        raise DataError(
            f"{pack.path} does not say which group an image belongs to; prepare a list of images "
            f"with a column {COLUMN!r}"
        )
    return [NO_GROUP if group is None else str(group) for group in known]


def group_scores(
    groups: Sequence[str], right: np.ndarray, least_images: int = LEAST_IMAGES
) -> dict[str, GroupScore]:
    """Return the accuracy of each group, the lowest first.

    Args:
        groups: N names.
        right: bool (N,), whether the answer was right.
        least_images: smaller groups are counted together, as `(small groups)`.

    Example:
        >>> found = group_scores(["a", "a", "b", "b"], np.array([1, 0, 1, 1], bool), 1)
        >>> {name: (group.images, group.accuracy) for name, group in found.items()}
        {'a': (2, 0.5), 'b': (2, 1.0)}
    """
    names, counts = np.unique(np.asarray(groups, object).astype(str), return_counts=True)
    small = set(names[counts < least_images]) if (counts < least_images).sum() > 1 else set()
    members: dict[str, list[bool]] = {}
    for group, correct in zip(groups, right, strict=True):
        members.setdefault(OTHERS if group in small else group, []).append(bool(correct))
    scores = {
        name: GroupScore(
            images=len(found),
            accuracy=float(np.mean(found)),
            interval=wilson(sum(found), len(found)),
        )
        for name, found in members.items()
    }
    return dict(sorted(scores.items(), key=lambda item: (item[1].accuracy, item[0])))


def wilson(right: int, images: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share.

    Formula: `(p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)` with p = right / n.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
        JASA 1927.

    Example:
        >>> [round(end, 3) for end in wilson(0, 10)]
        [0.0, 0.278]
    """
    share, extra = right / images, Z**2 / images
    middle = share + extra / 2
    reach = Z * float(np.sqrt(share * (1 - share) / images + extra / (4 * images)))
    return max(0.0, (middle - reach) / (1 + extra)), min(1.0, (middle + reach) / (1 + extra))


def gap(groups: Mapping[str, GroupScore]) -> float:
    """Return the difference of the highest and the lowest accuracy of groups, 0..1.

    Example:
        >>> lowest = GroupScore(images=9, accuracy=0.5, interval=(0.2, 0.8))
        >>> gap({"a": lowest, "b": lowest.model_copy(update={"accuracy": 0.75})})
        0.25
    """
    found = [group.accuracy for group in groups.values()]
    return max(found) - min(found) if found else 0.0
