"""The checksum at the end of an ONNX file: an entry of its metadata, over all bytes before it.

A wrong byte among the weights of a graph gives a graph like any other, with other answers. The
entry is appended to the file as any entry of the metadata is written, so every reader of ONNX takes
the file as it did before. Files without it are read as they are.
"""

import hashlib
from pathlib import Path

from asdcfer.errors import WeightsError

_KEY = b"asdcfer.sha256"
_DIGITS = 64
# Field 14 of the model is a pair of texts: its key (field 1) and its value (field 2), each with its
# length.
_ENTRY = b"\x0a" + bytes([len(_KEY)]) + _KEY + b"\x12" + bytes([_DIGITS])
_HEAD = b"\x72" + bytes([len(_ENTRY) + _DIGITS]) + _ENTRY
_LENGTH = len(_HEAD) + _DIGITS


def append_checksum(path: Path) -> None:
    """Append the checksum of an ONNX file to it.

    Args:
        path: of a file without one.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "model.onnx"
        >>> _ = file.write_bytes(b"a graph")
        >>> append_checksum(file)
        >>> check_bytes(file)
        >>> file.stat().st_size - len(b"a graph")
        84
    """
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with open(path, "ab") as file:
        file.write(_HEAD + digest.encode("ascii"))


def check_bytes(path: Path) -> None:
    """Compare an ONNX file with the checksum at its end, where it has one.

    Args:
        path: of the file; one that is missing is left to whoever opens it.

    Raises:
        WeightsError: its bytes have changed since it was exported.
    """
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            body = max(0, file.seek(0, 2) - _LENGTH)
            file.seek(body)
            end = file.read(_LENGTH)
            if not end.startswith(_HEAD):
                return
            file.seek(0)
            left = body
            while left and (part := file.read(min(left, 1 << 20))):
                digest.update(part)
                left -= len(part)
    except OSError:
        return
    if end[len(_HEAD) :] != digest.hexdigest().encode("ascii"):
        raise WeightsError(
            f"{path} is not the file that was exported: its bytes have changed; copy it or export "
            "it again"
        )
