"""The page's sums are those of the commands, on the very files that the page gives."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer import api
from asdcfer.api.summary import event_row
from asdcfer.app.schemas import Box
from asdcfer.app.summarizing import FILES, summarize, summary_file
from asdcfer.app.summary_schemas import SeenFace, SeenFrame, SummaryRequest
from asdcfer.app.uploads import RefusalError
from asdcfer.predict.columns import column_names, face_columns
from asdcfer.summary.events import EventOptions

NAMES = ("happy", "sad", "neutral")


def seen(letter: str, number: int, top: float = 0.8) -> SeenFace:
    """A face that shows what a letter begins; `x` is too small."""
    scores = {name: round((1 - top) / 2, 5) for name in NAMES}
    scores["happy" if letter == "x" else next(n for n in NAMES if n[0] == letter.lower())] = top
    if letter.isupper():
        scores = dict.fromkeys(NAMES, 0.33333)
    return SeenFace(
        id=number,
        box=Box(x=1, y=2, width=30, height=40),
        scores=scores,
        status="too small" if letter == "x" else "ok",
    )


def asked(*texts: str, **options: object) -> SummaryRequest:
    """Faces over time, a letter a frame (four a second) and a text a face; a dot is away."""
    frames = [
        SeenFrame(
            frame=at,
            time=at / 4,
            faces=[seen(text[at], n) for n, text in enumerate(texts) if text[at] != "."],
        )
        for at in range(len(texts[0]))
    ]
    return SummaryRequest(file="interview, 1.mp4", frames=frames, abstain_below=0.4, **options)


def test_page_and_command_agree(tmp_path: Path) -> None:
    request = asked(
        "hhhhSShhsssxnn",
        "..nnnnnnnnnnnn",
        "hhhh..........",
        names={0: "Zoë", 2: "Ann", 1: "Ann"},
        events=EventOptions(begin=0.6, end=0.5, shortest=0.75),
    )
    answer = summarize(request, NAMES)
    for name in ("scores.csv", "names.csv"):
        (tmp_path / name).write_bytes(summary_file(request, NAMES, name))
    found = api.summarize(
        tmp_path / "scores.csv", names=tmp_path / "names.csv", options=request.events
    )
    assert [event.model_dump() for event in answer.events] == list(map(event_row, found.events))
    assert len(answer.events) >= 3
    for person, row in zip(answer.people, found.people, strict=True):
        for name in ("person", "frames", "usable", "uncertain", "other", "seconds"):
            assert getattr(person, name) == row[name]
        assert person.share == {name: row[f"share_{name}"] for name in NAMES}
    assert [(one.person, one.faces) for one in answer.people] == [("Zoë", [0]), ("Ann", [2, 1])]
    assert answer.people[0].other == 1
    # The tables are the same to the byte.
    outputs = api.SummaryOutputs(tmp_path / "people.csv", tmp_path / "events.csv")
    api.summarize(
        tmp_path / "scores.csv",
        outputs,
        names=tmp_path / "names.csv",
        options=request.events,
    )
    for name in ("people.csv", "events.csv"):
        assert summary_file(request, NAMES, name) == (tmp_path / name).read_bytes()


def test_scores_have_the_columns_of_predict() -> None:
    request = asked("hS.x")
    rows = list(csv.reader(io.StringIO(summary_file(request, NAMES, "scores.csv").decode())))
    assert tuple(rows[0]) == column_names(face_columns(NAMES))
    status, named = rows[0].index("status"), rows[0].index("expression")
    assert [(row[named], row[status]) for row in rows[1:]] == [
        ("happy", "ok"),
        ("uncertain", "uncertain"),
        ("", "no face"),
        ("uncertain", "too small"),
    ]
    assert rows[1][0] == "interview, 1.mp4"


def test_faces_that_are_turned_away_or_blurred_count_in_no_share() -> None:
    faces = [
        seen("h", 0),
        seen("h", 1).model_copy(update={"yaw": -31.5, "sharpness": 0.5}),
        seen("h", 2).model_copy(update={"yaw": 29.0, "sharpness": 0.1}),
        seen("h", 3).model_copy(update={"status": "blurred", "sharpness": 0.25}),
    ]
    asks = {"file": "a.jpg", "frames": [SeenFrame(frame=0, time=0, faces=faces)]}
    request = SummaryRequest(**asks, max_yaw=30, min_sharpness=0.2)
    rows = list(csv.DictReader(io.StringIO(summary_file(request, NAMES, "scores.csv").decode())))
    assert [row["status"] for row in rows] == ["ok", "turned away", "blurred", "blurred"]
    assert [row["yaw"] for row in rows] == ["", "-31.5", "29.0", ""]
    assert [one.other for one in summarize(request, NAMES).people] == [0, 1, 1, 1]
    assert [one.other for one in summarize(SummaryRequest(**asks), NAMES).people] == [0, 0, 0, 1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e6),
            st.lists(st.tuples(st.integers(0, 3), *[st.floats(0, 1)] * 3), max_size=3),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(sorted(FILES)),
)
def test_whatever_holds_a_face_is_summed_up(moments, name) -> None:
    frames = [
        {
            "frame": number,
            "time": time,
            "faces": [
                {
                    "id": face,
                    "box": {"x": 0, "y": 0, "width": 1, "height": 1},
                    "scores": dict(zip(NAMES, scores, strict=True)),
                }
                for face, *scores in faces
            ],
        }
        for number, (time, faces) in enumerate(moments)
    ]
    request = SummaryRequest.model_validate({"file": "", "frames": frames})
    if any(faces for _, faces in moments):
        assert summary_file(request, NAMES, name)
        assert summarize(request, NAMES).people
    else:
        with pytest.raises(RefusalError, match="no face"):
            summarize(request, NAMES)


def test_a_film_without_faces_has_a_table_and_no_summary() -> None:
    request = asked("...")
    assert summary_file(request, NAMES, "scores.csv").count(b"no face") == 3
    for name in set(FILES) - {"scores.csv"}:
        with pytest.raises(RefusalError, match="no face"):
            summary_file(request, NAMES, name)
    with pytest.raises(RefusalError, match="no face"):
        summarize(request, NAMES)


def test_scores_of_other_expressions_are_refused() -> None:
    with pytest.raises(RefusalError, match="the expressions here are joy, sad"):
        summarize(asked("hh"), ("joy", "sad"))


def test_every_file_is_made_and_nothing_is_left(tmp_path: Path) -> None:
    request = asked("hhhhsss", names={0: "Ann & Bob"})
    folder = tmp_path / "uploads"
    folder.mkdir()
    for name in FILES:
        content = summary_file(request, NAMES, name, folder)
        assert b"Ann &amp; Bob" in content or b"Ann & Bob" in content or name == "scores.csv"
    assert list(folder.iterdir()) == []


def test_no_file_of_this_machine_is_looked_up(tmp_path: Path, monkeypatch) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a name from outside is no path")

    monkeypatch.setattr("asdcfer.summary.boris.open_video", opened)
    frames = asked("hhhhssss").frames
    there = tmp_path / "there.mp4"
    there.write_bytes(b"mine")
    for name in FILES:
        content = summary_file(SummaryRequest(file=str(there), frames=frames), NAMES, name)
        assert b"mine" not in content
    project = json.loads(
        summary_file(SummaryRequest(file="v.mp4", frames=frames), NAMES, "events.boris")
    )
    (observation,) = project["observations"].values()
    assert [(entry[0], entry[2]) for entry in observation["events"]] == [
        (0, "happy"),
        (1, "happy"),
        (1, "sad"),
        (2, "sad"),
    ]


def test_a_photo_has_persons_and_no_events() -> None:
    frames = [SeenFrame(frame=0, time=0, faces=[seen("h", 0), seen("s", 1)])]
    answer = summarize(SummaryRequest(file="a.jpg", frames=frames, names={1: "Bob"}), NAMES)
    assert [(one.person, one.share["happy"]) for one in answer.people] == [
        ("face 0", 1.0),
        ("Bob", 0.0),
    ]
    assert answer.events == []
