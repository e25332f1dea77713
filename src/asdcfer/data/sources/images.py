"""From an image file to the pack's uint8 square, or a reason why not."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

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


def decode(path: Path, *, colour: bool, max_pixels: int, at_least: int | None = None) -> np.ndarray:
    """Decode an image file, upright (EXIF rotation applied), to uint8 (H,W) grey or (H,W,3) RGB.

    Transparent pixels become white, 16-bit images are scaled to 8 bits, the first frame of an
    animation is taken.

    Args:
        path: file to read.
        colour: RGB instead of grey.
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
                return np.asarray(_eight_bits(upright, "RGB" if colour else "L"))
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


def fit(image: np.ndarray, size: int, *, colour: bool) -> np.ndarray:
    """Return the image as uint8 (size,size) or (size,size,3): plain resize when nearly square, else
    of its centred square.

    NOTE: our reading. Aligned faces come square or almost so, and a plain resize keeps all of them;
    squeezing a wide photo would change the expression, so there the middle is taken.

    Args:
        image: uint8 (H,W) or (H,W,3).
        size: side of the result in pixels.
        colour: whether the result is RGB.

    Example:
        >>> fit(np.zeros((100, 60), np.uint8), 48, colour=True).shape
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
    mode = "RGB" if colour else "L"
    return np.array(picture if picture.mode == mode else picture.convert(mode))
