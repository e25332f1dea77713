"""The web page and the HTTP interface around one recognizer, for this machine only."""

import contextlib
import functools
import io
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from PIL import Image
from starlette.concurrency import run_in_threadpool

import asdcfer
from asdcfer.app.adapter import attention_of, expressions_of, read_video, recognize_picture
from asdcfer.app.error_answers import REFUSALS, answer_errors
from asdcfer.app.labeling import Labeling
from asdcfer.app.labeling_routes import add_labeling_routes
from asdcfer.app.limits import LOCAL_HOSTS, Limits
from asdcfer.app.pace import Pace
from asdcfer.app.page_files import add_pages
from asdcfer.app.queueing import RecognizerQueue
from asdcfer.app.schemas import (
    NO_FACE,
    ExpressionLook,
    Health,
    PhotoAnswer,
    VideoLine,
    face_answer,
)
from asdcfer.app.security import Guard
from asdcfer.app.summary_routes import add_summary_routes
from asdcfer.app.summary_schemas import SummaryRequest
from asdcfer.app.uploads import (
    checked_video_header,
    kept_on_disk,
    picture_size,
    received,
)
from asdcfer.app.video import ReadVideo, VideoRequest, VideoStream, video_lines
from asdcfer.data.image_io import read_image
from asdcfer.recognition.detection import reduced
from asdcfer.recognition.face import UNCERTAIN
from asdcfer.recognition.options import DETECTION
from asdcfer.recognition.palette import OTHER, looks
from asdcfer.summary.events import EventOptions

_SCREEN = 2048
"""Longest side of a picture that is made for the page, pixels."""
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
}
AbstainBelow = Annotated[
    float | None,
    Query(ge=0, le=1, description="call a face `uncertain` when its confidence is lower"),
]
Name = Annotated[str | None, Query(max_length=255, description="the file's name, for a raw body")]


def _takes(*kinds: str) -> dict[str, Any]:
    """Return the OpenAPI description of a body that is one file, raw or in a form."""
    content = {kind: _BINARY for kind in kinds} | {
        "application/octet-stream": _BINARY,
        "multipart/form-data": _FORM,
    }
    return {"requestBody": {"required": True, "content": content}}


@dataclass(frozen=True)
class _Service:
    """What the answers need: the recognizer, its queue, and the limits."""

    recognizer: Any
    limits: Limits
    queue: RecognizerQueue
    read_video: ReadVideo
    uploads: Path | None

    def photo(
        self, upload: IO[bytes], name: str | None, attention: bool, abstain_below: float | None
    ) -> PhotoAnswer:
        """Recognize one uploaded photo when its turn comes."""
        # Read only when it is this photo's turn: those that wait stay on disk.
        with self.queue.recognizer():
            data = upload.read()
            width, height = picture_size(data, self.limits, name)
            began = time.monotonic()
            faces = recognize_picture(self.recognizer, data, attention)
            return PhotoAnswer(
                file=name,
                width=width,
                height=height,
                status="ok" if faces else "no_face",
                message=None if faces else NO_FACE,
                faces=[
                    face_answer(
                        face, index, abstain_below, attention_of(face) if attention else None
                    )
                    for index, face in enumerate(faces)
                ],
                seconds=round(time.monotonic() - began, 4),
            )

    def shown(self, upload: IO[bytes], name: str | None) -> bytes:
        """Return an uploaded photo as a JPEG that every browser shows, no larger than a screen."""
        with self.queue.recognizer():
            data = upload.read()
            picture_size(data, self.limits, name)
            image, _ = reduced(read_image(data, self.limits.max_pixels), _SCREEN)
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=90)
        return file.getvalue()


def make_app(
    recognizer: Any,
    limits: Limits | None = None,
    *,
    model: str = "default",
    hosts: Iterable[str] | None = LOCAL_HOSTS,
    read_video: ReadVideo = read_video,
    uploads: Path | None = None,
    labeling: Labeling | None = None,
) -> FastAPI:
    """Return the application around a recognizer.

    Args:
        recognizer: called on the bytes of a picture, gives its faces; `asdcfer.Recognizer` or
            anything that behaves like it.
        limits: bounds on uploads.
        model: the model's name, shown on the page.
        hosts: names accepted in the Host header; None accepts any.
        read_video: gives the frames of a video on disk with their faces.
        uploads: folder where videos lie while they are read; None takes the system's temporary
            folder.
        labeling: faces that the page /label asks labels of.

    Example:
        >>> app = make_app(lambda picture: [])
        >>> sorted(app.openapi()["paths"])
        ['/health', '/recognize', '/recognize/video', '/summarize', '/summarize/{name}']
    """
    limits = limits or Limits()
    # FastAPI's own documentation pages load scripts from another host; /api is ours.
    app = FastAPI(
        title="asdcfer",
        version=asdcfer.__version__,
        description="Recognize facial expressions in photos and videos, on this machine.",
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Pace, limits=limits)
    app.add_middleware(Guard, hosts=hosts)
    service = _Service(recognizer, limits, RecognizerQueue(limits), read_video, uploads)
    answer_errors(app)
    add_pages(app)
    _add_health(app, service, model, labeling is not None)
    _add_photo(app, service)
    _add_shown(app, service)
    _add_video(app, service)
    add_summary_routes(app, service.queue, limits, expressions_of(recognizer), uploads)
    if labeling is not None:
        add_labeling_routes(app, labeling, limits)
    _describe(app)
    return app


