"""Routes of the page to label on: how far it is, one face, its picture, and its label to save."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from asdcfer.app.labeling import Labeling
from asdcfer.app.labeling_schemas import FaceToLabel, LabelGiven, LabelingState, Saved
from asdcfer.app.limits import Limits
from asdcfer.app.schemas import ErrorAnswer
from asdcfer.app.uploads import parse_body, received

_MOST_MB = 0.01
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": LabelGiven.model_json_schema()}},
    }
}
_NO_FACE: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorAnswer, "description": "there is no such face"}
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    **_NO_FACE,
    409: {"model": ErrorAnswer, "description": "another window gave it another label meanwhile"},
    413: {"model": ErrorAnswer, "description": "too many bytes"},
    422: {"model": ErrorAnswer, "description": "no such body, or no such label"},
    500: {"model": ErrorAnswer, "description": "the file of the labels cannot be written"},
}


def add_labeling_routes(app: FastAPI, labeling: Labeling, limits: Limits) -> None:
    """Add `GET /labeling`, `GET` and `POST /labeling/NUMBER`, and `GET /labeling/pictures/NUMBER`.

    Args:
        app: where to.
        labeling: the faces and the file of their labels.
        limits: of which only the patience counts; a label is short.
    """
    own_limits = limits.model_copy(update={"max_upload_mb": _MOST_MB})

    @app.get("/labeling", summary="How far the labeling is")
    def state() -> LabelingState:
        return labeling.state()

    @app.get("/labeling/{number}", summary="One face to label", responses=_NO_FACE)
    def face(
        number: int,
        suggestion: Annotated[bool, Query(description="also what a model says of it")] = False,
    ) -> FaceToLabel:
        return labeling.face(number, suggestion)

    @app.get(
        "/labeling/pictures/{number}",
        summary="A face as PNG",
        response_class=Response,
        responses=_NO_FACE,
    )
    def picture(number: int) -> Response:
        return Response(labeling.picture(number), media_type="image/png")

    @app.post(
        "/labeling/{number}",
        summary="Save the label of a face at once",
        responses=_REFUSALS,
        openapi_extra=_BODY,
    )
    async def save(request: Request, number: int) -> Saved:
        """Send `label`, and `before`: the label that you know."""
        async with received(request, own_limits) as (upload, _):
            given = parse_body(LabelGiven, upload.read())
        return await run_in_threadpool(labeling.save, number, given.label, given.before)
