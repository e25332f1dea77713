"""Features of uint8 faces by a frozen encoder, cached by the hash of all that they depend on."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from asdcfer.data.pack import Pack
from asdcfer.errors import DataError, InputError
from asdcfer.evaluation.probes.feature_cache import cache_folder, cache_limit, keep, read_cached
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import BATCH_SIZE, eval_mode, features_in_batches
from asdcfer.models.pooling import FLATTENED
from asdcfer.models.registry import pooled_by
from asdcfer.models.weights import load_encoder, weights_hash
from asdcfer.progress import SILENT, Progress

FORMAT = 1


def embed(
    images: np.ndarray | Tensor | Sequence[np.ndarray],
    encoder: Encoder | str | os.PathLike[str],
    batch_size: int = BATCH_SIZE,
    progress: Progress = SILENT,
) -> np.ndarray:
    """Return the features of faces.

    The encoder works in evaluation mode, without gradients, on the device its weights are on, and
    is left in the mode it was in.

    Args:
        images: uint8 (N,H,W) gray or (N,H,W,3) RGB, of any size; or a list of (H,W) and (H,W,3)
            arrays, each of its own size.
        encoder: any that follows the contract, or what `load_encoder` takes: a name such as
            "resnet18", a file, a run's folder.
        batch_size: images computed at once; it changes speed and memory only.
        progress: is told of the images after every batch.

    Returns:
        float32 (N, feature_dim).

    Raises:
        InputError: images of another type or shape, or an encoder that is none.
        WeightsError: no weights of that name, or at that path.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> embed(np.zeros((3, 60, 50), np.uint8), encoder).shape == (3, encoder.feature_dim)
        True
        >>> len(embed([np.zeros((60, 50), np.uint8), np.zeros((112, 112, 3), np.uint8)], "light"))
        2
    """
    _check_images(images)
    if isinstance(encoder, str | os.PathLike):
        encoder = load_encoder(encoder)
    if not isinstance(encoder, Encoder):
        raise InputError(
            "the encoder must be an Encoder, or a name or path of one, not "
            f"{type(encoder).__name__}; a module of your own becomes one by models.encoder.wrap"
        )
    out = np.empty((len(images), encoder.feature_dim), np.float32)
    for start, feature in features_in_batches(encoder, images, batch_size):
        out[start : start + len(feature)] = feature.numpy()
        progress("embedding", start + len(feature), len(images))
    return out


def extract(
    encoder: Encoder,
    pack: Pack,
    rows: np.ndarray,
    *,
    hflip: bool = False,
    bf16: bool = False,
    batch_size: int = BATCH_SIZE,
    cache: str | os.PathLike[str] | None = "default",
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return the features of rows of a pack.

    They are computed once for each combination of weights, pack, rows, pooling and mirroring.

    Args:
        encoder: any that follows the contract.
        pack: the faces.
        rows: int (N,), indices into the pack.
        hflip: features of the mirrored faces.
        bf16: compute in bfloat16; such features are cached apart.
        batch_size: images computed at once.
        cache: folder of the cached features, of bounded size (`feature_cache.cache_limit`);
            "default" for `feature_cache.cache_folder()`, None to keep nothing.
        progress: called with (images done, images in all) after every batch; not called when the
            features are found in the cache.

    Returns:
        float32 (N, dim); memory-mapped and read-only where it comes from the cache.
    """
    rows = np.asarray(rows, np.int64)
    limit = cache_limit()
    folder = cache_folder() if cache == "default" else cache
    if folder is None or limit == 0:
        return _computed(encoder, pack, rows, hflip, bf16, batch_size, progress)
    path = cached_file(encoder, pack, rows, folder, hflip=hflip, bf16=bf16)
    found = read_cached(path, len(rows), encoder.feature_dim)
    if found is not None:
        return found
    feature = _computed(encoder, pack, rows, hflip, bf16, batch_size, progress)
    keep(path, feature, limit)
    return feature


def cached_file(
    encoder: Encoder,
    pack: Pack,
    rows: np.ndarray,
    cache: str | os.PathLike[str],
    *,
    hflip: bool = False,
    bf16: bool = False,
) -> Path:
    """Return where the features of rows of a pack are kept in a cache, as in `extract`."""
    key = _key(encoder, pack, np.asarray(rows, np.int64), hflip, bf16)
    return Path(cache) / "features" / f"{key}.npy"