def _add_health(app: FastAPI, service: _Service, model: str, labeling: bool) -> None:
    expressions = expressions_of(service.recognizer)
    drawn = {
        name: ExpressionLook(light=look.light, dark=look.dark, dash=list(look.dash))
        for name, look in {**looks(expressions), UNCERTAIN: OTHER}.items()
    }

    @app.get("/health", summary="Whether the server runs, its model and its limits")
    async def health() -> Health:
        return Health(
            status="ok",
            version=asdcfer.__version__,
            model=model,
            expressions=expressions,
            looks=drawn,
            events=EventOptions(),
            max_yaw=DETECTION.max_yaw,
            min_sharpness=DETECTION.min_sharpness,
            labeling=labeling,
            limits=service.limits,
        )


def _add_photo(app: FastAPI, service: _Service) -> None:
    @app.post(
        "/recognize",
        summary="Recognize the expressions in a photo",
        responses=REFUSALS,
        openapi_extra=_takes("image/jpeg", "image/png", "image/webp", "image/heic"),
    )
    async def recognize(
        request: Request,
        attention: Annotated[
            bool, Query(description="also return where the network looked")
        ] = False,
        abstain_below: AbstainBelow = None,
        name: Name = None,
    ) -> PhotoAnswer:
        """Send the picture as the raw body or as a form's file.

        Every face comes back with its box and calibrated scores.
        """
        async with (
            service.queue.place(),
            received(request, service.limits) as (upload, file_name),
        ):
            return await run_in_threadpool(
                service.photo, upload, file_name, attention, abstain_below
            )


def _add_shown(app: FastAPI, service: _Service) -> None:
    @app.post("/shown", include_in_schema=False)
    async def shown(request: Request, name: Name = None) -> Response:
        """Give a photo in a form that the page can show: browsers do not read HEIC or TIFF."""
        async with (
            service.queue.place(),
            received(request, service.limits) as (upload, file_name),
        ):
            picture = await run_in_threadpool(service.shown, upload, file_name)
            return Response(picture, media_type="image/jpeg")


def _add_video(app: FastAPI, service: _Service) -> None:
    @app.post(
        "/recognize/video",
        summary="Recognize the expressions in a video, line by line",
        response_model=None,
        responses=REFUSALS
        | {
            200: {
                "description": "one JSON object a line: start, frames, end or error",
                "model": VideoLine,
            }
        },
        openapi_extra=_takes("video/mp4", "video/webm"),
    )
    async def recognize_video(
        request: Request,
        every: Annotated[int, Query(ge=1, le=1000, description="recognize every nth frame")] = 1,
        abstain_below: AbstainBelow = None,
        name: Name = None,
    ) -> Response:
        """Send the video as the raw body or as a form's file.

        The answer streams as `application/x-ndjson` while frames are read. The file is deleted when
        the answer ends, also when the reader leaves early.
        """
        limits, queue = service.limits, service.queue
        with contextlib.ExitStack() as stack:
            await queue.take_place()
            stack.callback(queue.leave_place)
            async with received(request, limits) as (upload, file_name):
                path = await run_in_threadpool(
                    stack.enter_context, kept_on_disk(upload, file_name, service.uploads)
                )
            header = await run_in_threadpool(checked_video_header, path, limits)
            frames = functools.partial(
                service.read_video, service.recognizer, path, every, queue.recognizer
            )
            lines = video_lines(VideoRequest(file_name, header, frames, abstain_below), limits)
            return VideoStream(lines, stack.pop_all().close)


def _describe(app: FastAPI) -> None:
    """Add to the description what FastAPI does not know: bodies that are read here, and lines."""

    def openapi() -> dict[str, Any]:
        schema = FastAPI.openapi(app)
        # FastAPI writes the models of a response under JSON; here each line is one.
        content = schema["paths"]["/recognize/video"]["post"]["responses"]["200"]["content"]
        if "application/json" in content:
            content["application/x-ndjson"] = content.pop("application/json")
        body = SummaryRequest.model_json_schema(ref_template="#/components/schemas/{model}")
        schema["components"]["schemas"] |= {**body.pop("$defs"), "SummaryRequest": body}
        return schema

    app.openapi = openapi  # type: ignore[method-assign]
