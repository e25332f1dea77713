"""Where the faces of `embed` come from: a pack, or pictures."""

from pathlib import Path
from typing import Any

from asdcfer.api.data_inputs import DataLike
from asdcfer.api.settings import EmbedSettings
from asdcfer.data.datasets.folder_walk import is_image_name
from asdcfer.data.datasets.source import Options
from asdcfer.data.pack import Pack, is_pack, load_pack
from asdcfer.data.resolve_data import resolve_data_path
from asdcfer.embedding.face_blocks import FaceBlocks, PackBlocks
from asdcfer.embedding.picture_blocks import PictureBlocks
from asdcfer.errors import DataError
from asdcfer.files import sha256
from asdcfer.models.preprocessing import Preprocessing


def source_path(faces: DataLike, settings: EmbedSettings) -> Path | None:
    """Return where the faces are, None for a pack that is open; refuse what they cannot be."""
    path = None if isinstance(faces, Pack) else resolve_data_path(faces)
    packed = path is None or is_pack(path)
    if settings.detector_model is not None and not settings.detect:
        raise DataError("`detector_model` is for `detect=True`; give both, or neither")
    if packed and settings.detect:
        raise DataError(
            f"{path or 'a pack'} is a pack, whose faces are cropped already; leave `detect=True` "
            "away"
        )
    if not packed and settings.splits:
        raise DataError(f"`splits` are of packs, and {path} is none; leave them away")
    if path is not None and path.is_file() and not is_image_name(path.name):
        raise DataError(
            f"{path} is neither a pack, a folder nor a picture; make a pack of a data set first: "
            "asdcfer prepare"
        )
    return path


def face_source(
    faces: DataLike, path: Path | None, given: Preprocessing, settings: EmbedSettings
) -> FaceBlocks:
    """Return the faces as blocks; `path` is what `source_path` returned."""
    if isinstance(faces, Pack):
        return PackBlocks(faces, settings.splits)
    assert path is not None
    if is_pack(path):
        return PackBlocks(load_pack(path, verify=True), settings.splits)
    options, identity = picture_options(given, settings)
    return PictureBlocks(path, options, identity)


def picture_options(
    given: Preprocessing, settings: EmbedSettings
) -> tuple[Options, dict[str, Any]]:
    """Return how pictures are read, and what else decides their faces.

    The pixels are those that `prepare --size S` puts into a pack.
    """
    identity: dict[str, Any] = {}
    crop = None
    if settings.detect:
        from asdcfer.recognition.alignment import face_crops
        from asdcfer.recognition.detector import YuNet

        crop = face_crops(given.size, YuNet(settings.detector_model))
        if settings.detector_model is not None:
            identity["detector"] = sha256(settings.detector_model)
    options = Options(
        size=given.size, color=given.channels == 3, crop=crop, max_pixels=settings.max_pixels
    )
    return options, identity
