"""Features of many faces, streamed from packs and pictures to files; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.embedding.face_blocks import Block as Block
    from asdcfer.embedding.face_blocks import FaceBlocks as FaceBlocks
    from asdcfer.embedding.face_blocks import PackBlocks as PackBlocks
    from asdcfer.embedding.feature_files import write_features as write_features
    from asdcfer.embedding.feature_store import FeatureStore as FeatureStore
    from asdcfer.embedding.picture_blocks import PictureBlocks as PictureBlocks

_MODULES = {
    "Block": "asdcfer.embedding.face_blocks",
    "FaceBlocks": "asdcfer.embedding.face_blocks",
    "PackBlocks": "asdcfer.embedding.face_blocks",
    "FeatureStore": "asdcfer.embedding.feature_store",
    "PictureBlocks": "asdcfer.embedding.picture_blocks",
    "write_features": "asdcfer.embedding.feature_files",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
