"""Routes that sum up answers: persons and events as JSON, and every file to download."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from asdcfer.app.limits import Limits
from asdcfer.app.queueing import RecognizerQueue
from asdcfer.app.schemas import ErrorAnswer
from asdcfer.app.summarizing import FILES, summarize, summary_file
from asdcfer.app.summary_schemas import SummaryAnswer, SummaryFile, SummaryRequest
from asdcfer.app.uploads import parse_body, received

MOST_MB = 200.0
"""Largest body: about 600,000 faces."""
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/SummaryRequest"}}
        },
    }
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    413: {"model": ErrorAnswer, "description": "too many bytes"},
    422: {"model": ErrorAnswer, "description": "no such body, or no face in it"},
    429: {"model": ErrorAnswer, "description": "too many requests a second from one address"},
    503: {"model": ErrorAnswer, "description": "too many requests at once"},
}
_Answer = TypeVar("_Answer")


def add_summary_routes(
    app: FastAPI,
    queue: RecognizerQueue,
    limits: Limits,
    expressions: list[str],
    uploads: Path | None = None,
) -> None:
    """Add `POST /summarize` and `POST /summarize/FILE`.

    Nothing is kept: the page sends the answers that it holds, and the files are deleted at once.

    Args:
        app: where to.
        queue: gives a place in the queue.
        limits: of which only the patience counts; a body may have `MOST_MB`.
        expressions: names of the scores.
        uploads: as in `make_app`.
    """
    one_at_a_time = threading.Lock()
    own_limits = limits.model_copy(update={"max_upload_mb": MOST_MB})

    async def answered(request: Request, answer: Callable[[SummaryRequest], _Answer]) -> _Answer:
        def parse_and_answer(body: bytes) -> _Answer:
            with one_at_a_time:
                return answer(parse_body(SummaryRequest, body))

        async with queue.place(), received(request, own_limits) as (upload, _):
            return await run_in_threadpool(lambda: parse_and_answer(upload.read()))

    @app.post(
        "/summarize",
        summary="Persons and events of the answers to a video or photo",
        responses=_REFUSALS,
        openapi_extra=_BODY,
    )
    async def summarize_answers(request: Request) -> SummaryAnswer:
        """Send the frames as they were answered, and names for the faces."""
        return await answered(request, lambda body: summarize(body, expressions))

    @app.post(
        "/summarize/{name}",
        summary="The same as a file: tables, ELAN, or a page",
        response_class=Response,
        responses=_REFUSALS,
        openapi_extra=_BODY,
    )
    async def file_of_summary(request: Request, name: SummaryFile) -> Response:
        """Send the same body as to `/summarize`."""
        content = await answered(
            request, lambda body: summary_file(body, expressions, name, uploads)
        )
        return Response(
            content,
            media_type=FILES[name],
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )
