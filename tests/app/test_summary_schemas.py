"""What may be asked to be summed up."""

import pytest
from pydantic import ValidationError

from asdcfer.app.schemas import VideoFrame, face_answer
from asdcfer.app.summary_schemas import SeenFrame, SummaryRequest
from tests.app.standin import StandInFace

FACE = {"id": 0, "box": {"x": 0, "y": 0, "width": 9, "height": 9}, "scores": {"happy": 1.0}}


def test_a_frame_is_taken_as_it_was_answered():
    face = face_answer(StandInFace((0, 0, 9, 9), {"happy": 0.6, "sad": 0.4}, "happy", 0.6), 3)
    frame = VideoFrame(frame=7, time=0.28, width=90, height=60, faces=[face], done=0.5)
    seen = SeenFrame.model_validate_json(frame.model_dump_json())
    assert (seen.frame, seen.time) == (7, 0.28)
    assert seen.faces[0].model_dump() == {
        name: value
        for name, value in face.model_dump().items()
        if name in seen.faces[0].model_dump()
    }


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"frames": []}, ("frames",)),
        ({"frames": [{"frame": 0, "time": -1, "faces": []}]}, ("frames", 0, "time")),
        ({"frames": [{"frame": 0, "time": float("nan"), "faces": []}]}, ("frames", 0, "time")),
        (
            {"frames": [{"frame": 0, "time": 0, "faces": [{**FACE, "scores": {"happy": 2}}]}]},
            ("frames", 0, "faces", 0, "scores", "happy"),
        ),
        ({"names": {"0": "  "}}, ("names", "0")),
        ({"names": {"who": "Ann"}}, ("names", "who", "[key]")),
        ({"abstain_below": 1.5}, ("abstain_below",)),
        ({"events": {"begin": 0.3, "end": 0.5}}, ("events",)),
        ({"name": "x"}, ("name",)),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_place(changes, place):
    fine = {"file": "v.mp4", "frames": [{"frame": 0, "time": 0, "faces": [FACE]}]}
    SummaryRequest.model_validate(fine)
    with pytest.raises(ValidationError) as refused:
        SummaryRequest.model_validate(fine | changes)
    assert refused.value.errors()[0]["loc"] == place


def test_names_lose_blanks_at_their_ends():
    request = SummaryRequest(
        file="v", frames=[SeenFrame(frame=0, time=0, faces=[])], names={0: "  Ann  "}
    )
    assert request.names == {0: "Ann"}
