"""Length of a video file as its container declares it: a file that was cut is shorter.

It is read from the outermost headers alone, in MP4 and MOV, AVI, Matroska and WebM, ASF (WMV) and
MPEG transport streams. Others say nothing.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_SLACK = 16
"""Some writers count their last padding or header wrongly by a few bytes."""
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067
_ISO_BEGINNINGS = frozenset(
    {b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"}
)


def cut_note(path: str | os.PathLike[str]) -> str | None:
    """Return in words what shows from outside that a file was cut.

    None where nothing does, or where the file cannot be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.avi"
        >>> _ = path.write_bytes(b"RIFF" + (1000).to_bytes(4, "little") + b"AVI " + bytes(100))
        >>> cut_note(path)
        'the file is cut, 896 bytes are missing at its end'
    """
    try:
        return _cut_note(Path(path))
    except OSError:
        return None  # whoever reads the video meets the same error, and tells it


def _cut_note(path: Path) -> str | None:
    length = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        file.seek(0)
        for begins, end in _KINDS:
            if begins(head):
                declared, note = end(file, length)
                if declared - length <= _SLACK:
                    return note
                with_index = ", and its index (moov) with them" if note else ""
                missing = f"{declared - length:,} bytes are missing at its end"
                return f"the file is cut, {missing}{with_index}"
    return None


def _iso_end(file: BinaryIO, length: int) -> tuple[int, str | None]:
    """Return the end of MP4 and MOV: boxes of a 32-bit size and a name.

    Size 1 stands for a 64-bit size after the name, 0 for the rest of the file.
    """
    place, names = 0, set()
    while place < length:
        file.seek(place)
        head = file.read(16)
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        names.add(name)
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size == 0:
            break
        if size < 8:
            return 0, None
        place += size
    return (
        place,
        None
        if b"moov" in names
        else "its index (moov) is missing: the recording was not finished, or the file is cut",
    )


def _riff_end(file: BinaryIO, length: int) -> tuple[int, str | None]:
    """Return the end of AVI: one RIFF list, and further ones in files above a gigabyte.

    Recorders that never came to the end write the sizes 0 and 2^32 - 1.
    """
    place = 0
    while place + 8 <= length:
        file.seek(place)
        head = file.read(8)
        size = int.from_bytes(head[4:], "little")
        if head[:4] != b"RIFF" or size in (0, 0xFFFFFFFF):
            break
        place += 8 + size + size % 2
    return place, None


def _matroska_end(file: BinaryIO, length: int) -> tuple[int, str | None]:
    """Return the end of Matroska and WebM: an EBML header, then one segment.

    The size of the segment is unknown in a live recording.
    """
    _variable(file, keep_marker=True)
    header = _variable(file)
    if header is None:
        return 0, None
    file.seek(header, os.SEEK_CUR)
    if _variable(file, keep_marker=True) != _SEGMENT:
        return 0, None
    size = _variable(file)
    return (0 if size is None else file.tell() + size), None


def _variable(file: BinaryIO, keep_marker: bool = False) -> int | None:
    """Read an EBML number of 1 to 8 bytes, whose leading zeros tell its length.

    None stands for an unknown size, and for the end of the file.
    """
    first = file.read(1)
    if not first or not first[0]:
        return None
    count = 9 - first[0].bit_length()
    raw = int.from_bytes(first + file.read(count - 1), "big")
    if keep_marker:
        return raw
    value = raw & ((1 << 7 * count) - 1)
    return None if value == (1 << 7 * count) - 1 else value


def _asf_end(file: BinaryIO, length: int) -> tuple[int, str | None]:
    """Return the end of ASF: objects of a 16-byte name and a 64-bit size."""
    place = 0
    while place + 24 <= length:
        file.seek(place + 16)
        size = int.from_bytes(file.read(8), "little")
        if size < 24:
            break
        place += size
    return place, None


def _transport_end(packet: int) -> Callable[[BinaryIO, int], tuple[int, str | None]]:
    """Return what checks an MPEG transport stream: whole packets of 188 bytes, or of 192 on discs.

    A cut between two packets cannot be told.
    """

    def end(file: BinaryIO, length: int) -> tuple[int, str | None]:
        file.seek(0)
        head = file.read(3 * packet)
        marks = {head[packet - 188 + number * packet] for number in range(len(head) // packet)}
        half = length % packet if marks == {0x47} else 0
        return length, "the file is cut inside a packet" if half else None

    return end


_KINDS: tuple[
    tuple[Callable[[bytes], bool], Callable[[BinaryIO, int], tuple[int, str | None]]], ...
] = (
    (lambda head: head[4:8] in _ISO_BEGINNINGS, _iso_end),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"AVI ", _riff_end),
    (lambda head: head[:4] == _EBML.to_bytes(4, "big"), _matroska_end),
    (lambda head: head[:16] == _ASF, _asf_end),
    (lambda head: head[:1] == b"\x47", _transport_end(188)),
    (lambda head: head[4:5] == b"\x47", _transport_end(192)),
)
"""How each container is known by its first 16 bytes, and what reads (declared length, note) from
it.
"""
