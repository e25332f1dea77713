"""A live picture: counted, kept where there is a table, and ended by Ctrl-C or a loss."""

import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.predict.journal import Journal
from asdcfer.predict.live import predict_frames
from asdcfer.recognition.stream import stream_frames
from asdcfer.recognition.video import Frame
from tests.recognition.live_server import live_server
from tests.recognition.standin import face


class Recognizer:
    """Gives the frames back with the faces they have."""

    def follow(self, frames):
        return frames


def frames(count, end=None):
    for number in range(count):
        faces = [face()] if number % 2 == 0 else []
        yield Frame(3 * number, number / 10, np.zeros((8, 8, 3), np.uint8), faces)
    if end is not None:
        raise end


def test_a_camera_that_breaks_off_keeps_its_rows(tmp_path):
    shown = []
    with Journal(tmp_path / "j", {}) as journal:
        broken = frames(3, InputError("camera 0 stopped"))
        summary = predict_frames(Recognizer(), broken, "webcam:0", journal, shown.append)
        assert (summary.broken, summary.fault, len(shown)) == (1, "camera 0 stopped", 3)
        assert [row["status"] for row in journal.rows()] == [
            "ok",
            "no face",
            "ok",
            "broken off: camera 0 stopped",
        ]
        with pytest.raises(InputError, match="stopped"):
            predict_frames(
                Recognizer(), frames(0, InputError("stopped")), "webcam:0", journal, shown.append
            )


def test_ctrl_c_ends_it_and_everything_is_counted():
    summary = predict_frames(
        Recognizer(), frames(5, KeyboardInterrupt()), "webcam:0", None, lambda frame: None
    )
    assert (summary.frames, summary.with_face, summary.left_out) == (5, 3, 8)
    assert (summary.seconds, summary.broken, summary.fault) == (0.4, 0, "")


@pytest.mark.slow
def test_rows_of_a_stream_are_of_its_newest_picture(recognizer):
    with live_server() as server:
        ages = []
        predict_frames(
            recognizer,
            stream_frames(server.address("ts"), seconds=3.0),
            "stream",
            None,
            lambda frame: ages.append(server.age(frame.image)),
        )
    assert len(ages) > 5
    assert max(ages) < 1.0
