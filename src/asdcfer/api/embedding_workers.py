"""Features of blocks of faces in the workers of an engine: read, computed, sent back as bytes."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.api.face_sources import picture_options
from asdcfer.api.model_inputs import encoder_of
from asdcfer.api.settings import EmbedSettings
from asdcfer.data.pack import is_pack, load_pack
from asdcfer.data.pack_writing import Skipped
from asdcfer.devices import resolve_device
from asdcfer.embedding.face_blocks import Block, FaceBlocks, PackBlocks
from asdcfer.embedding.feature_store import FLOAT
from asdcfer.embedding.picture_blocks import read_pictures
from asdcfer.engines.messages import message_of, parts_of, path_of_workers
from asdcfer.engines.ray_engine import ray_results
from asdcfer.errors import AsdcferError
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import features_in_batches
from asdcfer.models.weights import weights_hash
from asdcfer.progress import SILENT


def block_features(encoder: Encoder, block: Block, batch_size: int) -> np.ndarray:
    """Return the features of the faces of a block, float32 (B,D).

    Every engine computes them by this function, so they are the same with each.
    """
    features = np.empty((len(block.rows), encoder.feature_dim), np.float32)
    for start, found in features_in_batches(encoder, block.images, batch_size):
        features[start : start + len(found)] = found.numpy()
    return features


def blocks_of_workers(
    source: FaceBlocks, start: int, path: Path, settings: EmbedSettings, weights: str
) -> Generator[tuple[Block, np.ndarray]]:
    """Yield blocks without their images, and their features, in order; Ray computes them.

    Args:
        source: what is cut into pieces.
        start: inputs that are done.
        path: where each worker finds the faces.
        settings: of the run.
        weights: hash of the encoder's; a worker that finds others under the name stops.

    Raises:
        AsdcferError: as `ray_results`.
    """
    work = FaceWork(path_of_workers(path), _everywhere(settings), weights)
    gpus = 1 if settings.device == "cuda" else 0
    for result in ray_results(work, source.pieces(start), settings.engine, gpus):
        yield _unpacked(result)


class FaceWork:
    """What a worker is sent: where faces and model are. It loads both when it is called.

    Args:
        path: a pack, a folder of pictures or a picture.
        settings: of the run.
        weights: hash that the encoder has.
    """

    def __init__(self, path: Path, settings: EmbedSettings, weights: str) -> None:
        self.path, self.settings, self.weights = path, settings, weights

    def __call__(self) -> Callable[[Sequence[Any]], bytes]:
        """Return what turns a piece into bytes.

        Raises:
            AsdcferError: this machine has another model of that name.
        """
        settings = self.settings
        encoder, _ = encoder_of(settings.model, SILENT)
        if weights_hash(encoder) != self.weights:
            raise AsdcferError(f"a worker has other weights under the name {settings.model}")
        encoder = encoder.to(resolve_device("auto" if settings.device == "cuda" else "cpu"))
        if is_pack(self.path):
            read = PackBlocks(load_pack(self.path, verify=False), settings.splits).read
        else:
            options, _ = picture_options(encoder.preprocessing, settings)

            def read(piece: Sequence[Any]) -> Block:
                return read_pictures(self.path, piece, options)

        def work(piece: Sequence[Any]) -> bytes:
            block = read(piece)
            return _packed(block, block_features(encoder, block, settings.batch_size))

        return work


def _everywhere(settings: EmbedSettings) -> EmbedSettings:
    """Return settings whose paths do not depend on the working folder of a process."""
    model, detector = settings.model, settings.detector_model
    if not isinstance(model, Encoder) and Path(model).exists():
        model = str(path_of_workers(model))
    return replace(settings, model=model, detector_model=detector and path_of_workers(detector))


def _packed(block: Block, features: np.ndarray) -> bytes:
    about = {
        "inputs": block.inputs,
        "rows": block.rows,
        "skipped": [[one.source_id, one.reason] for one in block.skipped],
    }
    return message_of(about, features.astype(FLOAT))


def _unpacked(result: bytes) -> tuple[Block, np.ndarray]:
    about, features = parts_of(result)
    skipped = [Skipped(name, reason) for name, reason in about["skipped"]]
    return Block(about["inputs"], about["rows"], np.empty((0,), np.uint8), skipped), features
