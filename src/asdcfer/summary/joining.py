"""Joining: the faces of one person in one file become one track."""

from collections.abc import Sequence

import numpy as np

from asdcfer.summary.score_table import ScoreTable, Track


def tracks_of_people(table: ScoreTable) -> dict[str, list[Track]]:
    """Return person -> one track for each file, in the order in which they were first seen."""
    return {person: join_tracks(tracks) for person, tracks in table.people.items()}


def join_tracks(tracks: Sequence[Track]) -> list[Track]:
    """Return one track for each file; an event of a person so goes on where the tracker began anew.

    Where two faces of the person are seen at one time, as in a mirror, the usable one counts, and
    of two usable ones the one with the larger score. So events of a person never overlap.

    Args:
        tracks: of one person.

    Returns:
        In the order in which the files were first seen.

    Example:
        >>> yes = np.ones(2, bool)
        >>> first = Track("a", "v", np.array([0.0, 0.5]), np.full((2, 1), 0.9), yes, ~yes, 0.5)
        >>> then = Track("a", "v", np.array([1.0, 1.5]), np.full((2, 1), 0.8), yes, ~yes, 0.5)
        >>> [track.times.tolist() for track in join_tracks([first, then])]
        [[0.0, 0.5, 1.0, 1.5]]
    """
    by_file: dict[str, list[Track]] = {}
    for track in tracks:
        by_file.setdefault(track.file, []).append(track)
    return [own[0] if len(own) == 1 else _joined(own) for own in by_file.values()]


def _joined(tracks: Sequence[Track]) -> Track:
    times = np.concatenate([track.times for track in tracks])
    scores = np.concatenate([track.scores for track in tracks])
    usable = np.concatenate([track.usable for track in tracks])
    uncertain = np.concatenate([track.uncertain for track in tracks])
    # The best row of each time comes first, and `unique` keeps the first.
    order = np.lexsort((-np.nan_to_num(scores).max(1), ~usable, times))
    kept = order[np.unique(times[order], return_index=True)[1]]
    first = tracks[0]
    return Track(
        first.person,
        first.file,
        times[kept],
        scores[kept],
        usable[kept],
        uncertain[kept],
        first.step,
    )
