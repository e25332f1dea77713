"""Faces in the order in which somebody labels them, each with its neighbors in time."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asdcfer.data.image_io import read_image
from asdcfer.data.pack import Pack
from asdcfer.data.tracks import track_moments
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS
from asdcfer.selection.pick_list import Listed, read_pick_list

NEIGHBORS = 2
"""Of a face in a track, shown before it and after it."""


@dataclass(frozen=True)
class Neighbor:
    """A face of the same track.

    Attributes:
        picture: its number.
        seconds: later than the face; below 0 before it.
    """

    picture: int
    seconds: float


@dataclass(frozen=True)
class FacesToLabel:
    """Faces in their order.

    Attributes:
        ids: of each, unique.
        pictures: int (N,), the number of the picture of each.
        count: how many pictures there are: those of neighbors too.
        picture: gives a picture by its number, uint8 (H,W) or (H,W,3).
        words: the labels to choose from.
        suggestions: what a model says of each; empty where none was asked.
        tracks: int, of each picture, -1 for none.
        seconds: of each picture, from the start of its video.
    """

    ids: Sequence[str]
    pictures: np.ndarray
    count: int
    picture: Callable[[int], np.ndarray]
    words: tuple[str, ...]
    suggestions: dict[str, str]
    tracks: np.ndarray
    seconds: np.ndarray

    def neighbors(self, number: int) -> tuple[list[Neighbor], list[Neighbor]]:
        """Return the nearest faces of the track before and after a face, in the order of time.

        Args:
            number: of the face, from 0.
        """
        picture = int(self.pictures[number])
        if self.tracks[picture] < 0:
            return [], []
        own = np.flatnonzero(self.tracks == self.tracks[picture])
        own = own[np.argsort(self.seconds[own], kind="stable")]
        place = int(np.flatnonzero(own == picture)[0])
        now = float(self.seconds[picture])

        def as_neighbors(rows: np.ndarray) -> list[Neighbor]:
            return [Neighbor(int(row), round(float(self.seconds[row]) - now, 3)) for row in rows]

        before = own[max(0, place - NEIGHBORS) : place]
        return as_neighbors(before), as_neighbors(own[place + 1 : place + 1 + NEIGHBORS])


def faces_of_pack(pack: Pack, listed: Sequence[Listed] | None = None) -> FacesToLabel:
    """Return the faces of a pack in the order of a list, or in its own.

    Without a list these are the faces without a label; all of them where each has one.

    Args:
        pack: the faces.
        listed: of `read_pick_list`.

    Raises:
        DataError: a face of the list is not in the pack.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> faces = faces_of_pack(sample_pack())
        >>> len(faces.ids) == len(sample_pack()), len(faces.words), faces.neighbors(0)
        (True, 7, ([], []))
    """
    tracks, seconds = track_moments(pack.ids)
    if listed is None:
        rows = np.flatnonzero(pack.labels < 0)
        rows = rows if len(rows) else np.arange(len(pack))
    else:
        places = {name: row for row, name in enumerate(pack.ids)}
        missing = [one.id for one in listed if one.id not in places]
        if missing:
            raise DataError(
                f"{len(missing)} of {len(listed)} faces of the list are not in {pack.path}, the "
                f"first {missing[0]}; give the list that was picked from this pack"
            )
        rows = np.asarray([places[one.id] for one in listed], np.int64)
    return FacesToLabel(
        ids=[pack.ids[int(row)] for row in rows],
        pictures=rows,
        count=len(pack),
        picture=lambda row: np.asarray(pack.images[row]),
        words=tuple(pack.expressions or EXPRESSIONS),
        suggestions={one.id: one.suggestion for one in listed or () if one.suggestion},
        tracks=tracks,
        seconds=seconds,
    )


def faces_of_folder(folder: Path) -> FacesToLabel:
    """Return the faces of a folder that `pick` made, in its order.

    Raises:
        DataError: it is no such folder.
    """
    listed = read_pick_list(folder)
    if not listed:
        raise DataError(f"{folder} holds no face to label")
    count = len(listed)
    return FacesToLabel(
        ids=[one.id for one in listed],
        pictures=np.arange(count),
        count=count,
        picture=lambda number: read_image(folder / listed[number].file),
        words=_words_of(folder),
        suggestions={one.id: one.suggestion for one in listed if one.suggestion},
        tracks=np.full(count, -1, np.int64),
        seconds=np.zeros(count),
    )


def _words_of(folder: Path) -> tuple[str, ...]:
    """Return the labels that were meant when the folder was made; the seven where it is older."""
    try:
        about = json.loads((folder / "picked.json").read_text(encoding="utf-8"))
        words = about.get("expressions")
    except (OSError, ValueError, AttributeError):
        words = None
    return tuple(map(str, words)) if isinstance(words, list) and words else EXPRESSIONS
