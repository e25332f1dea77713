"""Recognizer: from a photo, a list, a video or an iterator of frames to faces with expressions."""

import functools
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asdcfer.data.image_io import MAX_PIXELS
from asdcfer.errors import InputError
from asdcfer.predict.face_scoring import Cut, FaceScorer
from asdcfer.progress import SILENT, Progress
from asdcfer.recognition import alignment
from asdcfer.recognition.backends import (
    DEFAULT_MODEL,
    Backend,
    Model,
    attention_loader,
    make_runtime,
)
from asdcfer.recognition.face import Face
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.naming_policy import NamingPolicy
from asdcfer.recognition.options import (
    CROPPED,
    DETECTION,
    TRACKING,
    DetectionOptions,
    TrackingOptions,
)
from asdcfer.recognition.picture import any_picture, check_frames, holds_pixels, is_file, picture
from asdcfer.recognition.read_ahead import read_ahead
from asdcfer.recognition.rolling_detection import RollingDetector
from asdcfer.recognition.runtime import RuntimeBackend
from asdcfer.recognition.tracking import FaceTracker
from asdcfer.recognition.video import Frame, numbered_frames, read_frames
from asdcfer.recognition.video_source import VIDEO_SUFFIXES

if TYPE_CHECKING:
    from asdcfer.predict.face_table import FaceTable

__all__ = ["Face", "Recognizer"]


