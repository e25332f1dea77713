"""`embed`: features of the faces of a pack, a folder or photos, as one file."""

import os
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from asdcfer.api.data_inputs import DataLike
from asdcfer.api.embedding_workers import block_features, blocks_of_workers
from asdcfer.api.face_sources import face_source, source_path
from asdcfer.api.model_inputs import encoder_of
from asdcfer.api.settings import EmbedSettings
from asdcfer.data.pack import Pack
from asdcfer.devices import resolve_device
from asdcfer.embedding.face_blocks import Block, FaceBlocks
from asdcfer.embedding.feature_files import (
    check_features_path,
    ids_path,
    read_shape,
    skipped_path,
    write_features,
)
from asdcfer.embedding.feature_store import FeatureStore
from asdcfer.errors import DataError, InputError
from asdcfer.files import read_rows
from asdcfer.models.encoder import Encoder
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
        out: ends in .parquet, .npy or .csv, or with `shard` a folder; see
            `embedding.feature_files.write_features`.
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
    check_features_path(target, settings.shard)
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
    source_at = source_path(faces, settings)
    encoder, _ = encoder_of(settings.model, progress)
    if not settings.engine.spread:
        encoder = encoder.to(resolve_device(settings.device))
    source = face_source(faces, source_at, encoder.preprocessing, settings)
    weights = weights_hash(encoder)
    identity = {
        "weights": weights,
        "spec": encoder.spec.model_dump(mode="json"),
        "faces": source.identity,
    }
    folder = partial_path(target)
    with FeatureStore(folder, identity, encoder.feature_dim, settings.resume) as store:
        resumed = store.inputs
        if settings.engine.spread:
            place = faces.path if isinstance(faces, Pack) else source_at
            assert place is not None
            computed = blocks_of_workers(source, store.inputs, place, settings, weights)
        else:
            computed = _computed_here(source, store.inputs, encoder, settings.batch_size)
        _compute(source, store, computed, progress)
        if not store.faces:
            reasons = [f"{one.source_id}: {one.reason}" for one in islice(store.left_out(), 1)]
            store.delete()
            why = f"; the first of {store.skipped}: {reasons[0]}" if reasons else ""
            raise DataError(f"no face can be used{why}")
        progress("writing", 0, 1)
        written = write_features(target, store, source.columns, settings.shard)
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
    source: FaceBlocks,
    store: FeatureStore,
    computed: Generator[tuple[Block, np.ndarray]],
    progress: Progress,
) -> None:
    total = len(source)
    progress("embedding", store.inputs, total)
    with closing(computed):
        for block, features in computed:
            store.add(features, block.rows, block.skipped, inputs=block.inputs)
            note = f"{store.skipped:,} skipped" if store.skipped else ""
            progress("embedding", store.inputs, total, note)


def _computed_here(
    source: FaceBlocks, start: int, encoder: Encoder, batch_size: int
) -> Generator[tuple[Block, np.ndarray]]:
    for block in source.blocks(start):
        yield block, block_features(encoder, block, batch_size)


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
