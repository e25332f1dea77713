"""Blocks of faces from picture files, walked and decoded so that memory does not grow with them."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.datasets.decode_ahead import Decoded
from asdcfer.data.datasets.folder_walk import Item, every_file, is_image_name, source_id
from asdcfer.data.datasets.source import Options
from asdcfer.data.pack_writing import Skipped
from asdcfer.embedding.face_blocks import Block
from asdcfer.errors import DataError

FILES = 256
"""Files that are decoded at once; photos in which faces are looked for are larger."""
PHOTOS = 32


class PictureBlocks:
    """The faces of a folder of pictures, searched recursively, or of one picture.

    Pixels are those that `prepare` puts into a pack with the same options. A folder is walked once
    to count and once to read; the names of one folder at a time are in memory.

    Args:
        path: a folder or a file.
        options: size, color, pixel limit; with `crop` faces are found and aligned first.
        identity: what else decides the faces, such as the detector.

    Raises:
        DataError: there is no picture.
    """

    columns = ("id",)

    def __init__(self, path: Path, options: Options, identity: dict[str, Any]) -> None:
        self.path, self._options = path, options
        self._count, digest = 0, hashlib.sha256()
        for name in map(self._name, self._files()):
            self._count += 1
            digest.update(name.encode("utf-8", "surrogatepass") + b"\0")
        if not self._count:
            raise DataError(f"{path} holds no picture")
        self.identity = {
            **identity,
            "names": digest.hexdigest(),
            "size": options.size,
            "color": options.color,
            "detect": options.crop is not None,
            "max_pixels": options.max_pixels,
        }

    def __len__(self) -> int:
        return self._count

    def blocks(self, start: int) -> Iterator[Block]:
        """Yield the faces of the files after the first `start`."""
        return map(self.read, self.pieces(start))

    def pieces(self, start: int) -> Iterator[list[str]]:
        """Yield paths of the files after the first `start`, some at a time."""
        files = map(str, islice(self._files(), start, None))
        most = FILES if self._options.crop is None else PHOTOS
        while some := list(islice(files, most)):
            yield some

    def read(self, piece: Sequence[str]) -> Block:
        """Return the faces of some files."""
        return read_pictures(self.path, piece, self._options)

    def _files(self) -> Iterator[Path]:
        if not self.path.is_dir():
            yield self.path
            return
        for file in every_file(self.path):
            # A pipe or a device would block the reader for ever.
            if is_image_name(file.name) and os.path.isfile(file):
                yield file

    def _name(self, file: Path) -> str:
        return _name(file, self.path)


def read_pictures(root: Path, files: Sequence[str], options: Options) -> Block:
    """Return the faces of some files; ids are their places under a root, a folder or the file."""
    skipped: list[Skipped] = []
    items = [Item(Path(file), _name(Path(file), root)) for file in files]
    faces = list(Decoded(items, options, skipped))
    return Block(
        len(files),
        [{"id": face.source_id} for face in faces],
        np.stack([face.image for face in faces]) if faces else _none(options),
        skipped,
    )


def _name(file: Path, root: Path) -> str:
    return source_id(file, root if root.is_dir() else root.parent)


def _none(options: Options) -> np.ndarray:
    channels = (3,) if options.color else ()
    return np.empty((0, options.size, options.size, *channels), np.uint8)
