"""Which recordings show the same person, as far as looks tell."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from asdcfer.predict.people.find_people import find_people

MOST_COMPARED = 2000
"""Tracks of all recordings together that are compared, each with each."""


def seen_together(
    tracks: Iterable[dict[str, Any]],
    vectors: Callable[[np.ndarray], np.ndarray],
    most: int = MOST_COMPARED,
) -> list[list[str]]:
    """Return the recordings of each person who is seen in several.

    A recording's longest tracks are compared, each recording with as many. Persons are known again
    under the same hair, light and pose, as in one session that fills several files, and rarely on
    another day.

    Args:
        tracks: lines of `TrackFeatures`, of all recordings.
        vectors: of `FaceLikeness`.
        most: tracks that are compared.

    Returns:
        Names of recordings, two or more in each list.
    """
    by_file: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in tracks:
        by_file[line["file"]].append(line)
    share = max(1, most // max(1, len(by_file)))
    compared = [
        line
        for lines in by_file.values()
        for line in sorted(lines, key=lambda one: (-one["frames"], one["track"]))[:share]
    ][:most]
    people = find_people(compared, vectors)
    persons: dict[int, set[str]] = defaultdict(set)
    for (file, _), person in people.of.items():
        persons[person].add(file)
    return [sorted(files) for _, files in sorted(persons.items()) if len(files) > 1]


def joined(names: Sequence[str], together: Iterable[Sequence[str]]) -> dict[str, str]:
    """Return the group of each name, called by its first member.

    Args:
        names: in the order by which groups are called.
        together: names of one group each; groups that share a name are one.

    Example:
        >>> joined(["a", "b", "c", "d"], [["b", "c"], ["c", "d"]])
        {'a': 'a', 'b': 'b', 'c': 'b', 'd': 'b'}
    """
    place = {name: number for number, name in enumerate(names)}
    above = list(range(len(names)))

    def top(number: int) -> int:
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    for group in together:
        tops = [top(place[name]) for name in group if name in place]
        for number in tops:
            above[number] = min(tops)
    return {name: names[top(number)] for name, number in place.items()}
