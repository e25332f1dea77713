"""Baseline: how a person differs from the own neutral face, with an interval."""

from collections.abc import Sequence

import numpy as np

from asdcfer.errors import InputError
from asdcfer.summary.score_table import ScoreTable, Track

LEAST_SECONDS = 5.0
"""Of usable face in a baseline; fewer say what one moment looked like."""
DRAWS, BLOCK = 1000, 1.0
"""Draws of the bootstrap, and the seconds that are drawn together: neighboring frames are alike."""


def neutral_changes(
    tracks: Sequence[Track], neutral: Sequence[Track], seed: int = 0
) -> list[tuple[float, float, float]]:
    """Return how far each mean score lies from the person's neutral face.

        mean over the usable frames - mean over the usable frames of the baseline

    Args:
        tracks: of the person.
        neutral: of the same person at rest.
        seed: of the bootstrap.

    Returns:
        (change, low, high) of each expression: the 95 % interval by drawing blocks of a second.

    Raises:
        InputError: under 5 seconds of usable face in the baseline, or none in the tracks.
    """
    person = neutral[0].person if neutral else tracks[0].person
    seconds = sum(float(track.usable.sum()) * track.step for track in neutral)
    if seconds < LEAST_SECONDS:
        raise InputError(
            f"the baseline of {person} holds {seconds:.1f} seconds of usable face, and at least "
            f"{LEAST_SECONDS:g} are wanted"
        )
    shown, rest = _blocks(tracks), _blocks(neutral)
    if not shown:
        raise InputError(f"{tracks[0].person} has no usable face to compare with the baseline")
    change = np.concatenate(shown).mean(0) - np.concatenate(rest).mean(0)
    generator = np.random.default_rng(seed)
    drawn = np.stack(
        [_drawn_mean(shown, generator) - _drawn_mean(rest, generator) for _ in range(DRAWS)]
    )
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return [
        (round(float(c), 6), round(float(a), 6), round(float(b), 6))
        for c, a, b in zip(change, low, high, strict=True)
    ]


def baseline_of(person: str, baseline: ScoreTable, alone: bool) -> list[Track]:
    """Return a person's tracks in a baseline table.

    Args:
        person: the name.
        baseline: its only person is taken where there is one person on both sides.
        alone: whether the summary is of one person.

    Raises:
        InputError: the person is not in the baseline.
    """
    people = baseline.people
    if person in people:
        return people[person]
    if alone and len(people) == 1:
        return next(iter(people.values()))
    raise InputError(
        f"the baseline does not know {person}; it holds {', '.join(people)}. Give both tables the "
        "same names by a file of names"
    )


def _blocks(tracks: Sequence[Track]) -> list[np.ndarray]:
    """Return the usable scores in blocks of a second, each (frames,C)."""
    found = []
    for track in tracks:
        scores, times = track.scores[track.usable], track.times[track.usable]
        places = np.floor(times / BLOCK)
        found += [scores[places == place] for place in np.unique(places)]
    return found


def _drawn_mean(blocks: list[np.ndarray], generator: np.random.Generator) -> np.ndarray:
    chosen = generator.integers(0, len(blocks), len(blocks))
    drawn: np.ndarray = np.concatenate([blocks[index] for index in chosen]).mean(0)
    return drawn
