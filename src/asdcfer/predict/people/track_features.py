"""Features of tracks: what each face of a file looks like, in memory that no length makes grow."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import cv2
import numpy as np

from asdcfer.data.eight_bits import to_gray
from asdcfer.recognition import alignment
from asdcfer.recognition.face import STATUS_OK, STATUS_UNCERTAIN, Face

LOOK_EVERY = 0.25
"""Seconds between two frames of a track that are looked at; neighboring frames are alike."""
MOST_LOOKS = 60
TURNED = 30.0
"""Yaw, degrees, from which a look counts little."""
LITTLE = 0.05
"""Weight of a look at a turned, blurred or tiny face: it counts where there is no better one."""
PICTURE_SIDE = 96


class Likeness(Protocol):
    """What compares faces, see `recognition.face_likeness.FaceLikeness`."""

    @property
    def size(self) -> int:
        """Side of the crops, pixels."""
        ...

    def features(self, crops: np.ndarray) -> np.ndarray:
        """Return (N,D) of uint8 crops (N,S,S)."""
        ...


@dataclass
class _Track:
    file: str
    track: int
    first: float
    last: float = 0.0
    frames: int = 0
    looks: int = 0
    looked: float = -np.inf
    weight: float = 0.0
    best: float = -1.0
    total: np.ndarray | None = None
    picture: np.ndarray | None = None
    seen_with: set[int] = field(default_factory=set)


class TrackFeatures:
    """Adds up features of each track, frame by frame.

    Args:
        likeness: makes the features.
    """

    def __init__(self, likeness: Likeness) -> None:
        self.likeness = likeness
        self._tracks: dict[int, _Track] = {}

    def add(self, file: str, time: float, image: np.ndarray, faces: Sequence[Face]) -> None:
        """Look at the faces of a frame.

        Args:
            file: the name in the rows.
            time: seconds.
            image: uint8 (H,W,3) or (H,W).
            faces: of it, numbered by their track.
        """
        numbers = {face.id for face in faces}
        due = []
        for face in faces:
            track = self._tracks.setdefault(face.id, _Track(file, face.id, time))
            track.frames, track.last = track.frames + 1, time
            track.seen_with |= numbers - {face.id}
            if face.corners is not None and _is_due(track, time):
                due.append((track, face))
        if not due:
            return
        pictures = [_cut(image, face) for _, face in due]
        side = self.likeness.size
        crops = [cv2.resize(_gray(p), (side, side), interpolation=cv2.INTER_AREA) for p in pictures]
        found = self.likeness.features(np.stack(crops))
        for (track, face), picture, feature in zip(due, pictures, found, strict=True):
            worth = _worth(face)
            track.looks, track.looked = track.looks + 1, time
            track.total = worth * feature + (0 if track.total is None else track.total)
            track.weight += worth
            if worth * (face.quality.sharpness or LITTLE) > track.best:
                track.best = worth * (face.quality.sharpness or LITTLE)
                track.picture = picture

    def finish(self, unseen_since: float = np.inf) -> list[dict[str, Any]]:
        """Return tracks as lines of a journal, and forget them.

        Args:
            unseen_since: seconds; those that were seen then or later go on. By default all end.
        """
        over = [one for one in self._tracks.values() if one.last < unseen_since]
        for track in over:
            del self._tracks[track.track]
        return [
            {
                "file": track.file,
                "track": track.track,
                "frames": track.frames,
                "first": round(track.first, 4),
                "seen_with": sorted(track.seen_with),
                "feature": _as_text(track.total / track.weight),
                "picture": _as_jpeg(track.picture),
            }
            for track in over
            if track.total is not None and track.picture is not None
        ]


def feature_of(line: dict[str, Any]) -> np.ndarray:
    """Return the mean feature of a line of `finish`, float32 (D,)."""
    return np.frombuffer(base64.b64decode(line["feature"]), np.float16).astype(np.float32)


def picture_of(line: dict[str, Any]) -> bytes:
    """Return the picture of a line of `finish`, a JPEG file."""
    return base64.b64decode(line["picture"])


def _is_due(track: _Track, time: float) -> bool:
    return track.looks < MOST_LOOKS and time - track.looked >= LOOK_EVERY - 1e-6


def _worth(face: Face) -> float:
    readable = face.status in (STATUS_OK, STATUS_UNCERTAIN)
    return 1.0 if readable and abs(face.quality.yaw or 0.0) <= TURNED else LITTLE


def _cut(image: np.ndarray, face: Face) -> np.ndarray:
    """Return the aligned face in color, (96,96,3) or (96,96)."""
    assert face.corners is not None
    return alignment.aligned(image, alignment.transform_of(face.corners), PICTURE_SIDE)


def _gray(picture: np.ndarray) -> np.ndarray:
    return picture if picture.ndim == 2 else to_gray(picture)


def _as_text(feature: np.ndarray) -> str:
    return base64.b64encode(feature.astype(np.float16).tobytes()).decode("ascii")


def _as_jpeg(picture: np.ndarray) -> str:
    code = cv2.COLOR_GRAY2BGR if picture.ndim == 2 else cv2.COLOR_RGB2BGR
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, code), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return base64.b64encode(data.tobytes()).decode("ascii")
