"""The JSON of the page to label on."""

from pydantic import BaseModel, ConfigDict, Field

from asdcfer.app.schemas import ExpressionLook


class LabelingState(BaseModel):
    """How far the labeling is, and what there is to choose from."""

    count: int = Field(description="faces in all")
    done: int = Field(description="of them with a label, or skipped")
    next: int | None = Field(description="the first without; null where there is none")
    words: list[str] = Field(description="labels to choose from, in the order of the keys")
    looks: dict[str, ExpressionLook] = Field(description="how each is drawn")
    skipped: str = Field(description="the label of a face that was skipped")
    file: str = Field(description="where the labels are saved, on this machine")
    suggestions: bool = Field(description="whether a model's answers can be shown")


class Moment(BaseModel):
    """The same face at another time."""

    picture: int = Field(description="its number, for /labeling/pictures/NUMBER")
    seconds: float = Field(description="later than the face; below 0 before it")


class FaceToLabel(BaseModel):
    """One face."""

    number: int = Field(description="place in the order, from 0")
    id: str
    picture: int = Field(description="its number, for /labeling/pictures/NUMBER")
    label: str | None
    before: list[Moment] = Field(description="earlier moments of its track")
    after: list[Moment] = Field(description="later moments of its track")
    suggestion: str | None = Field(description="what a model says; only where asked for")


class LabelGiven(BaseModel):
    """A label on its way to the file."""

    model_config = ConfigDict(extra="forbid")

    label: str | None = Field(max_length=200, description="null takes the label back")
    before: str | None = Field(
        max_length=200, description="the label that the sender knows; another one is not replaced"
    )


class Saved(BaseModel):
    """A label that is in the file."""

    done: int
    next: int | None = Field(description="the next face without a label; null where there is none")
    label: str | None
