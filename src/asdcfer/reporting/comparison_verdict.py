"""Verdict of a comparison: who is ahead, and whether by more than chance, in words."""

import math
from collections.abc import Sequence

from asdcfer.reporting.comparison_summary import KNN, LINEAR, Measure, Summary

OURS = "asdc"
"""The method of this package, which a verdict always places."""

Z = 1.96


def verdict(summaries: Sequence[Summary]) -> str:
    """Return a few sentences: the best of those trained here, the next, and ASDC's places.

    Methods that learn from labels are set apart where there are others.

    Args:
        summaries: in the order of the table.
    """
    trained = [each for each in summaries if each.kind == "trained" and LINEAR in each.measures]
    if not trained:
        return "Nothing was trained to the end, so there is nothing to compare."
    labeled = [each for each in trained if each.rows[0].saw_labels]
    ranked = [each for each in trained if each not in labeled] or labeled
    best = ranked[0]
    among = " without labels" if labeled and best not in labeled else ""
    told = f"Best linear probe{among}: {best.name}, {told_as(best.measures[LINEAR])}."
    if len(ranked) > 1:
        told += f" {_apart(best, ranked[1])}"
    names = [each.name for each in ranked]
    if OURS in names[2:]:
        place = names.index(OURS)
        told += f" {OURS} is number {place + 1} of {len(ranked)}. {_apart(best, ranked[place])}"
    told += _by_knn(ranked)
    if among:
        first = labeled[0]
        told += f" With labels: {first.name}, {told_as(first.measures[LINEAR])}."
    beaten = [
        each.name for each in summaries if each.kind == "untrained" and _ahead(each, ranked[-1])
    ]
    if beaten:
        told += f" Random weights are ahead of {ranked[-1].name}."
    return told


def _by_knn(ranked: Sequence[Summary]) -> str:
    """Return ASDC's place by the probe that learns nothing, where it is another one."""
    found = [each for each in ranked if KNN in each.measures]
    names = [each.name for each in sorted(found, key=lambda each: -each.measures[KNN].mean)]
    if OURS not in names or names.index(OURS) == [each.name for each in ranked].index(OURS):
        return ""
    (ours,) = (each for each in found if each.name == OURS)
    place = names.index(OURS) + 1
    return f" By kNN {OURS} is number {place} of {len(names)}: {told_as(ours.measures[KNN])}."


def _ahead(one: Summary, other: Summary) -> bool:
    return LINEAR in one.measures and one.measures[LINEAR].mean > other.measures[LINEAR].mean


def _apart(best: Summary, other: Summary) -> str:
    first, second = best.measures[LINEAR], other.measures[LINEAR]
    difference, noise = 100 * (first.mean - second.mean), 100 * chance(first, second)
    size = f"{other.name} ({told_as(second)}) is {difference:.1f} points behind {best.name}"
    if math.isnan(noise):
        return f"{size}."
    word = "more" if difference > noise else "no more"
    return f"{size}: {word} than chance makes at 95 % ({noise:.1f} points)."


def chance(first: Measure, second: Measure) -> float:
    """Return the difference of two accuracies that chance alone makes at 95 %, 0..1.

    Where both have two seeds or more it is Welch's `t sqrt(s1^2/n1 + s2^2/n2)`, from their
    deviations; else `1.96 sqrt(v1 + v2)`, from the intervals of the test images. NaN where neither
    is known.

    Source: B. L. Welch, The generalization of Student's problem, Biometrika 1947.

    Example:
        >>> one = Measure(0.5, 0.03, 9, None, {})
        >>> round(chance(one, Measure(0.4, 0.04, 16, None, {})), 4)
        0.0294
    """
    if first.deviation is not None and second.deviation is not None:
        return _welch((first.deviation, first.seeds), (second.deviation, second.seeds))
    return Z * math.sqrt(_variance(first) + _variance(second))


def _welch(*samples: tuple[float, int]) -> float:
    from scipy.stats import t

    variances = [(deviation**2 / count, count) for deviation, count in samples]
    total = sum(variance for variance, _ in variances)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(variance**2 / (count - 1) for variance, count in variances)
    return float(t.ppf(0.975, freedom) * math.sqrt(total))


def _variance(measure: Measure) -> float:
    if measure.interval is not None:
        return ((measure.interval[1] - measure.interval[0]) / (2 * Z)) ** 2
    if measure.deviation is not None:
        return measure.deviation**2 / measure.seeds
    return math.nan


def told_as(measure: Measure) -> str:
    """Return an accuracy in percent as it stands in a sentence.

    Example:
        >>> told_as(Measure(0.5, 0.012, 3, None, {}))
        '50.0 ± 1.2 %'
        >>> told_as(Measure(0.5, None, 1, (0.48, 0.52), {}))
        '50.0 % (48.0 to 52.0)'
    """
    if measure.deviation is not None:
        return f"{100 * measure.mean:.1f} ± {100 * measure.deviation:.1f} %"
    if measure.interval is not None:
        low, high = (100 * end for end in measure.interval)
        return f"{100 * measure.mean:.1f} % ({low:.1f} to {high:.1f})"
    return f"{100 * measure.mean:.1f} %"
