"""The JSON that the HTTP interface answers with, typed: /openapi.json is made from these models."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from asdcfer.app.limits import Limits
from asdcfer.recognition.face_quality import NOT_MEASURED
from asdcfer.summary.events import EventOptions

NO_FACE_IN_VIDEO = "No face found in any frame of this video."
"""The one message of a video that is no complaint; the page knows it by these words."""
NO_FACE = (
    "No face found in this picture. Faces that are turned away, covered or very small are not "
    "found."
)


class Box(BaseModel):
    """A face's rectangle in pixels of the picture as it is shown (EXIF rotation applied)."""

    x: float = Field(
        description="left edge; a face that leaves the picture has the box of what is in it"
    )
    y: float = Field(description="top edge")
    width: float
    height: float


class Attention(BaseModel):
    """Where in the face the answer came from, as a small grid over the aligned crop."""

    values: list[list[float]] = Field(
        description="rows of the grid, each value 0 to 1, 1 where the network looked most"
    )
    corners: list[tuple[float, float]] = Field(
        description=(
            "the crop's corners in the picture: top left, top right, bottom right, bottom left"
        )
    )


class FaceAnswer(BaseModel):
    """One face."""

    id: int = Field(
        description="number of the face; in a video the same person keeps it while tracked"
    )
    box: Box
    landmarks: list[tuple[float, float]] | None = Field(
        description="right eye, left eye, nose, right and left mouth corner, in pixels"
    )
    scores: dict[str, float] = Field(
        description="calibrated probability of each expression; they sum to 1"
    )
    expression: str = Field(description="the expression with the largest score, or `uncertain`")
    confidence: float = Field(ge=0, le=1, description="the largest score")
    status: str = Field(
        description=(
            "`ok`, `uncertain`, or `too small`, `turned away`, `blurred` (then the scores are not "
            "to be trusted)"
        )
    )
    detection_score: float | None = Field(default=None, description="the detector's own, 0 to 1")
    yaw: float | None = Field(default=None, description="degrees to the right of the picture")
    pitch: float | None = Field(default=None, description="degrees up")
    roll: float | None = Field(default=None, description="degrees clockwise")
    sharpness: float | None = Field(
        default=None, description="at one size of face; most faces have 0.3 to 0.65"
    )
    interocular: float | None = Field(default=None, description="distance of the eyes, in pixels")
    attention: Attention | None = Field(
        default=None, description="only when asked for with `attention=true`"
    )


class PhotoAnswer(BaseModel):
    """Every face of one photo."""

    file: str | None = Field(description="the name that the upload carried")
    width: int = Field(description="of the picture as it is shown, in pixels")
    height: int
    status: Literal["ok", "no_face"]
    message: str | None = Field(
        description="one sentence for a person, when there is something to say"
    )
    faces: list[FaceAnswer]
    seconds: float = Field(description="time that recognition took")


class ErrorAnswer(BaseModel):
    """Why a request was refused."""

    code: str = Field(
        description=(
            "a stable word for programs: too_large, too_many_pixels, too_long, unreadable, empty, "
            "busy, ..."
        )
    )
    error: str = Field(description="one line for a person")


class ExpressionLook(BaseModel):
    """Colors on light and on dark ground, and the dashes of a line in pixels."""

    light: str
    dark: str
    dash: list[int]


class Health(BaseModel):
    """That the server runs, and what it takes."""

    status: Literal["ok"]
    version: str
    model: str
    expressions: list[str] = Field(description="the order of scores in tables")
    looks: dict[str, ExpressionLook] = Field(description="how each expression is drawn")
    events: EventOptions = Field(description="when an event begins and ends by itself")
    max_yaw: float | None = Field(
        description="faces turned further count as `turned away` in tables of `predict`, degrees"
    )
    min_sharpness: float | None = Field(
        description="faces with less count as `blurred` in tables of `predict`"
    )
    labeling: bool = Field(description="whether there are faces to label at /label")
    limits: Limits


class VideoStart(BaseModel):
    """First line of a video's answer; width and height are of its first picture as it is shown."""

    type: Literal["start"] = "start"
    file: str | None
    width: int
    height: int
    duration: float | None = Field(
        description="seconds, from the file's header; null where it says nothing"
    )
    rate: float | None = Field(description="frames a second, from the file's header")


class VideoFrame(BaseModel):
    """One analyzed frame."""

    type: Literal["frame"] = "frame"
    frame: int
    time: float = Field(description="seconds from the start")
    width: int = Field(
        description=(
            "of this frame's picture, in pixels; boxes are in it. It may change on the way, as in "
            "joined recordings"
        )
    )
    height: int
    faces: list[FaceAnswer]
    done: float | None = Field(
        description="share of the video that is finished, 0 to 1; null where its length is unknown"
    )


class VideoEnd(BaseModel):
    """Last line of a video that was read to its end, or as far as it could be read."""

    type: Literal["end"] = "end"
    frames: int
    with_faces: int = Field(description="frames with at least one face")
    seconds: float = Field(description="time that recognition took")
    message: str | None = Field(
        description="one sentence when the video broke off early or holds no face"
    )


class VideoError(BaseModel):
    """The only line of a video of which no frame could be read."""

    type: Literal["error"] = "error"
    code: str
    error: str


VideoLine = Annotated[VideoStart | VideoFrame | VideoEnd | VideoError, Field(discriminator="type")]
"""One line of the answer to POST /recognize/video."""


def face_answer(
    face: Any, number: int, abstain_below: float | None = None, attention: Attention | None = None
) -> FaceAnswer:
    """Turn a recognized face into its JSON model.

    Args:
        face: has `box` (x, y, width, height), `landmarks` (5, 2) or None, `scores`, `expression`,
            `confidence`; may have `id`, `status` and `quality`.
        number: the face's number where it has no `id` of its own.
        abstain_below: confidences under it become `uncertain`; None leaves the recognizer's own
            answer.
        attention: the map to pass on.
    """
    x, y, width, height = (round(float(value), 2) for value in face.box)
    landmarks = (
        None
        if face.landmarks is None
        else [(round(float(px), 2), round(float(py), 2)) for px, py in face.landmarks]
    )
    confidence = float(face.confidence)
    expression = (
        "uncertain"
        if abstain_below is not None and confidence < abstain_below
        else str(face.expression)
    )
    own_number, status = getattr(face, "id", None), getattr(face, "status", None)
    if expression == "uncertain" and status in (None, "ok"):
        status = "uncertain"
    return FaceAnswer(
        id=number if own_number is None else int(own_number),
        box=Box(x=x, y=y, width=width, height=height),
        landmarks=landmarks,
        scores={name: round(float(score), 5) for name, score in face.scores.items()},
        expression=expression,
        confidence=min(1.0, round(confidence, 5)),
        status=status or "ok",
        **getattr(face, "quality", NOT_MEASURED).as_dict(),
        attention=attention,
    )
