"""What scikit-learn hands over as faces: arrays, lists, rows of pixels, columns of paths."""

import math
import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from torch import Tensor

from asdcfer.data.image_io import fit, read_image
from asdcfer.errors import InputError
from asdcfer.models.preprocessing import Preprocessing

Faces: TypeAlias = np.ndarray | Tensor | Sequence[np.ndarray] | Sequence[str]
_PATH = (str, os.PathLike)


def check_faces(faces: Any) -> Faces:
    """Return faces in one of four forms, or say why they are none.

    Args:
        faces: uint8 (N,H,W), (N,H,W,3), or (N,S*S), rows of square gray faces; a list of (H,W) or
            (H,W,3) arrays; paths of pictures, as a list, an array, a column or a table of one
            column.

    Returns:
        uint8 (N,H,W) or (N,H,W,3), array or tensor; a list of arrays; or a list of paths.

    Raises:
        InputError: something else, or nothing.

    Example:
        >>> check_faces(np.zeros((2, 2304), np.uint8)).shape
        (2, 48, 48)
        >>> check_faces(np.array([["a.png"], ["b.png"]]))
        ['a.png', 'b.png']
    """
    if isinstance(faces, Tensor):
        return faces
    faces = _plain(faces)
    if len(faces) == 0:
        raise InputError("there is no face: 0 sample(s)")
    if isinstance(faces, np.ndarray):
        return _square(faces) if faces.ndim == 2 else faces
    paths = sum(isinstance(face, _PATH) for face in faces)
    if paths == len(faces):
        return [str(os.fspath(face)) for face in faces]
    if paths:
        raise InputError("faces are arrays or paths, and not some of each")
    return [np.asarray(face) for face in faces]


def _plain(faces: Any) -> np.ndarray | list[Any]:
    """Return an array of pixels, or a list of whatever else was given."""
    if isinstance(faces, _PATH):
        raise InputError(f"faces are a list; for one picture give [{os.fspath(faces)!r}]")
    if hasattr(faces, "iloc"):  # a table or a column of pandas
        faces = faces.to_numpy()
    if not isinstance(faces, np.ndarray):
        try:
            return list(faces)
        except TypeError:
            raise InputError(f"faces are arrays or paths, not a {type(faces).__name__}") from None
    if faces.dtype.kind not in "OUST":
        return faces
    if faces.ndim == 2 and faces.shape[1] == 1:
        faces = faces[:, 0]
    if faces.ndim != 1:
        raise InputError(f"paths are one column; these are of shape {faces.shape}")
    return list(faces)


def _square(rows: np.ndarray) -> np.ndarray:
    """Return rows of pixels as square gray faces."""
    side = math.isqrt(rows.shape[1])
    if side * side != rows.shape[1] or side < 8:
        raise InputError(
            f"rows of {rows.shape[1]} numbers are no faces; expected S*S pixels of square gray "
            "faces, S of 8 or more, or images (N,H,W) or (N,H,W,3)"
        )
    return rows.reshape(len(rows), side, side)


def pixels_of(
    faces: Faces, first: int, last: int, wanted: Preprocessing
) -> np.ndarray | Tensor | Sequence[np.ndarray]:
    """Return some of the faces as pixels; pictures are read as `prepare` reads them.

    Args:
        faces: of `check_faces`.
        first: the first one.
        last: the one behind the last.
        wanted: by the encoder.

    Raises:
        ImageError: a picture that cannot be read.
    """
    part = faces[first:last]
    if isinstance(part, list) and isinstance(part[0], str):
        color, size = wanted.channels == 3, wanted.size
        return [
            fit(read_image(path, color=color, at_least=size), size, color=color)
            for path in map(str, part)
        ]
    return part  # type: ignore[return-value]
