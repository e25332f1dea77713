"""What the page sends to have its answers summed up, and what it is answered."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from asdcfer.app.schemas import Box
from asdcfer.summary.events import EventOptions

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Measure = Annotated[float | None, Field(allow_inf_nan=False)]
Person = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]

SummaryFile = Literal[
    "scores.csv",
    "names.csv",
    "people.csv",
    "events.csv",
    "events.eaf",
    "events.boris",
    "summary.html",
]
"""The files that can be downloaded."""


class SeenFace(BaseModel):
    """A face as `/recognize` and `/recognize/video` answered it; other fields may stay."""

    id: int = Field(ge=0)
    box: Box
    scores: dict[str, Share]
    status: str = Field("ok", max_length=100)
    detection_score: Measure = None
    yaw: Measure = None
    pitch: Measure = None
    roll: Measure = None
    sharpness: Measure = None
    interocular: Measure = None


class SeenFrame(BaseModel):
    """A frame as `/recognize/video` answered it; a photo is one frame at 0 seconds."""

    frame: int = Field(ge=0)
    time: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    faces: list[SeenFace]


class SummaryRequest(BaseModel):
    """Answers to sum up, and how."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(max_length=255, description="the file's name, for the tables")
    frames: list[SeenFrame] = Field(min_length=1)
    names: dict[Annotated[int, Field(ge=0)], Person] = Field(
        default_factory=dict,
        description="number of a face -> person; faces of one name are one person",
    )
    abstain_below: Share | None = Field(
        None, description="faces of a lower confidence are `uncertain` and count in no share"
    )
    max_yaw: float | None = Field(
        None, ge=0, le=90, description="faces turned further, degrees, are `turned away`"
    )
    min_sharpness: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="faces with less are `blurred`"
    )
    events: EventOptions = Field(default_factory=EventOptions)


class PersonAnswer(BaseModel):
    """One person over the whole file, as a row of people.csv."""

    person: str
    faces: list[int] = Field(description="the numbers under which the person was seen")
    frames: int
    usable: int = Field(description="frames whose scores count")
    uncertain: int
    other: int = Field(description="frames with another status; the three sum to `frames`")
    seconds: float = Field(description="of usable face")
    share: dict[str, float | None] = Field(
        description="of the usable time in which an expression is the strongest; they sum to 1"
    )


class EventAnswer(BaseModel):
    """One event, as a row of events.csv; seconds from the beginning of the file."""

    person: str
    file: str
    expression: str
    start: float
    end: float
    duration: float
    mean: float
    peak: float


class SummaryAnswer(BaseModel):
    """Persons and events."""

    people: list[PersonAnswer]
    events: list[EventAnswer]