class Recognizer:
    """Recognize expressions.

    Policy: no face gives an empty list. Several faces are all given, the largest first. A face
    smaller than `DetectionOptions.min_face` is given with its scores, the expression "uncertain"
    and the status "too small". A face under `abstain_below` is given as "uncertain" too.

    Args:
        model: name in the package, "hf:user/name" of a model hub, safetensors file, run folder,
            ONNX file, or an `ExpressionModel`. A colon and a label set may follow:
            "default:fer2013" answers under those labels, "default:ferplus7" without contempt.
        device: "auto", "cpu", "cuda", ...; "openvino" and "coreml" compute models that have an ONNX
            file, and are compared with the CPU first, see `recognition.providers`.
        backend: "torch" or "onnx"; "auto" takes onnx for an ONNX file, and for a name of the
            package that has one, where onnxruntime is installed and there is no GPU. Attention
            is then computed by torch. What was chosen is in `backend`.
        detection: how faces are found, and which are too small, turned or blurred to be named; None
            treats each picture as one face already cropped.
        tracking: how faces are followed through a video; None takes each frame by itself.
        abstain_below: confidences under this become "uncertain", 0..1; None names every face.
        batch_size: faces computed at once, of a list.
        max_pixels: larger photos are refused.

    Example:
        >>> from asdcfer.models.registry import EncoderSpec, build_encoder
        >>> from asdcfer.models.classifier import Classifier, ExpressionModel
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> classifier = Classifier(encoder.feature_dim, 2)
        >>> untrained = ExpressionModel(encoder, classifier, ("happy", "sad"))
        >>> recognizer = Recognizer(untrained, abstain_below=0.99)  # Recognizer() has weights
        >>> recognizer(np.zeros((64, 64, 3), np.uint8))
        []
    """

    def __init__(
        self,
        model: Model = DEFAULT_MODEL,
        device: str = "auto",
        backend: Backend = "auto",
        *,
        detection: DetectionOptions | None = DETECTION,
        tracking: TrackingOptions | None = TRACKING,
        abstain_below: float | None = None,
        batch_size: int = 64,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        if batch_size < 1:
            raise InputError(f"batch_size must be at least 1, not {batch_size}")
        detection = detection or CROPPED
        self._photo_detector = detection.for_photos()
        self._video_detector = detection.for_videos()
        self.runtime = make_runtime(model, backend, device)
        self.detection, self.tracking = detection, tracking
        self.policy = NamingPolicy(
            expressions=self.runtime.expressions,
            min_face=0.0 if self._photo_detector is None else detection.min_face,
            abstain_below=abstain_below,
            max_yaw=detection.max_yaw,
            min_sharpness=detection.min_sharpness,
        )
        self.batch_size, self.max_pixels = batch_size, max_pixels
        for_attention = attention_loader(model, backend, device)
        self._scorer = FaceScorer(self.runtime, self.policy, batch_size, for_attention)

    @property
    def backend(self) -> RuntimeBackend:
        """Which library computes the scores: "torch" or "onnx"."""
        return self.runtime.backend

    @property
    def expressions(self) -> tuple[str, ...]:
        """Names of the scores, in order."""
        return self.runtime.expressions

    @property
    def card(self) -> dict[str, Any]:
        """What is known about the weights."""
        return self.runtime.card

    @property
    def explains(self) -> bool:
        """Whether `explain` is possible; an ONNX file alone holds no gradients."""
        return self._scorer.explains

    def __call__(self, source: Any, explain: bool = False) -> Any:
        """Recognize the faces of one or many pictures.

        Args:
            source: a path; the bytes of a picture file, or one that is open; an RGB uint8 array
                (H,W,3) (or gray (H,W)), or such a tensor, also (3,H,W); a picture of Pillow; a list
                of these; the path of a video; or an iterator of frames (pixels), which is followed
                as a video.
            explain: also fill `Face.attention` (torch only).

        Returns:
            list[Face] for one picture; a list of such lists for a list; an iterator of such lists,
            one a frame and computed as it is read, for a video or an iterator.

        Raises:
            InputError: the picture cannot be read, or is of another kind.
        """
        if isinstance(source, str | os.PathLike) and Path(source).suffix.lower() in VIDEO_SUFFIXES:
            return (frame.faces for frame in self.video(source, explain=explain))
        if is_file(source) or holds_pixels(source):
            return self._pictures([any_picture(source, self.max_pixels)], explain)[0]
        if isinstance(source, list | tuple):
            return self._many(list(source), explain)
        frames = numbered_frames(check_frames(source))
        return (frame.faces for frame in self.follow(frames, explain))

    def video(
        self,
        path: str | os.PathLike[str],
        every: int = 1,
        explain: bool = False,
        *,
        sampling: FrameSampling | None = None,
    ) -> Iterator[Frame]:
        """Yield the frames of a video with their faces, in constant memory.

        Args:
            path: a file that PyAV (FFmpeg) can decode.
            every: recognize every nth frame only; the others are skipped.
            explain: as in `__call__`.
            sampling: frames a second or a part of the time, in place of `every`.

        Yields:
            `Frame(index, time in seconds, image, faces)`. Boxes are in pixels of that frame, also
            where the size changes on the way (as in joined recordings); there all faces get new
            numbers.

        Raises:
            InputError: the file cannot be opened; or, after its good frames were yielded, that it
                breaks off.
        """
        chosen = sampling or FrameSampling(every)
        # Decoding, detection and scoring of three neighboring frames at once: each in a thread.
        frames = read_ahead(read_frames(path, chosen, self.max_pixels))
        return self._followed(read_ahead(self._cut_frames(frames)), explain)

    def table(
        self,
        source: Any,
        *,
        sampling: FrameSampling | None = None,
        progress: Progress = SILENT,
    ) -> "FaceTable":
        """Recognize a photo, a folder, a video or many of them as a table: a row a face and frame.

        It is the table of `asdcfer predict`. A picture without a face has one row with the status
        "no face", and a file that cannot be read one with the reason.

        Args:
            source: a path of a photo, a video or a folder (searched recursively); a glob; a list of
                those, each file once; or whatever `__call__` takes. Pictures in memory are called
                "picture 0", ..., frames of an iterator "frames".
            sampling: which frames of a video; None takes all.
            progress: is told of the files.

        Raises:
            InputError: a folder holds no photo or video, a glob matches nothing, or something in
                memory is no picture.

        Example:
            >>> recognizer = Recognizer("nano", backend="torch")
            >>> table = recognizer.table([np.zeros((64, 64, 3), np.uint8)] * 2)
            >>> [(row["file"], row["status"]) for row in table]
            [('picture 0', 'no face'), ('picture 1', 'no face')]

            With pandas, `table.to_pandas().groupby("file")[table.scores].mean()` are the mean
            scores of each file; `table.write("faces.csv")` writes what `asdcfer predict` does.
        """
        from asdcfer.predict.source_table import table_of

        return table_of(self, source, sampling, progress)

    def follow(self, frames: Iterable[Frame], explain: bool = False) -> Iterator[Frame]:
        """Yield frames with their faces filled in, tracked and smoothed, one at a time."""
        return self._followed(self._cut_frames(frames), explain)

    def _cut_frames(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Cut]]:
        """Yield frames with the faces cut out of them."""
        every = 1 if self.tracking is None else self.tracking.detect_every
        rolling = None
        if self._video_detector is not None:
            rolling = RollingDetector(self._video_detector, every)
        for frame in frames:
            find = None if rolling is None else functools.partial(rolling, time=frame.time)
            yield frame, self._scorer.cut(frame.image, find)

    def _followed(self, frames: Iterable[tuple[Frame, Cut]], explain: bool) -> Iterator[Frame]:
        """Yield frames with the faces that were cut out scored, tracked and smoothed."""
        followed = None if self._video_detector is None else self.tracking
        tracker = None if followed is None else FaceTracker(followed.smoothing)
        size: tuple[int, ...] | None = None
        for frame, cut in frames:
            faces = self._scorer.scored([frame.image], [cut], explain)[0]
            if tracker is not None:
                if frame.image.shape != size:
                    # where a face lay in a picture of another size says nothing about who is who in
                    # this one
                    tracker.forget()
                    size = frame.image.shape
                faces = [
                    self.policy.named(face, scores, number)
                    for face, number, scores in tracker.update(faces, frame.time)
                ]
            yield replace(frame, faces=faces)

    def crops(self, image: np.ndarray, size: int | None = None) -> list[np.ndarray]:
        """Cut the aligned faces out of a picture.

        Args:
            image: as in `__call__`, an array.
            size: side of the crops, pixels; None takes the model's own.

        Returns:
            uint8 crops with the model's channels, the largest face first.
        """
        return [
            alignment.in_channels(crop, self.runtime.channels)
            for _, crop, _ in self._scorer.cut(picture(image), self._photo_detector, size)
        ]

    def _many(self, sources: list[Any], explain: bool) -> list[list[Face]]:
        """Read and recognize a list, holding at most `batch_size` pictures."""
        result: list[list[Face]] = []
        for start in range(0, len(sources), self.batch_size):
            images = [
                any_picture(source, self.max_pixels)
                for source in sources[start : start + self.batch_size]
            ]
            result += self._pictures(images, explain)
        return result

    def _pictures(self, images: list[np.ndarray], explain: bool) -> list[list[Face]]:
        """Detect and align in each picture, then score all their faces in batches."""
        found = [self._scorer.cut(image, self._photo_detector) for image in images]
        return self._scorer.scored(images, found, explain)
