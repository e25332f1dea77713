"""Answer a video line by line while it is being read, and leave nothing of it behind."""

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from asdcfer.app.adapter import Turn
from asdcfer.app.limits import Limits
from asdcfer.app.queueing import in_one_line
from asdcfer.app.schemas import (
    NO_FACE_IN_VIDEO,
    VideoEnd,
    VideoError,
    VideoFrame,
    VideoStart,
    face_answer,
)
from asdcfer.app.uploads import RefusalError
from asdcfer.recognition.video_source import VideoHeader

ReadVideo = Callable[[Any, Path, int, Turn], Iterator[Any]]
"""(recognizer, path, every nth frame, the turn to hold while recognizing) -> frames with `index`,
`time`, `image` and `faces`; raises `AsdcferError` where the file breaks off.
"""

_MOST_FRAMES_A_SECOND = 240  # a file that claims more is not a recording of anything


class VideoStream(StreamingResponse):
    """A streamed answer that runs `cleanup` however it ends.

    It ends at the last line, on an error, or because the page was closed.

    Starlette drops the iterator of a stream whose reader went away without closing it, and never
    starts it when the reader left at once; the uploaded file would stay on disk. So the response
    itself owns the clean-up.
    """

    media_type = "application/x-ndjson"

    def __init__(self, lines: AsyncGenerator[BaseModel], cleanup: Callable[[], None]) -> None:
        self._chunks = _as_ndjson(lines)
        super().__init__(self._chunks)
        self._lines, self._cleanup = lines, cleanup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines, then clean up in every case."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                try:
                    await self._chunks.aclose()
                    await self._lines.aclose()
                finally:
                    await run_in_threadpool(self._cleanup)


async def _as_ndjson(lines: AsyncGenerator[BaseModel]) -> AsyncGenerator[bytes]:
    async for line in lines:
        yield line.model_dump_json().encode() + b"\n"


@dataclass(frozen=True)
class VideoRequest:
    """One uploaded video and what was asked about it.

    Attributes:
        name: that the upload carried.
        header: what the file says of itself.
        frames: begins to read the file, and gives its frames with their faces.
        abstain_below: as in `face_answer`.
    """

    name: str | None
    header: VideoHeader
    frames: Callable[[], Iterator[Any]]
    abstain_below: float | None = None


async def video_lines(
    request: VideoRequest, limits: Limits
) -> AsyncGenerator[VideoStart | VideoFrame | VideoEnd | VideoError]:
    """Yield the answer to a video: one start, a line a frame, and one end.

    It is an error alone where no frame can be read. A video that breaks off in the middle ends with
    `VideoEnd` and a message when frames were read before, so that they count.
    """
    frames: Iterator[Any] | None = None
    began, count, with_faces = time.monotonic(), 0, 0
    message: str | None = None

    def step() -> Any:
        """Read and recognize one frame; None at the end."""
        nonlocal frames
        with in_one_line():
            if frames is None:
                frames = iter(request.frames())
            return next(frames, None)

    try:
        while (frame := await run_in_threadpool(step)) is not None:
            if (
                frame.time > limits.max_seconds
                or frame.index > limits.max_seconds * _MOST_FRAMES_A_SECOND
            ):
                message = (
                    f"Stopped at {frame.time:.0f} s: the limit here is {limits.max_seconds:g} s "
                    "(raise it with --max-seconds)."
                )
                break
            if count and time.monotonic() - began > limits.max_work:
                message = (
                    f"Stopped at {frame.time:.0f} s of the video: it was worked on for "
                    f"{limits.max_work:g} s, the limit here (raise it with --max-work)."
                )
                break
            height, width = frame.image.shape[:2]
            if count == 0:
                # Only now: a portrait video says in its frames that it is to be turned, and the
                # boxes are those of the turned picture.
                yield VideoStart(
                    file=request.name,
                    width=width,
                    height=height,
                    duration=request.header.seconds,
                    rate=request.header.rate,
                )
            count += 1
            with_faces += bool(frame.faces)
            yield _frame_line(request, frame)
    except RefusalError as refusal:
        if count == 0:
            yield VideoError(code=refusal.code, error=refusal.message)
            return
        message = (
            refusal.message
            if refusal.code == "unreadable"
            else f"Stopped after {count} frames: {refusal.message}"
        )
    finally:
        # Not while a step runs in its thread: the await above has always ended by now.
        _close(frames)
    if count == 0 and message is None:
        yield VideoError(code="unreadable", error="No frame of this video can be read.")
        return
    if message is None and with_faces == 0:
        message = NO_FACE_IN_VIDEO
    yield VideoEnd(
        frames=count,
        with_faces=with_faces,
        seconds=round(time.monotonic() - began, 3),
        message=message,
    )


def _frame_line(request: VideoRequest, frame: Any) -> VideoFrame:
    height, width = frame.image.shape[:2]
    seconds = request.header.seconds
    return VideoFrame(
        frame=frame.index,
        time=round(frame.time, 4),
        width=width,
        height=height,
        faces=[
            face_answer(face, number, request.abstain_below)
            for number, face in enumerate(frame.faces)
        ],
        done=min(1.0, round(frame.time / seconds, 4)) if seconds else None,
    )


def _close(frames: Any) -> None:
    """Close a generator of frames; an iterator of another kind has nothing to close."""
    with contextlib.suppress(Exception):
        if hasattr(frames, "close"):
            frames.close()
