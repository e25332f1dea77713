"""What travels between a command and its workers: paths there, values and an array back."""

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np

_LENGTH = struct.Struct("<Q")


def path_of_workers(path: str | os.PathLike[str]) -> Path:
    """Return a path as each worker finds it: from the root, for its working folder is another.

    Links stay as they are, since those of another machine may lead elsewhere.

    Example:
        >>> path_of_workers("packs/mine").is_absolute()
        True
    """
    return Path(path).absolute()


def message_of(about: dict[str, Any], array: np.ndarray) -> bytes:
    """Return plain values and an array as bytes; `parts_of` reads them.

    Args:
        about: what JSON holds.
        array: of numbers, any shape.

    Example:
        >>> about, array = parts_of(message_of({"rows": [1]}, np.ones((2, 3), np.uint8)))
        >>> about, array.shape, array.dtype.name
        ({'rows': [1]}, (2, 3), 'uint8')
    """
    kind = {"dtype": array.dtype.str, "shape": array.shape}
    head = json.dumps([about, kind]).encode()
    return _LENGTH.pack(len(head)) + head + np.ascontiguousarray(array).tobytes()


def parts_of(message: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """Return the plain values and the array of a message; the array is read-only."""
    (length,) = _LENGTH.unpack_from(message)
    begin = _LENGTH.size + length
    about, kind = json.loads(message[_LENGTH.size : begin])
    array = np.frombuffer(message, np.dtype(kind["dtype"]), offset=begin)
    return about, array.reshape(kind["shape"])
