"""Read one picture from a file or from bytes, or say in one line why not.

Stated rules: EXIF rotation is applied; an animated or many-paged file gives its first frame; 16-bit
pictures are brought to 8 bits (by their high byte); CMYK, palette and grey pictures become RGB;
transparent parts lie on white; more than `MAX_PIXELS` pixels are refused before any is decoded, and
files of more than `MAX_BYTES` unread.
"""

import functools
import io
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from asdcfer.data.sources.images import FORMATS
from asdcfer.errors import InputError

IMAGE_SUFFIXES = frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".png",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".pgm",
        ".ppm",
        ".jp2",
        ".avif",
    }
)
MAX_PIXELS = 80_000_000
"""Largest width times height that is decoded; guards against small files that unpack to gigabytes."""
MOST_PIXELS = 178_956_970
"""More can be asked for in vain: Pillow opens no larger picture."""
MAX_BYTES = 1_000_000_000
"""Largest file that is opened as a picture; some decoders read the whole file into memory."""
_STRIP = 1 << 20
"""Pixels of a deep picture that are brought to 8 bits at once."""


@functools.cache
def formats() -> tuple[str, ...]:
    """Names of the decoders that are tried: those of photographs.

    Others would run foreign programs (PostScript) or decode before any limit (icons).
    """
    Image.init()
    return tuple(name for name in (*FORMATS, "JPEG2000", "AVIF") if name in Image.OPEN)


def read_image(source: str | os.PathLike[str] | bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a picture as RGB.

    Args:
        source: a path, or the bytes of an encoded picture (JPEG, PNG, WebP, TIFF, BMP, GIF, ...).
        max_pixels: largest width times height, up to `MOST_PIXELS`.

    Returns:
        uint8 (H,W,3), upright as its EXIF data says.

    Raises:
        InputError: missing, empty, not a picture, broken off, or too large; the message names the
            file.

    Example:
        >>> read_image(b"plain text")
        Traceback (most recent call last):
            ...
        asdcfer.errors.InputError: the bytes: not a picture in a format that can be read
    """
    name = "the bytes" if isinstance(source, bytes | bytearray | memoryview) else str(source)
    max_pixels = min(max_pixels, MOST_PIXELS)
    try:
        with _opened(source, name) as file, _picture(file) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise InputError(
                    f"{name}: {width} x {height} pixels are more than the {max_pixels:,} allowed "
                    "(decompression bomb?)"
                )
            image.seek(0)
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return _rgb(image)
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError(f"{name}: not a picture in a format that can be read") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(
            f"{name}: more pixels than the {max_pixels:,} allowed (decompression bomb?)"
        ) from None
    except MemoryError:
        raise InputError(f"{name}: does not fit into memory") from None
    except Exception as error:
        # a decoder fed with broken bytes raises whatever it likes (OSError, SyntaxError,
        # struct.error, ...)
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{name}: broken picture ({line})") from None


def _opened(source: str | os.PathLike[str] | bytes, name: str) -> BinaryIO:
    if isinstance(source, bytes | bytearray | memoryview):
        file: BinaryIO = io.BytesIO(source)
    else:
        try:
            file = Path(source).open("rb")  # noqa: SIM115 - the caller closes it
        except FileNotFoundError:
            raise InputError(f"{name}: no such file") from None
        except IsADirectoryError:
            raise InputError(f"{name}: a folder, not a picture") from None
        except (OSError, ValueError) as error:
            raise InputError(
                f"{name}: cannot be opened ({getattr(error, 'strerror', None) or error})"
            ) from None
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if 0 < size <= MAX_BYTES:
        return file
    file.close()
    raise InputError(
        f"{name}: {size:,} bytes are more than the {MAX_BYTES:,} a picture may have"
        if size
        else f"{name}: empty (zero bytes)"
    )


def _picture(file: BinaryIO) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
            # Pillow's on large pictures and odd metadata; our own limit decides, before a pixel is
            # decoded
        )
        return Image.open(file, formats=formats())


def _rgb(image: Image.Image) -> np.ndarray:
    """Convert any Pillow picture to RGB uint8."""
    if image.mode.startswith("I") or image.mode == "F":
        grey = np.empty((image.height, image.width, 3), np.uint8)
        eight_bits = _eight_bits(image)
        for rows, values in _strips(image):
            grey[rows] = eight_bits(values)[..., None]
        return grey
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # "palette images with transparency": that is what this branch handles
            image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image)
    return np.array(image.convert("RGB"))


def _strips(image: Image.Image) -> Iterator[tuple[slice, np.ndarray]]:
    """Give a picture's values from top to bottom, a few rows at a time: whole, in 64 bits, a large
    scan would take gigabytes.
    """
    step = max(1, _STRIP // image.width)
    for top in range(0, image.height, step):
        bottom = min(top + step, image.height)
        yield slice(top, bottom), np.asarray(image.crop((0, top, image.width, bottom)))


def _eight_bits(image: Image.Image) -> Callable[[np.ndarray], np.ndarray]:
    """Return what brings the values of a deep picture to 0..255: the high byte of 16-bit ones, dark
    or not; others as their largest value demands.
    """
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        # Pillow gives 16-bit PNG as "I;16" or "I" by version, and PPM always as "I".
        return lambda values: (values >> 8).astype(np.uint8)
    if image.mode == "F":
        unit = max(_finite(values).max(initial=0) for _, values in _strips(image)) <= 1
        return lambda values: (_finite(values) * (255 if unit else 1)).clip(0, 255).astype(np.uint8)
    # A 32-bit picture that holds 8-bit values is left alone.
    deep = max(values.max(initial=0) for _, values in _strips(image)) > 255
    return lambda values: (values >> 8 if deep else values).clip(0, 255).astype(np.uint8)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
