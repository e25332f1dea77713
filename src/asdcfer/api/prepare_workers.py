"""Image files that become faces of a pack, on the workers of an engine or by this process."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.api.settings import PrepareSettings
from asdcfer.data.datasets.decode_ahead import Decoded
from asdcfer.data.datasets.folder_walk import Box, Item
from asdcfer.data.datasets.source import Crop, DecodedFiles, Decoder, Options
from asdcfer.data.pack_writing import PackItem, Skipped
from asdcfer.engines.messages import message_of, parts_of, path_of_workers
from asdcfer.engines.ray_engine import ray_results

OF_FACES = ("score_threshold", "min_face", "max_yaw", "min_sharpness")
OF_DETECT = ("detector_model", *OF_FACES, "fps", "min_change", "split_by")
"""Settings that say which faces are taken; None where the usual ones are."""
FILES = 128
"""Files of a piece; photos in which faces are looked for are larger."""
PHOTOS = 16


def given_limits(settings: PrepareSettings, names: Sequence[str]) -> dict[str, Any]:
    """Return the settings of some names that are not the usual ones."""
    return {name: value for name in names if (value := getattr(settings, name)) is not None}


def prepare_options(settings: PrepareSettings) -> Options:
    """Return how images become faces; without what reads videos and what decodes elsewhere."""
    left_out: Counter[str] = Counter()
    return Options(
        size=settings.size,
        color=settings.color,
        crop=_detector_crop(settings, left_out) if settings.detect else None,
        left_out=left_out,
        expressions=settings.expressions,
        targets=settings.targets,
        votes=None if settings.votes is None else Path(settings.votes),
        own_classes=settings.own_classes,
        labels_order=settings.labels_order,
        columns=settings.columns or {},
        max_pixels=settings.max_pixels,
    )


def decoder_of(settings: PrepareSettings) -> Decoder:
    """Return what decodes image files on the workers of the settings' engine."""

    def decode(items: Iterable[Item]) -> Iterator[DecodedFiles]:
        detector = settings.detector_model and path_of_workers(settings.detector_model)
        work = DecodingWork(replace(settings, detector_model=detector))
        for answer in ray_results(work, _pieces(items, settings.detect), settings.engine):
            about, images = parts_of(answer)
            faces = map(_face, about["faces"], images)
            skipped = [Skipped(*one) for one in about["skipped"]]
            yield DecodedFiles(about["files"], faces, skipped, about["left_out"])

    return decode


class DecodingWork:
    """What a worker is sent: the settings. It loads the detector when it is called.

    Args:
        settings: of the run.
    """

    def __init__(self, settings: PrepareSettings) -> None:
        self.settings = settings

    def __call__(self) -> Callable[[Sequence[Any]], bytes]:
        """Return what turns files into faces."""
        options = prepare_options(self.settings)

        def work(piece: Sequence[Any]) -> bytes:
            options.left_out.clear()
            skipped: list[Skipped] = []
            items = [_item(values) for values in piece]
            faces = list(Decoded(items, options, skipped))
            about = {
                "files": len(items),
                "faces": [_known(face) for face in faces],
                "skipped": [list(asdict(one).values()) for one in skipped],
                "left_out": options.left_out,
            }
            images = np.stack([face.image for face in faces]) if faces else np.empty(0, np.uint8)
            return message_of(about, images)

        return work


def _pieces(items: Iterable[Item], photos: bool) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(islice(left, PHOTOS if photos else FILES)):
        yield [
            [
                str(path_of_workers(item.path)),
                *(item.source_id, item.split, item.label, item.box, item.votes, item.more),
            ]
            for item in some
        ]


def _item(values: Sequence[Any]) -> Item:
    path, name, split, label, box, votes, more = values
    return Item(
        Path(path),
        name,
        split,
        label,
        None if box is None else Box(*box),
        None if votes is None else tuple(votes),
        tuple((key, value) for key, value in more),
    )


def _known(face: PackItem) -> list[Any]:
    votes = None if face.votes is None else face.votes.tolist()
    return [face.source_id, face.split, face.label, votes, face.more]


def _face(known: Sequence[Any], image: np.ndarray) -> PackItem:
    name, split, label, votes, more = known
    votes = None if votes is None else np.asarray(votes, np.float32)
    return PackItem(image, name, split, label, votes, more)


def _detector_crop(settings: PrepareSettings, left_out: Counter[str]) -> Crop:
    from asdcfer.recognition.alignment import MIN_FACE, face_crops
    from asdcfer.recognition.options import DetectionOptions
    from asdcfer.recognition.tracked_faces import readable_faces, refusal

    limits = given_limits(settings, OF_FACES)
    score = limits.pop("score_threshold", DetectionOptions.score_threshold)
    detector = DetectionOptions(model=settings.detector_model, score_threshold=score).for_photos()
    policy = readable_faces(**({"min_face": MIN_FACE} | limits))
    return face_crops(settings.size, detector, 0.0, refusal(policy, left_out))
