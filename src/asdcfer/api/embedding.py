"""`embed`: features of the faces of a pack, a folder or photos, as one file."""

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.api.data_inputs import DataLike
from asdcfer.api.model_inputs import encoder_of
from asdcfer.api.settings import EmbedSettings
from asdcfer.data.datasets.folder_walk import is_image_name
from asdcfer.data.datasets.source import Options
from asdcfer.data.pack import Pack, is_pack, load_pack
from asdcfer.data.resolve_data import resolve_data_path
from asdcfer.devices import resolve_device
from asdcfer.embedding.face_blocks import FaceBlocks, PackBlocks
from asdcfer.embedding.feature_files import (
    check_features_path,
    ids_path,
    read_shape,
    skipped_path,
    write_features,
)
from asdcfer.embedding.feature_store import FeatureStore
from asdcfer.embedding.picture_blocks import PictureBlocks
from asdcfer.errors import DataError, InputError
from asdcfer.files import read_rows, sha256
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import features_in_batches
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.weights import weights_hash
from asdcfer.output_lock import OutputLock
from asdcfer.predict.output_paths import partial_path
from asdcfer.progress import SILENT, Progress


@dataclass(frozen=True)
class EmbedResult:
    """Features that were written.

    Attributes:
        out: the file.
        ids: the file with the ids, in the order of the features; `out` itself where they are in it.
        faces: how many features there are.
        dim: numbers of each.
        skipped: how many pictures gave none.
        skipped_list: CSV of those with the reason; None where there are none.
        resumed: how many rows of a pack, or pictures, an earlier run had done.
    """

    out: Path
    ids: Path
    faces: int
    dim: int
    skipped: int
    skipped_list: Path | None
    resumed: int


def embed(
    faces: DataLike,
    out: os.PathLike[str] | str,
    settings: EmbedSettings | None = None,
    *,
    progress: Progress = SILENT,
) -> EmbedResult:
    """Write the features of faces, as one file that is whole or not there.

    Features go to a folder beside `out` as they come, so that memory does not grow with the number
    of faces: only the ids and labels of a pack, about a hundred bytes a face, are held. A run that
    was interrupted is continued by `resume=True`, and gives the same bits on a CPU.

    Args:
        faces: a pack or what names one; a folder of cropped faces, searched recursively; one
            picture; with `detect=True` photos in which the faces are found and aligned.
        out: ends in .parquet, .npy or .csv; see `embedding.feature_files.write_features`.
        settings: the encoder, and how faces are read.
        progress: is told of the faces of a pack, or of the pictures.

    Raises:
        InputError: `out` is there already (with `resume`, one that is complete is left as it is),
            or has another suffix.
        DataError: there are no faces; or `detect` or `splits` where they mean nothing.
        WeightsError: no weights of that name, or at that path.
        AsdcferError: another run writes to `out`.

    Example:
        >>> import tempfile
        >>> out = Path(tempfile.mkdtemp()) / "features.npy"
        >>> done = embed("sample", out, EmbedSettings(splits=["private"]))
        >>> np.load(out, mmap_mode="r").shape == (done.faces, done.dim) == (250, 6912)
        True
    """
    settings, target = settings or EmbedSettings(), Path(out)
    check_features_path(target)
    if settings.batch_size < 1:
        raise InputError(f"batch_size {settings.batch_size}: expected 1 or more")
    with OutputLock(target, beside=True):
        return _embedded(faces, target, settings, progress)


def _embedded(
    faces: DataLike, target: Path, settings: EmbedSettings, progress: Progress
) -> EmbedResult:
    _check_free(target, settings)
    if settings.resume and not settings.force and _is_whole(target):
        return _finished_before(target, progress)
    device = resolve_device(settings.device)
    source_path = _source_path(faces, settings)
    encoder, _ = encoder_of(settings.model, progress)
    encoder = encoder.to(device)
    source = _source(faces, source_path, encoder.preprocessing, settings)
    identity = {
        "weights": weights_hash(encoder),
        "spec": encoder.spec.model_dump(mode="json"),
        "faces": source.identity,
    }
    folder = partial_path(target)
    with FeatureStore(folder, identity, encoder.feature_dim, settings.resume) as store:
        resumed = store.inputs
        _compute(encoder, source, store, settings.batch_size, progress)
        if not store.faces:
            reasons = [f"{one.source_id}: {one.reason}" for one in islice(store.left_out(), 1)]
            store.delete()
            why = f"; the first of {store.skipped}: {reasons[0]}" if reasons else ""
            raise DataError(f"no face can be used{why}")
        progress("writing", 0, 1)
        written = write_features(target, store, source.columns)
        progress("writing", 1, 1)
    store.delete()
    return EmbedResult(
        target,
        ids_path(target) if ids_path(target) in written else target,
        store.faces,
        store.dim,
        store.skipped,
        skipped_path(target) if skipped_path(target) in written else None,
        resumed,
    )


def _compute(
    encoder: Encoder, source: FaceBlocks, store: FeatureStore, batch_size: int, progress: Progress
) -> None:
    total = len(source)
    progress("embedding", store.inputs, total)
    for block in source.blocks(store.inputs):
        features = np.empty((len(block.rows), encoder.feature_dim), np.float32)
        for start, found in features_in_batches(encoder, block.images, batch_size):
            features[start : start + len(found)] = found.numpy()
        store.add(features, block.rows, block.skipped, inputs=block.inputs)
        note = f"{store.skipped:,} skipped" if store.skipped else ""
        progress("embedding", store.inputs, total, note)


def _is_whole(target: Path) -> bool:
    """Return whether an earlier run finished: it removes its store once the file is complete."""
    return target.exists() and not partial_path(target).exists()


def _finished_before(target: Path, progress: Progress) -> EmbedResult:
    """Return what an earlier run wrote, as it is."""
    faces, dim = read_shape(target)
    progress.message(f"{target} is complete already; use `force=True` to make it again")
    ids, skipped = ids_path(target), skipped_path(target)
    count = len(read_rows(skipped))
    return EmbedResult(
        target,
        ids if ids.exists() else target,
        faces,
        dim,
        count,
        skipped if count else None,
        faces + count,
    )


def _check_free(target: Path, settings: EmbedSettings) -> None:
    partial = partial_path(target)
    if settings.force:
        return
    if target.exists() and not settings.resume:
        raise InputError(f"{target} is there already; use `force=True` to replace it")
    if partial.exists() and not settings.resume:
        raise InputError(
            f"an interrupted run left {partial}; go on with `resume=True`, or start again with "
            "`force=True`"
        )


def _source_path(faces: DataLike, settings: EmbedSettings) -> Path | None:
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


def _source(
    faces: DataLike, path: Path | None, given: Preprocessing, settings: EmbedSettings
) -> FaceBlocks:
    if isinstance(faces, Pack):
        return PackBlocks(faces, settings.splits)
    assert path is not None
    if is_pack(path):
        return PackBlocks(load_pack(path, verify=True), settings.splits)
    identity: dict[str, Any] = {}
    crop = None
    if settings.detect:
        from asdcfer.recognition.alignment import face_crops
        from asdcfer.recognition.detector import YuNet

        crop = face_crops(given.size, YuNet(settings.detector_model))
        if settings.detector_model is not None:
            identity["detector"] = sha256(settings.detector_model)
    # The same pixels as `prepare --size S` puts into a pack.
    options = Options(
        size=given.size, color=given.channels == 3, crop=crop, max_pixels=settings.max_pixels
    )
    return PictureBlocks(path, options, identity)
