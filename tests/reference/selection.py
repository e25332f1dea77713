"""Selections in plain loops, slow and by another way than those of the package."""

import math
from collections.abc import Callable, Sequence


def squared(a: Sequence[float], b: Sequence[float]) -> float:
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def diverse(
    points: Sequence[Sequence[float]],
    count: int,
    random: Callable[[], float],
    taken: Sequence[int],
    weights: Sequence[float],
) -> list[int]:
    """k-means++: all distances anew for each point that is drawn."""
    held, drawn = list(taken), []
    for _ in range(count):
        shares = []
        for i, point in enumerate(points):
            if i in held:
                shares.append(0.0)
            elif held:
                shares.append(weights[i] * min(squared(point, points[j]) for j in held))
            else:
                shares.append(weights[i])
        if sum(shares) == 0:
            shares = [0.0 if i in held else weights[i] for i in range(len(points))]
        if sum(shares) == 0:
            shares = [0.0 if i in held else 1.0 for i in range(len(points))]
        at, total = random() * sum(shares), 0.0
        row = -1
        while total <= at:
            row += 1
            total += shares[row]
        held.append(row)
        drawn.append(row)
    return drawn


def typicality(points: Sequence[Sequence[float]], neighbors: int) -> list[float]:
    found = []
    for i, point in enumerate(points):
        others = sorted(math.sqrt(squared(point, o)) for j, o in enumerate(points) if j != i)
        near = others[:neighbors]
        mean = sum(near) / len(near) if near else 1.0
        found.append(1 / mean if mean else math.inf)
    return found


def typical(
    points: Sequence[Sequence[float]],
    clusters: Sequence[int],
    count: int,
    taken: Sequence[int],
    smallest: int,
) -> list[int]:
    """TypiClust's rule, the state of every cluster worked out anew for each point."""
    held, found = list(taken), []
    names = sorted(set(clusters))
    for _ in range(count):
        best = None
        for name in names:
            members = [i for i, cluster in enumerate(clusters) if cluster == name]
            free = [i for i in members if i not in held]
            if not free:
                continue
            key = (
                len(members) < smallest,
                sum(i in held for i in members),
                -len(members),
                name,
            )
            if best is None or key < best[0]:
                best = (key, members, free)
        assert best is not None
        _, members, free = best
        scores = typicality([points[i] for i in members], 20)
        row = max(free, key=lambda i: (scores[members.index(i)], -i))
        held.append(row)
        found.append(row)
    return found
