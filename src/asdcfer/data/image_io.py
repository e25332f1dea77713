"""Read pictures from files or bytes, or say in one line why not.

The one decoder: making a pack and recognition see the same pixels of the same file. EXIF rotation
is applied; an animated or many-paged file gives its first frame; 16-bit pictures are brought to
8 bits (by their high byte); CMYK, palette and gray pictures become RGB; transparent parts lie on
white; more than `MAX_PIXELS` pixels are refused before any is decoded, and files of more than
`MAX_BYTES` unread.
"""

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from asdcfer.data.eight_bits import Pixels, eight_bits
from asdcfer.data.image_formats import (
    MOST_SCANS,
    PNG,
    formats,
    is_cut,
    pixels_of_png,
    scans_of_jpeg,
    what_else,
)
from asdcfer.data.lenient_decoding import LENIENT, lenient_of_metadata
from asdcfer.errors import InputError

MAX_PIXELS = 80_000_000
"""Largest width times height that is decoded: guards against small files that unpack to much."""
MAX_BYTES = 1_000_000_000
"""Largest file that is opened as a picture; some decoders read the whole file into memory."""

SQUAREISH = 1.1
"""Up to this ratio of its sides an image is resized plainly, beyond it only its centered square."""


class ImageError(InputError):
    """A picture cannot be read.

    Args:
        name: of the picture, which begins the message.
        message: what is wrong, for people.
        reason: the same in the few words that a pack lists for a file it left out; those of one
            kind begin alike, up to a colon.
    """

    def __init__(self, name: str, message: str, reason: str) -> None:
        super().__init__(f"{name}: {message}")
        self.reason = reason


def read_image(
    source: str | os.PathLike[str] | bytes,
    max_pixels: int = MAX_PIXELS,
    *,
    color: bool = True,
    at_least: int | None = None,
) -> Pixels:
    """Read a picture as RGB or gray.

    Args:
        source: a path, or the bytes of an encoded picture (JPEG, PNG, WebP, TIFF, BMP, GIF, ...).
        max_pixels: largest width times height; refused by the header, before decoding.
        color: RGB; False for gray, as `to_gray` makes it.
        at_least: the caller shrinks to this side anyway, so a JPEG may be decoded at a fraction of
            its size (faster).

    Returns:
        uint8 (H,W,3), or (H,W) without color; upright as its EXIF data says.

    Raises:
        ImageError: missing, empty, not a picture, broken off, or too large; the message names the
            file.

    Example:
        >>> read_image(b"plain text")
        Traceback (most recent call last):
            ...
        asdcfer.data.image_io.ImageError: the bytes: not a picture in a format that can be read
    """
    with _decoder(source, max_pixels) as image:
        if at_least is not None and image.format == "JPEG":
            image.draft(None, (2 * at_least, 2 * at_least))
        if image.format != "HEIF":  # which stands at the picture that the file calls its own
            image.seek(0)
        image.load()
        _set_upright(image)
        return eight_bits(image, color)


def read_size(
    source: str | os.PathLike[str] | bytes, max_pixels: int = MAX_PIXELS
) -> tuple[int, int]:
    """Return width and height of a picture as it is shown, from its header alone.

    Args:
        source: as of `read_image`.
        max_pixels: as of `read_image`.

    Raises:
        ImageError: as `read_image` does, except where only the pixels are broken.
    """
    with _decoder(source, max_pixels) as image:
        width, height = image.size
        with lenient_of_metadata():
            if image.getexif().get(0x0112) in _ROTATED:
                return height, width
        return width, height


_ROTATED = {5, 6, 7, 8}
"""EXIF orientations that swap width and height."""


@contextlib.contextmanager
def _decoder(source: str | os.PathLike[str] | bytes, max_pixels: int) -> Iterator[Image.Image]:
    """Give a picture whose header is read and within the limit; explain whatever the block raises.

    A decoder fed with broken bytes raises whatever it likes (OSError, SyntaxError, struct.error).
    """
    name = "the bytes" if isinstance(source, bytes | bytearray | memoryview) else str(source)
    head = b""
    try:
        with _opened(source, name) as file, LENIENT.of(max_pixels):
            head = file.read(64)
            file.seek(0)
            with _open(file, head) as image:
                _check_size(image, name, max_pixels)
                _check_scans(image, file, name)
                if image.format == "HEIF" and is_cut(file):
                    raise OSError("image file is truncated")
                yield image
    except ImageError:
        raise
    except Exception as error:
        raise _explained(error, name, max_pixels, head) from None


def _open(file: BinaryIO, head: bytes) -> Image.Image:
    """Open a picture; a PNG whose texts are damaged, or too long for Pillow, without them."""
    try:
        return Image.open(file, formats=formats())
    except Exception:
        if not head.startswith(PNG):
            raise
        file.seek(0)
        return Image.open(io.BytesIO(pixels_of_png(file.read())), formats=formats())


def _set_upright(image: Image.Image) -> None:
    with lenient_of_metadata():
        ImageOps.exif_transpose(image, in_place=True)


