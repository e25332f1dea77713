"""Uploads, taken in without trust.

Bytes are counted as they arrive; headers are read before anything is decoded.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from typing import IO, TypeVar

import anyio
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from asdcfer.app.limits import Limits
from asdcfer.data.image_formats import phone_format
from asdcfer.data.image_io import ImageError, read_size
from asdcfer.recognition.video_source import VIDEO_SUFFIXES, VideoHeader, read_header

Schema = TypeVar("Schema", bound=BaseModel)
PREFIX = "asdcfer-app-"
"""How the names of temporary folders begin."""
STALLED = 30.0
"""Seconds without a byte after which an upload is given up."""
SLOWEST = 50_000
"""Bytes a second that an upload makes on the whole, after its first `STALLED` seconds."""
_OVERHEAD = 64_000  # bytes of multipart framing that do not count as the picture


class RefusalError(Exception):
    """An upload that is answered with an error.

    Args:
        status: of HTTP.
        code: a word for programs.
        message: one line for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def _too_large(limits: Limits) -> RefusalError:
    return RefusalError(
        413,
        "too_large",
        (
            f"The file is larger than {limits.max_upload_mb:g} MB, the limit here (raise it with "
            "--max-upload-mb)."
        ),
    )


async def _counted(request: Request, limits: Limits, allowance: int) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of the body, and refuse it as soon as it is known to pass the limit."""
    most = limits.max_bytes + allowance
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise _too_large(limits)
    received, began = 0, time.monotonic()
    chunks = request.stream()
    while True:
        # An upload that stands still, or creeps, would keep its place in the queue for ever.
        left = began + STALLED + received / SLOWEST - time.monotonic()
        with anyio.move_on_after(min(STALLED, left)) as patience:
            try:
                chunk = await anext(chunks, None)
            except ClientDisconnect:
                raise RefusalError(400, "broken_off", "The upload broke off.") from None
        if patience.cancelled_caught:
            if received and left < 0.9 * STALLED:
                raise RefusalError(
                    408, "stalled", f"The upload came slower than {SLOWEST:,} bytes a second."
                )
            raise RefusalError(
                408, "stalled", f"Nothing of the upload arrived for {STALLED:g} seconds."
            )
        if chunk is None:
            return
        received += len(chunk)
        if received > most:
            raise _too_large(limits)
        yield chunk


@contextlib.asynccontextmanager
async def received(request: Request, limits: Limits) -> AsyncIterator[tuple[IO[bytes], str | None]]:
    """Give the uploaded file, open and at its start, and the name it carried.

    It is closed, and so deleted, when the block ends.

    The body is either the file itself or `multipart/form-data` with one file field of any name.

    Raises:
        RefusalError: too large, empty, not well formed, or without a file.
    """
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/"):
        with tempfile.SpooledTemporaryFile(max_size=1 << 20) as file:
            async for chunk in _counted(request, limits, 0):
                await run_in_threadpool(file.write, chunk) if file.tell() + len(
                    chunk
                ) > 1 << 20 else file.write(chunk)
            yield _checked(file, limits), request.query_params.get("name")
        return
    try:
        form = await MultiPartParser(
            request.headers,
            _counted(request, limits, _OVERHEAD),
            max_files=1,
            max_fields=8,
            max_part_size=_OVERHEAD,
        ).parse()
    except MultiPartException as error:
        raise RefusalError(
            400, "malformed", f"The multipart body cannot be read: {error.message}"
        ) from None
    try:
        upload = next((value for value in form.values() if not isinstance(value, str)), None)
        if upload is None:
            raise RefusalError(
                400,
                "malformed",
                "The form holds no file: send the picture in a field named `file`.",
            )
        yield _checked(upload.file, limits), upload.filename or None
    finally:
        await form.close()


def parse_body(schema: type[Schema], body: bytes) -> Schema:
    """Return the JSON of a body as an object of a schema.

    Raises:
        RefusalError: it is not as the schema says.
    """
    try:
        return schema.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise RefusalError(422, "invalid", f"{place}: {first['msg']}.") from None


def _checked(file: IO[bytes], limits: Limits) -> IO[bytes]:
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise RefusalError(422, "empty", "The file is empty (zero bytes).")
    if size > limits.max_bytes:
        raise _too_large(limits)
    file.seek(0)
    return file


def picture_size(data: bytes, limits: Limits, name: str | None = None) -> tuple[int, int]:
    """Return width and height of a picture as it is shown, from its header alone.

    Args:
        data: the file's bytes.
        limits: `max_pixels` is checked here, before any pixel is decoded.
        name: the upload's name, only to say something better about videos.

    Raises:
        RefusalError: not a picture, or too many pixels.
    """
    try:
        return read_size(data, limits.max_pixels)
    except ImageError as error:
        if error.reason.startswith("too large"):
            raise RefusalError(
                413,
                "too_many_pixels",
                f"The picture has more than {limits.max_pixels:,} pixels, the limit here (raise it "
                "with --max-pixels).",
            ) from None
        if _is_video(data, name):
            raise RefusalError(
                415, "is_video", "This is a video: send it to /recognize/video."
            ) from None
        if error.reason == "not an image":
            raise RefusalError(
                422,
                "unreadable",
                "The file is not a picture that can be read (JPEG, PNG, WebP, HEIC, AVIF, BMP, "
                "TIFF and GIF are).",
            ) from None
        line = str(error).removeprefix("the bytes: ")[:250].rstrip(".")
        raise RefusalError(422, "unreadable", f"{line[:1].upper()}{line[1:]}.") from None


def _is_video(data: bytes, name: str | None) -> bool:
    if phone_format(data[:64]) is not None:
        return False
    named = Path(name or "").suffix.lower() in VIDEO_SUFFIXES
    return named or data[4:8] == b"ftyp" or data[:4] == b"\x1aE\xdf\xa3"


@contextlib.contextmanager
def kept_on_disk(file: IO[bytes], name: str | None, within: Path | None = None) -> Iterator[Path]:
    """Give a path with the file's bytes, in a private temporary folder.

    The folder is removed when the block ends, whatever happens in it.

    Args:
        file: what to copy, from where it stands.
        name: the upload's name, of which a known suffix is kept.
        within: folder for that folder; None takes the system's.
    """
    import shutil

    suffix = Path(name or "").suffix.lower()
    with tempfile.TemporaryDirectory(
        prefix=PREFIX, dir=within, ignore_cleanup_errors=True
    ) as folder:
        # Never the user's own name: it could climb out of the folder.
        path = Path(folder) / f"video{suffix if suffix in VIDEO_SUFFIXES else ''}"
        with open(path, "wb") as target:
            shutil.copyfileobj(file, target, 1 << 20)
        yield path


def checked_video_header(path: Path, limits: Limits) -> VideoHeader:
    """Return what the header of a video says, checked against the limits.

    Raises:
        RefusalError: not a video, too many pixels a frame, or too long.
    """
    try:
        header = read_header(path)
    except Exception:  # an InputError, and whatever else a damaged header provokes
        with path.open("rb") as file:
            if kind := phone_format(file.read(64)):
                line = f"This is a {kind} picture: send it to /recognize."
                raise RefusalError(415, "is_photo", line) from None
        kinds = "MP4, MOV, WebM, Matroska, AVI, MPEG, Ogg, FLV and WMV are"
        raise RefusalError(
            422, "unreadable", f"The file is not a video that can be read ({kinds})."
        ) from None
    if header.width * header.height == 0:
        raise RefusalError(422, "unreadable", "The video's header gives no picture size.")
    if header.width * header.height > limits.max_pixels:
        raise RefusalError(
            413,
            "too_many_pixels",
            (
                f"The video's frames have more than {limits.max_pixels:,} pixels, the limit here "
                "(raise it with --max-pixels)."
            ),
        )
    if header.seconds is not None and header.seconds > limits.max_seconds:
        raise RefusalError(
            413,
            "too_long",
            (
                f"The video lasts {header.seconds:.0f} s; the limit here is "
                f"{limits.max_seconds:g} s (raise it with --max-seconds)."
            ),
        )
    return header
