"""Read pictures from files or bytes, or say in one line why not.

Rules of `read_image`: EXIF rotation is applied; an animated or many-paged file gives its first
frame; 16-bit pictures are brought to 8 bits (by their high byte); CMYK, palette and gray pictures
become RGB; transparent parts lie on white; more than `MAX_PIXELS` pixels are refused before any is
decoded, and files of more than `MAX_BYTES` unread.
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

from asdcfer.errors import InputError

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
"""Decoders that are tried; the rest of Pillow's (PostScript, PDF, ...) would run foreign programs
or are no photographs.
"""

SUFFIXES = frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".webp",
        ".bmp",
        ".tif",
        ".tiff",
        ".gif",
        ".pgm",
        ".ppm",
    }
)
"""File names that are opened; other files are skipped unopened."""

SQUAREISH = 1.1
"""Up to this ratio of the sides an image is resized plainly; beyond it its centred square is taken."""


class Unusable(Exception):
    """One image cannot be used; the message is the reason that the pack lists."""


def decode(path: Path, *, color: bool, max_pixels: int, at_least: int | None = None) -> np.ndarray:
    """Decode an image file, upright (EXIF rotation applied), to uint8 (H,W) gray or (H,W,3) RGB.

    Transparent pixels become white, 16-bit images are scaled to 8 bits, the first frame of an
    animation is taken.

    Args:
        path: file to read.
        color: RGB instead of gray.
        max_pixels: refuse larger images, by their header, before decoding.
        at_least: the caller shrinks to this side anyway, so a JPEG may be decoded at a fraction of
            its size (faster).

    Raises:
        Unusable: the file is empty, no image, truncated, or too large.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns about bombs and odd metadata; our own limit is checked from the header,
            # before a pixel is decoded.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                width, height = image.size
                if width * height > max_pixels:
                    raise Unusable(
                        f"too large: {width} x {height} pixels, the limit is {max_pixels}"
                    )
                if at_least is not None and image.format == "JPEG":
                    image.draft(None, (2 * at_least, 2 * at_least))
                upright = ImageOps.exif_transpose(image)
                return np.asarray(_eight_bits(upright, "RGB" if color else "L"))
    except UnidentifiedImageError:
        raise Unusable("empty file" if path.stat().st_size == 0 else "not an image") from None
    except Image.DecompressionBombError:
        raise Unusable(f"too large: the limit is {max_pixels} pixels") from None
    except Unusable:
        raise
    except OSError as error:
        reason = str(error).lower()
        if (
            "truncated" in reason
            or "broken data stream" in reason
            or "unrecognized data stream" in reason
        ):
            raise Unusable("truncated") from None
        raise Unusable(f"unreadable: {error.strerror or error}") from None
    except MemoryError:
        raise Unusable("too large: it does not fit into memory") from None
    except Exception as error:
        # a decoder fed with damaged bytes raises whatever it likes (SyntaxError, struct.error, ...)
        raise Unusable(
            f"damaged: {(str(error).splitlines() or [''])[0] or type(error).__name__}"
        ) from None


def _eight_bits(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":
        deep = np.asarray(image).astype(np.int64)
        top = 65535 if image.mode.startswith("I;16") or deep.max(initial=0) > 255 else 255
        image = Image.fromarray((np.clip(deep, 0, top) * 255 // top).astype(np.uint8))
    elif image.mode == "F":
        values = np.nan_to_num(np.asarray(image))
        image = Image.fromarray(
            np.clip(values * (255 if values.max(initial=0) <= 1 else 1), 0, 255).astype(np.uint8)
        )
    elif image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, "white")
        image = Image.alpha_composite(white, over)
    if image.mode == mode:
        return image
    return (image if image.mode in ("RGB", "L") else image.convert("RGB")).convert(mode)


def fit(image: np.ndarray, size: int, *, color: bool) -> np.ndarray:
    """Return the image as uint8 (size,size) or (size,size,3): plain resize when nearly square, else
    of its centred square.

    NOTE: our reading. Aligned faces come square or almost so, and a plain resize keeps all of them;
    squeezing a wide photo would change the expression, so there the middle is taken.

    Args:
        image: uint8 (H,W) or (H,W,3).
        size: side of the result in pixels.
        color: whether the result is RGB.

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
    mode = "RGB" if color else "L"
    return np.array(picture if picture.mode == mode else picture.convert(mode))


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
        gray = np.empty((image.height, image.width, 3), np.uint8)
        eight_bits = _to_eight_bits(image)
        for rows, values in _strips(image):
            gray[rows] = eight_bits(values)[..., None]
        return gray
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


def _to_eight_bits(image: Image.Image) -> Callable[[np.ndarray], np.ndarray]:
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
