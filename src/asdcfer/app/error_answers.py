"""How a request is refused: one code, one line, the same form for every error."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from asdcfer.app.schemas import ErrorAnswer
from asdcfer.app.uploads import RefusalError

REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "the body is malformed or broke off"},
    403: {"model": ErrorAnswer, "description": "asked under another name or by another page"},
    408: {"model": ErrorAnswer, "description": "the upload stood still"},
    413: {"model": ErrorAnswer, "description": "too many bytes, pixels or seconds"},
    415: {"model": ErrorAnswer, "description": "a video where a photo is expected, or a photo"},
    422: {
        "model": ErrorAnswer,
        "description": (
            "empty, or not readable as a picture or video; or a query value out of range"
        ),
    },
    429: {"model": ErrorAnswer, "description": "too many requests a second from one address"},
    500: {"model": ErrorAnswer, "description": "recognition failed"},
    503: {"model": ErrorAnswer, "description": "too many requests at once"},
}
"""What the description of the interface says of each status."""


def _refused(status: int, code: str, line: str) -> JSONResponse:
    # The rest of a refused upload is not wanted: the connection is closed rather than read to its
    # end.
    headers = {"connection": "close"} if status in (408, 413) else None
    return JSONResponse(
        ErrorAnswer(code=code, error=line).model_dump(), status_code=status, headers=headers
    )


def answer_errors(app: FastAPI) -> None:
    """Let an app answer every error by an `ErrorAnswer`."""

    @app.exception_handler(RefusalError)
    async def refusal(request: Request, error: RefusalError) -> Response:
        return _refused(error.status, error.code, error.message)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return _refused(422, "invalid", f"{first['loc'][-1]}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        return _refused(error.status_code, "http", str(error.detail))