def from_pillow(image: Image.Image) -> Pixels:
    """Return a picture that Pillow has opened as RGB uint8 (H,W,3), upright as its EXIF data says.

    Raises:
        ImageError: its pixels cannot be decoded.
    """
    try:
        with LENIENT.of(MAX_PIXELS):
            image = image.copy()
            _set_upright(image)
            return eight_bits(image, True)
    except Exception as error:
        raise _explained(error, "the picture", MAX_PIXELS) from None


def fit(image: Pixels, size: int, *, color: bool) -> Pixels:
    """Return the image as a square: resized plainly when nearly square, else its centered square.

    NOTE: our reading. Aligned faces come square or almost so, and a plain resize keeps all of them;
    squeezing a wide photo would change the expression, so there the middle is taken.

    Args:
        image: uint8 (H,W) or (H,W,3).
        size: side of the result in pixels.
        color: whether the result is RGB.

    Returns:
        uint8 (size,size,3), or (size,size) without color.

    Example:
        >>> fit(np.zeros((100, 60), np.uint8), 48, color=True).shape
        (48, 48, 3)
    """
    picture = Image.fromarray(np.ascontiguousarray(image))
    width, height = picture.size
    if (width, height) != (size, size):
        box: tuple[float, float, float, float] = (0, 0, width, height)
        side = min(width, height)
        if max(width, height) > SQUAREISH * side:
            left, top = (width - side) / 2, (height - side) / 2
            box = (left, top, left + side, top + side)
        picture = picture.resize((size, size), Image.Resampling.BICUBIC, box=box)
    return eight_bits(picture, color)


def _opened(source: str | os.PathLike[str] | bytes, name: str) -> BinaryIO:
    if isinstance(source, bytes | bytearray | memoryview):
        file: BinaryIO = io.BytesIO(source)
    else:
        try:
            if not stat.S_ISREG(os.stat(source).st_mode) and not os.path.isdir(source):
                # A pipe without a writer would be waited for without end.
                raise ImageError(name, "a pipe or device, not a file", "unreadable: not a file")
            file = Path(source).open("rb")  # noqa: SIM115 - the caller closes it
        except FileNotFoundError as error:
            raise ImageError(name, "no such file", f"unreadable: {error.strerror}") from None
        except IsADirectoryError as error:
            raise ImageError(
                name, "a folder, not a picture", f"unreadable: {error.strerror}"
            ) from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise ImageError(name, f"cannot be opened ({why})", f"unreadable: {why}") from None
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if 0 < size <= MAX_BYTES:
        return file
    file.close()
    if size == 0:
        raise ImageError(name, "empty (zero bytes)", "empty file")
    raise ImageError(
        name,
        f"{size:,} bytes are more than the {MAX_BYTES:,} a picture may have",
        f"too large: {size} bytes, the limit is {MAX_BYTES}",
    )


def _check_size(image: Image.Image, name: str, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise ImageError(
            name,
            f"{width} x {height} pixels are more than the {max_pixels:,} allowed{_WAY_OUT}",
            f"too large: {width} x {height} pixels, the limit is {max_pixels}",
        )


def _check_scans(image: Image.Image, file: BinaryIO, name: str) -> None:
    # Pillow calls a JPEG with further pictures behind it MPO; small pictures are quick.
    if image.format not in ("JPEG", "MPO") or image.width * image.height < _SMALL:
        return
    place = file.tell()
    file.seek(0)
    scans = scans_of_jpeg(file.read())
    file.seek(place)
    if scans > MOST_SCANS:
        raise ImageError(
            name,
            f"a JPEG of {scans:,} scans, more than the {MOST_SCANS} a photograph may have",
            f"damaged: {scans} scans, the limit is {MOST_SCANS}",
        )


_SMALL = 100_000
"""Pixels of a picture that is decoded in no time, however often."""
_WAY_OUT = " (raise it with `max_pixels`; of a small file, suspect a decompression bomb)"


def _explained(error: Exception, name: str, max_pixels: int, head: bytes = b"") -> ImageError:
    """Put what Pillow raised into one line."""
    if isinstance(error, UnidentifiedImageError):
        if (known := what_else(head)) is not None:
            what, way_out = known
            return ImageError(name, f"{what}; {way_out}", f"{what}: {way_out}")
        return ImageError(name, "not a picture in a format that can be read", "not an image")
    if isinstance(error, Image.DecompressionBombError):
        return ImageError(
            name,
            f"more pixels than the {max_pixels:,} allowed{_WAY_OUT}",
            f"too large: the limit is {max_pixels} pixels",
        )
    if isinstance(error, MemoryError):
        return ImageError(
            name, "does not fit into memory", "too large: it does not fit into memory"
        )
    line = (str(error).splitlines() or [""])[0] or type(error).__name__
    if isinstance(error, OSError) and any(words in line.lower() for words in _CUT_SHORT):
        reason = "truncated"
    elif isinstance(error, OSError) and error.strerror:
        reason = f"unreadable: {error.strerror}"
    else:
        reason = f"damaged: {line}"
    return ImageError(name, f"broken picture ({line})", reason)


_CUT_SHORT = ("truncated", "broken data stream", "unrecognized data stream")
"""How Pillow says that a file ends too early."""
