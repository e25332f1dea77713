"""Read one picture from a file or from bytes, or say in one line why not.

Stated rules: EXIF rotation is applied; an animated or many-paged file gives its first frame; 16-bit pictures are brought to 8 bits (by their high
byte); CMYK, palette and grey pictures become RGB; transparent parts lie on white; more than `MAX_PIXELS` pixels are refused before any is decoded.
"""

import io
import os
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from asdcfer.errors import InputError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".jp2", ".avif"})
MAX_PIXELS = 80_000_000
"""Largest width times height that is decoded; guards against small files that unpack to gigabytes."""


def read_image(source: str | os.PathLike[str] | bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a picture as RGB.

    Args:
        source: a path, or the bytes of an encoded picture (JPEG, PNG, WebP, TIFF, BMP, GIF, ...).
        max_pixels: largest width times height.

    Returns:
        uint8 (H,W,3), upright as its EXIF data says.

    Raises:
        InputError: missing, empty, not a picture, broken off, or too large; the message names the file.

    Example:
        >>> read_image(b"plain text")
        Traceback (most recent call last):
            ...
        asdcfer.errors.InputError: the bytes: not a picture in a format that can be read
    """
    name = "the bytes" if isinstance(source, bytes | bytearray | memoryview) else str(source)
    data = _bytes_of(source, name)
    if not data:
        raise InputError(f"{name}: empty (zero bytes)")
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise InputError(f"{name}: {width} x {height} pixels are more than the {max_pixels:,} allowed (decompression bomb?)")
            image.seek(0)
            image.load()
            return _rgb(ImageOps.exif_transpose(image))
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError(f"{name}: not a picture in a format that can be read") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(f"{name}: more pixels than the {max_pixels:,} allowed (decompression bomb?)") from None
    except MemoryError:
        raise InputError(f"{name}: does not fit into memory") from None
    except Exception as error:  # a decoder fed with broken bytes raises whatever it likes (OSError, SyntaxError, struct.error, ...)
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{name}: broken picture ({line})") from None


def _bytes_of(source: str | os.PathLike[str] | bytes, name: str) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    path = Path(source)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{name}: a folder, not a picture") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be opened ({error.strerror or error})") from None


def _rgb(image: Image.Image) -> np.ndarray:
    """Convert any Pillow picture to RGB uint8."""
    if image.mode.startswith("I;16") or image.mode == "I":
        values = np.asarray(image).astype(np.int64)
        # Pillow gives 16-bit PNG as "I;16" or "I" by version; 8-bit values in a 32-bit picture are left alone.
        grey = (values >> 8 if values.max(initial=0) > 255 else values).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image, np.float64), posinf=0, neginf=0)
        grey = (values * (255 if values.max(initial=0) <= 1 else 1)).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "palette images with transparency": that is what this branch handles
            image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image)
    return np.array(image.convert("RGB"))
