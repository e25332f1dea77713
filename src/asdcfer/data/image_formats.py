"""Which pictures are read: decoders, names of files, and what to do about the others."""

import functools
import importlib
import os
import zlib
from importlib.util import find_spec
from typing import BinaryIO

from PIL import Image

from asdcfer.extras import install_hint

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF", "HEIF")
"""Decoders that are tried, where Pillow has them; the rest of Pillow's (PostScript, PDF, ...) would
run foreign programs or are no photographs. HEIF is brought by a package of its own.
"""

_HEIF_READERS = ("pillow_heif", "pi_heif")
"""Packages that bring HEIF to Pillow: the one that writes it too, where it is there, or the smaller
one of the extra.
"""

IMAGE_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".pjpeg", ".pjp", ".mpo"),
        *(".png", ".apng", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff"),
        *(".pgm", ".ppm", ".pbm", ".pnm", ".pfm"),
        *(".jp2", ".jpx", ".jpf", ".j2k", ".j2c", ".jpc"),
        *(".heic", ".heif", ".hif", ".heics", ".heifs", ".avif", ".avifs"),
    }
)
"""Names of files that are opened as pictures by every reader."""

_HEIF_BRANDS = frozenset(
    b"heic heix heim heis hevc hevx hevm hevs mif1 mif2 msf1 avci avcs vvic j2ki jpeg".split()
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEAD = 64
"""Bytes of a file's beginning that tell what it is."""


@functools.cache
def formats() -> tuple[str, ...]:
    """Return the names of the decoders that are tried: those of photographs.

    Others would run foreign programs (PostScript) or decode before any limit (icons).
    """
    Image.init()
    for package in filter(_is_installed, _HEIF_READERS):
        importlib.import_module(package).register_heif_opener()
        break
    return tuple(name for name in FORMATS if name in Image.OPEN)


def phone_format(head: bytes) -> str | None:
    """Return "HEIC" or "AVIF" where a file begins as such a picture does, else None.

    Both are in the box format of MP4, and FFmpeg would give the first tile of one as a video.

    Args:
        head: the first bytes of a file, 32 or more.

    Example:
        >>> phone_format(b"....ftypheic...."), phone_format(b"....ftypisom....")
        ('HEIC', None)
    """
    if head[4:8] != b"ftyp":
        return None
    size = int.from_bytes(head[:4], "big")
    end = min(size, len(head)) if size >= 16 else len(head)
    major, also = head[8:12], {head[place : place + 4] for place in range(16, end - 3, 4)}
    if major in _AVIF_BRANDS or (major in _HEIF_BRANDS and also & _AVIF_BRANDS):
        return "AVIF"
    return "HEIC" if major in _HEIF_BRANDS else None


def is_cut(file: BinaryIO) -> bool:
    """Tell whether a file of boxes, such as HEIC, ends inside one; it is left at its start.

    Its decoder would give what is missing as gray.

    Example:
        >>> import io
        >>> is_cut(io.BytesIO(bytes([0, 0, 0, 9]) + b"mdat.")), is_cut(io.BytesIO(b"...9mdat"))
        (False, True)
    """
    length, place = file.seek(0, os.SEEK_END), 0
    while place < length:
        file.seek(place)
        head = file.read(16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size < 8:  # 0 stands for the rest of the file
            break
        place += size
    file.seek(0)
    return place > length


JPEG = b"\xff\xd8\xff"
"""How a JPEG begins."""
MOST_SCANS = 500
"""Scans of a JPEG that is decoded; real ones have up to some dozens."""


def scans_of_jpeg(data: bytes) -> int:
    r"""Return how many times the decoder would go over the whole picture.

    Each scan costs a few bytes of a file and time by the number of pixels, so that a megabyte can
    mean minutes. Inside of a scan the marker that begins one cannot occur.

    Example:
        >>> scans_of_jpeg(JPEG + b"\xff\xda..\xff\xda.")
        2
    """
    return data.count(b"\xff\xda")


PNG = b"\x89PNG\r\n\x1a\n"
"""How a PNG begins."""


def pixels_of_png(data: bytes) -> bytes:
    """Return a PNG without what is not needed to show it: texts of any length, damaged or not.

    Example:
        >>> pixels_of_png(PNG + bytes([0, 0, 0, 1]) + b"tEXtx" + bytes(4)) == PNG
        True
    """
    kept, place = [PNG], len(PNG)
    while place + 12 <= len(data):
        size, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        end = place + 12 + size
        whole = zlib.crc32(data[place + 4 : end - 4]) == int.from_bytes(data[end - 4 : end], "big")
        if name in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND") or (name == b"eXIf" and whole):
            kept.append(data[place:end])
        place = end
    return b"".join(kept)


def what_else(head: bytes) -> tuple[str, str] | None:
    """Return what a file is that no decoder took, and what to do about it; None where unknown.

    Args:
        head: the first bytes of a file.

    Returns:
        The kind in a few words, and the way out.

    Example:
        >>> what_else(b"%PDF-1.7")
        ('a PDF file', 'save it as JPEG')
    """
    kind = phone_format(head[:_HEAD])
    if kind == "HEIC" and "HEIF" not in formats():
        return "a HEIC picture", f"to read it: {install_hint('pi_heif')}, or save it as JPEG"
    if kind == "AVIF" and "AVIF" not in formats():
        return "an AVIF picture", "to read it install Pillow 11.3 or newer, or save it as JPEG"
    if kind:
        return f"a {kind} picture that is damaged or of an unknown coding", "save it as JPEG"
    for begins, name in _OTHERS:
        if head.startswith(begins) or (begins == b"ftyp" and head[4:8] == begins):
            return name, "save it as JPEG" if name != _VIDEO else "name it as one, such as a.mp4"
    return None


_VIDEO = "a video"
_OTHERS = (
    (b"ftyp", _VIDEO),
    (b"\x1aE\xdf\xa3", _VIDEO),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF file"),
    (b"%!PS", "a PostScript file"),
    (b"<svg", "an SVG drawing"),
    (b"FUJIFILMCCD-RAW", "a camera's raw file"),
)
"""How files begin that people take for photographs, and what they are."""


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:
        return False
