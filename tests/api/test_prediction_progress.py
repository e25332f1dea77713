"""How far `predict` is told to be."""

from types import SimpleNamespace

import numpy as np

from asdcfer.api.prediction_progress import FileProgress, show_frame
from asdcfer.recognition.face import Face
from asdcfer.recognition.video import Frame
from tests.factories import Heard


class Notes(Heard):
    """Also remembers the notes."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        super().__call__(stage, done, total, note)
        self.notes.append(note)


def test_files_count_with_the_share_of_a_video_and_those_of_an_earlier_run() -> None:
    heard = Notes()
    report = FileProgress(heard, SimpleNamespace(finished={"a"}), ["a", "b", "c"])
    report("films/b\n.mp4", 0.25, 10)
    report("films/b\n.mp4", 1.0, 30)
    report("c.png", 1.0, 1)
    assert heard.calls["recognizing"] == [(1, 3), (1.25, 3), (2, 3), (3, 3)]
    assert heard.notes[1].endswith("frames/s  b .mp4"), "a name cannot break the line"


def test_the_frame_of_a_camera_says_what_its_faces_show() -> None:
    heard, black = Notes(), np.zeros((4, 4, 3), np.uint8)
    face = Face((0, 0, 4, 4), None, {"happy": 0.9, "sad": 0.1}, "happy", 0.9)
    show_frame(heard, Frame(9, 2.0, black, [face]))
    show_frame(heard, Frame(0, 0.0, black))
    assert heard.notes == ["  5.0 frames/s  face 0: happy 90%", "  0.0 frames/s  no face"]