def repooled(
    encoder: Encoder, pooling: str | None, arguments: Mapping[str, Any] | None = None
) -> Encoder:
    """Return the encoder with another pooling and the same weights; itself where `pooling` is None.

    "flattened" keeps every position of one map (argument `map`, by index, the last by default), as
    FaceCycle and PCL probe theirs.
    """
    if pooling is None:
        return encoder
    if pooling != FLATTENED:
        return pooled_by(encoder, pooling, **dict(arguments or {}))
    index = int((arguments or {}).get("map", -1))
    shapes = map_shapes(encoder)
    if not -len(shapes) <= index < len(shapes):
        raise InputError(f"the encoder has {len(shapes)} maps; there is no map {index}")
    _, height, width = shapes[index]
    if height != width:
        raise InputError(f"map {index} is {height}x{width}; only square maps can be flattened")
    return pooled_by(encoder, "grid", map=index, cells=height)


def map_shapes(encoder: Encoder) -> list[tuple[int, int, int]]:
    """Return (C,H,W) of every map that the encoder makes of one image of its size."""
    given = encoder.preprocessing
    with eval_mode(encoder) as device, torch.no_grad():
        maps = encoder.forward_maps(
            torch.zeros(1, given.channels, given.size, given.size, device=device)
        )
    return [(m.shape[1], m.shape[2], m.shape[3]) for m in maps]


def pack_hash(pack: Pack) -> str:
    """Return a hash of what features depend on in a pack: its images.

    Raises:
        DataError: pack.json carries no hash.
    """
    try:
        return f"{pack.info['hashes']['images.u8']}-{'x'.join(map(str, pack.images.shape))}"
    except KeyError as error:
        raise DataError(f"{pack.path} has no hash of its images; prepare it again") from error


def _key(encoder: Encoder, pack: Pack, rows: np.ndarray, hflip: bool, bf16: bool) -> str:
    # The spec holds pooling and preprocessing; the weights' hash covers the tensors.
    about = {
        "format": FORMAT,
        "weights": weights_hash(encoder),
        "spec": encoder.spec.model_dump(mode="json"),
        "pack": pack_hash(pack),
        "rows": hashlib.sha256(rows.tobytes()).hexdigest(),
        "hflip": hflip,
        **({"bf16": True} if bf16 else {}),
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()


def _computed(
    encoder: Encoder,
    pack: Pack,
    rows: np.ndarray,
    hflip: bool,
    bf16: bool,
    batch_size: int,
    progress: Callable[[int, int], None] | None,
) -> np.ndarray:
    out = np.empty((len(rows), encoder.feature_dim), np.float32)
    for start in range(0, len(rows), 8 * batch_size):
        # Rows are read a few batches at a time: the pack stays on disk.
        part = np.asarray(pack.images[rows[start : start + 8 * batch_size]])
        for offset, feature in features_in_batches(
            encoder, part, batch_size, hflip=hflip, bf16=bf16
        ):
            out[start + offset : start + offset + len(feature)] = feature.numpy()
            if progress:
                progress(start + offset + len(feature), len(rows))
    return out


def _check_images(images: Any) -> None:
    """Raise InputError for anything but a batch, or a list, of uint8 faces."""
    if isinstance(images, list | tuple):
        for number, image in enumerate(images):
            if not isinstance(image, np.ndarray):
                raise InputError(
                    f"a list of images must hold arrays (H,W) or (H,W,3); number {number} is a "
                    f"{type(image).__name__}"
                )
            if (
                image.dtype != np.uint8
                or 0 in image.shape
                or not (image.ndim == 2 or (image.ndim == 3 and image.shape[-1] == 3))
            ):
                raise InputError(
                    f"a list of images must hold uint8 arrays (H,W) or (H,W,3); number {number} is "
                    f"{image.dtype} of shape {image.shape}"
                )
    elif not isinstance(images, np.ndarray | Tensor):
        raise InputError(
            "images must be a uint8 array (N,H,W) or (N,H,W,3), or a list of arrays, not "
            f"{type(images).__name__}"
        )
    elif images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[-1] != 3):
        raise InputError(f"images must have shape (N,H,W) or (N,H,W,3), not {tuple(images.shape)}")
