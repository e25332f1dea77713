"""Training images: the chosen rows of a pack as one uint8 tensor in memory."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from asdcfer.data.eight_bits import to_gray
from asdcfer.data.pack import Pack, is_pack, load_pack
from asdcfer.data.pack_shards import ShardedImages
from asdcfer.data.prepare_pack import prepare
from asdcfer.data.resolve_data import resolve_data_path
from asdcfer.data.splits import HELD_OUT_SPLITS, evenly_spaced
from asdcfer.data.tracks import track_moments
from asdcfer.errors import DataError
from asdcfer.methods.method import Method
from asdcfer.methods.registry import METHODS, learns_from_labels
from asdcfer.methods.track_partners import TrackPartners
from asdcfer.progress import SILENT, Progress
from asdcfer.training.pretrain.recipe import DataOptions, Recipe, StageOptions
from asdcfer.training.pretrain.shard_stream import ShardStream


def open_faces(recipe: Recipe, run: Path, progress: Progress = SILENT) -> Pack:
    """Open the data of a recipe; a data set or folder is prepared into the run first.

    A pack's files are compared with their hashes, which cards and records of the run name it by.

    Args:
        recipe: `data.pack` says which.
        run: the run's folder; gets pack/ where something has to be prepared, and one that is there
            from before is used again.
        progress: is told what is prepared.

    Raises:
        DataError: the recipe names none, or nothing usable is there, or a pack's files have
            changed.
    """
    name = recipe.data.pack
    if name is None:
        raise DataError(
            f"recipe {recipe.name} wants data: give `data`, a pack, a data set or a folder of "
            'faces (`data="sample"` for the bundled ones)'
        )
    path = resolve_data_path(name)
    if is_pack(path):
        return load_pack(path, verify=True)
    if (run / "pack" / "pack.json").is_file():
        return load_pack(run / "pack", verify=True)
    progress.message(
        f"preparing {path} as {run / 'pack'} (once; to use it for several runs: asdcfer prepare "
        f"{path} OUT)"
    )
    return prepare(path, run / "pack", progress=progress)


def chosen_splits(pack: Pack, data: DataOptions) -> list[str]:
    """Return the splits of the pack that are trained on.

    Raises:
        DataError: the pack lacks one, or all it has are held out.
    """
    if data.splits != ["*"]:
        pack.rows(*data.splits)
        return data.splits
    chosen = [name for name in pack.splits if name not in HELD_OUT_SPLITS]
    if not chosen:
        raise DataError(
            f"{pack.path} has only held-out splits ({', '.join(pack.splits)}); name those to train "
            "on with data.splits=[...]"
        )
    return chosen


def training_rows(pack: Pack, data: DataOptions) -> np.ndarray:
    """Return the rows of the pack that are trained on, in order."""
    rows = pack.rows(*chosen_splits(pack, data))
    return rows if data.images is None else evenly_spaced(rows, data.images)


def annotation_files(stage: StageOptions) -> list[str]:
    """Return the files of a pack, beside images and splits, that a stage learns from.

    Example:
        >>> annotation_files(StageOptions(method="supcon")), annotation_files(StageOptions())
        (['labels.npy'], [])
    """
    tracks = stage.method in METHODS and METHODS[stage.method].needs_tracks
    return [
        *(["labels.npy"] if learns_from_labels(stage.method) else []),
        *(["ids.json"] if tracks or stage.views.temporal > 0 else []),
    ]


def give_annotations(method: Method, pack: Pack, data: DataOptions, temporal: float = 0.0) -> None:
    """Hand labels or tracks of the training faces to a method that needs them, and to no other.

    Args:
        method: before its first step.
        pack: the faces.
        data: which of them are trained on.
        temporal: `views.temporal`, seconds; where it is more than 0 any method gets the moments of
            which the later half of its views is made.

    Raises:
        DataError: there are none.
        TrainingError: they do not fit the method's settings.
    """
    splits, name = chosen_splits(pack, data), type(method).__name__
    rows, everything = training_rows(pack, data), pack.rows(*splits)
    if method.needs_labels:
        if not (pack.labels[everything] >= 0).any():
            raise DataError(
                f"{name} learns from labels, and {pack.path} has none in {', '.join(splits)}; "
                "choose a method that needs none (moco, asdc), or label the faces"
            )
        method.take_labels(torch.from_numpy(pack.labels[rows]))
    if method.needs_tracks:
        tracks, seconds = track_moments(pack.ids)
        if not (tracks[everything] >= 0).any():
            raise DataError(
                f"{name} learns from faces of videos, and no id of {pack.path} in "
                f"{', '.join(splits)} names track and time (as clip.mp4#3@12.5); choose a method "
                "for single faces (moco, asdc)"
            )
        method.take_tracks(torch.from_numpy(tracks[rows]), torch.from_numpy(seconds[rows]))
    elif temporal > 0:
        method.take_moments(_moments(pack, rows, temporal, method.needs_labels))


def _moments(pack: Pack, rows: np.ndarray, within: float, same_label: bool) -> TrackPartners:
    """Return who may stand for whom, of one label where a method learns from labels."""
    tracks, seconds = track_moments(pack.ids)
    tracks, seconds = tracks[rows], seconds[rows]
    if same_label:
        both = np.column_stack([tracks, pack.labels[rows]])
        apart = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
        tracks = np.where(tracks < 0, -1, apart)
    partners = TrackPartners(within)
    partners.take(torch.from_numpy(tracks), torch.from_numpy(seconds))
    return partners


def training_images(pack: Pack, data: DataOptions, channels: int = 1) -> Tensor:
    """Return the images that are trained on; labels stay where they are.

    Args:
        pack: where they come from.
        data: which ones.
        channels: 1 turns color into gray here, once, instead of in every batch.

    Returns:
        uint8 (N,H,W), or (N,H,W,3) for a color pack and 3 channels.
    """
    rows = training_rows(pack, data)
    shape = pack.images.shape[1:3] if channels == 1 else pack.images.shape[1:]
    found = np.empty((len(rows), *shape), np.uint8)
    # In pieces: a large pack of color photos never stands in memory as floats.
    for start in range(0, len(rows), 1024):
        part = pack.images[rows[start : start + 1024]]
        if part.ndim == 4 and channels == 1:
            part = to_gray(part)
        found[start : start + len(part)] = part
    return torch.from_numpy(found)


def streamed_images(pack: Pack, data: DataOptions, channels: int = 1) -> Tensor | ShardStream:
    """Return the images that are trained on: of a sharded pack as a stream, else in memory.

    Args:
        pack: where they come from.
        data: which ones.
        channels: 1 turns color into gray.
    """
    if isinstance(pack.images, ShardedImages):
        return ShardStream(pack.images, training_rows(pack, data), channels)
    return training_images(pack, data, channels)
