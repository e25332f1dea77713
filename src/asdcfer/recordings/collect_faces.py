"""Faces of one video or photo: found, measured, and those taken that are worth it."""

import functools
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.image_io import ImageError, fit, read_image
from asdcfer.data.tracks import Moment, moment_id
from asdcfer.errors import InputError
from asdcfer.predict.people.track_features import Likeness, TrackFeatures
from asdcfer.recognition import alignment
from asdcfer.recognition.detection import Detector
from asdcfer.recognition.face import STATUS_OK, Face
from asdcfer.recognition.read_ahead import read_ahead
from asdcfer.recognition.tracked_faces import found_faces, readable_faces, tracked_faces
from asdcfer.recognition.video import Frame, read_frames
from asdcfer.recordings.options import RecordingOptions
from asdcfer.recordings.repeats import Repeats

REPEATED = "nearly as the one before"
"""Reason for a face that its track has shown already."""
MOST_TRACKS = 64
"""Tracks of one recording that are compared with those of others: the longest."""
_KEPT, _KEPT_FRAMES = 5.0, 4
"""Seconds, or frames where they lie far apart, for which a track that is not seen is remembered:
longer than the tracker keeps its number.
"""

Taken = Callable[[list[str], list[np.ndarray]], None]
"""Takes the ids and crops of the faces of one frame."""


@dataclass(frozen=True)
class Finder:
    """What finds faces in recordings.

    Attributes:
        options: which faces are taken.
        size: side of the crops, pixels.
        color: RGB crops instead of gray ones.
        max_pixels: larger pictures are refused.
        likeness: tells persons apart; None does not.
    """

    options: RecordingOptions
    size: int
    color: bool = False
    max_pixels: int = 50_000_000
    likeness: Likeness | None = None

    @functools.cached_property
    def photo_detector(self) -> Detector:
        """The detector of photos."""
        detector = self.options.detection.for_photos()
        assert detector is not None
        return detector

    @functools.cached_property
    def video_detector(self) -> Detector:
        """The detector of video frames."""
        detector = self.options.detection.for_videos()
        assert detector is not None
        return detector

    def crop(self, image: np.ndarray, face: Face) -> np.ndarray:
        """Cut an aligned face out of a picture, in the size and the colors of the pack."""
        assert face.corners is not None
        transform = alignment.transform_of(face.corners)
        return fit(alignment.aligned(image, transform, self.size), self.size, color=self.color)


@dataclass
class Found:
    """What one recording gave.

    Attributes:
        frames: looked at; 1 of a photo.
        faces: taken.
        left_out: faces that were not, by the reason.
        tracks: lines of the longest tracks; empty where persons are not told apart.
        fault: why nothing, or nothing more, could be read.
    """

    frames: int = 0
    faces: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    tracks: list[dict[str, Any]] = field(default_factory=list)
    fault: str = ""

    def as_facts(self, video: bool) -> dict[str, Any]:
        """Return the counts as plain values.

        Args:
            video: the recording is one.
        """
        return {
            "video": video,
            "frames": self.frames,
            "faces": self.faces,
            "left_out": dict(sorted(self.left_out.items())),
            "fault": self.fault,
        }


def collect_faces(
    path: Path,
    name: str,
    video: bool,
    finder: Finder,
    take: Taken,
    progress: Callable[[int], None] = lambda frames: None,
) -> Found:
    """Give the faces of one recording that are worth it, in memory that no length makes grow.

    Args:
        path: of the file.
        name: of the recording in the pack.
        video: it is a video; a photo otherwise.
        finder: what finds them, and which are taken.
        take: gets the faces, frame by frame.
        progress: is told how many frames were looked at.

    Returns:
        What it gave. A file that cannot be read, or breaks off, says so in `fault`; what came
        before is kept.
    """
    found = Found()
    try:
        if video:
            _collect_video(path, name, finder, take, found, progress)
        else:
            _collect_photo(path, name, finder, take, found)
    except ImageError as error:
        found.fault = error.reason
    except InputError as error:
        # The reasons of one kind begin alike, up to a colon.
        reason = str(error).removeprefix(f"{path}: ").removeprefix("the video broke off ")
        kept = reason.removesuffix("; the frames before it are kept")
        found.fault = (
            f"broke off (its first part is kept): {kept}"
            if found.frames
            else f"unreadable video: {reason}"
        )
    return found


def _collect_photo(path: Path, name: str, finder: Finder, take: Taken, found: Found) -> None:
    image = read_image(path, finder.max_pixels)
    found.frames = 1
    faces = found_faces(image, finder.photo_detector(image), _policy(finder))
    good = _readable(faces, found)
    # The names that a folder of photos alone gives its faces: the largest one has the file's.
    ids = [name if face.id == 0 else f"{name}#{face.id + 1}" for face in good]
    _give(ids, [finder.crop(image, face) for face in good], take, found)
    if finder.likeness is not None:
        features = TrackFeatures(finder.likeness)
        features.add(name, 0.0, image, faces)
        found.tracks = _longest(features.finish(), [])


def _collect_video(
    path: Path,
    name: str,
    finder: Finder,
    take: Taken,
    found: Found,
    progress: Callable[[int], None],
) -> None:
    repeats = Repeats(finder.options.min_change)
    features = None if finder.likeness is None else TrackFeatures(finder.likeness)
    kept = max(_KEPT, _KEPT_FRAMES / finder.options.fps)
    frames = read_ahead(read_frames(path, finder.options.sampling, finder.max_pixels))
    try:
        for frame in tracked_faces(frames, finder.video_detector, _policy(finder)):
            found.frames += 1
            if features is not None:
                features.add(name, frame.time, frame.image, frame.faces)
                found.tracks = _longest(features.finish(frame.time - kept), found.tracks)
            _take_frame(frame, name, finder, take, found, repeats)
            repeats.forget(frame.time - kept)
            progress(found.frames)
    finally:
        frames.close()
        if features is not None:
            found.tracks = _longest(features.finish(), found.tracks)


def _take_frame(
    frame: Frame, name: str, finder: Finder, take: Taken, found: Found, repeats: Repeats
) -> None:
    ids, crops = [], []
    for face in _readable(frame.faces, found):
        crop = finder.crop(frame.image, face)
        if repeats(face.id, frame.time, crop):
            found.left_out[REPEATED] += 1
            continue
        ids.append(moment_id(Moment(name, face.id, frame.time)))
        crops.append(crop)
    _give(ids, crops, take, found)


def _policy(finder: Finder) -> Any:
    options = finder.options
    return readable_faces(options.min_face, options.max_yaw, options.min_sharpness)


def _readable(faces: Sequence[Face], found: Found) -> list[Face]:
    found.left_out.update(face.status for face in faces if face.status != STATUS_OK)
    return [face for face in faces if face.status == STATUS_OK]


def _give(ids: list[str], crops: list[np.ndarray], take: Taken, found: Found) -> None:
    if ids:
        found.faces += len(ids)
        take(ids, crops)


def _longest(over: Iterable[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the longest of the tracks that are over, without their pictures."""
    more = [{key: value for key, value in one.items() if key != "picture"} for one in over]
    if not more:
        return before
    return heapq.nsmallest(
        MOST_TRACKS, [*before, *more], key=lambda one: (-one["frames"], one["track"])
    )
