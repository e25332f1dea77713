from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from asdcfer.app.adapter import read_video
from asdcfer.app.limits import Limits
from asdcfer.app.queueing import RecognizerQueue
from asdcfer.errors import InputError
from asdcfer.recognition.video_picture import ShownFrames
from tests.app.standin import StandIn


class Tracking(StandIn):
    """A recognizer that follows, as the real one does: it numbers the frames that it was given."""

    max_pixels = 1_000_000
    queue: RecognizerQueue | None = None
    held: list[bool]

    def follow(self, frames):
        self.held = []
        for number, frame in enumerate(frames):
            self.held.append(self.queue._recognizer.locked())
            (face,) = self(frame.image)
            face.id = number
            yield replace(frame, faces=[face])


@pytest.mark.parametrize("kind", [StandIn, Tracking])
def test_frames_are_decoded_while_the_recognizer_is_free(
    kind: type, write_video: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "film.mp4", frames=10)
    queue, decoding, recognizing = RecognizerQueue(Limits()), [], []

    class WatchedFrames(ShownFrames):
        def __call__(self, frame):
            decoding.append(queue._recognizer.locked())
            return super().__call__(frame)

    class Watched(kind):
        def __call__(self, picture, explain=False):
            recognizing.append(queue._recognizer.locked())
            return super().__call__(picture, explain)

    monkeypatch.setattr("asdcfer.recognition.video.ShownFrames", WatchedFrames)
    recognizer = Watched()
    recognizer.queue = queue
    frames = list(read_video(recognizer, path, 4, queue.recognizer))
    assert [frame.index for frame in frames] == [0, 4, 8]
    assert all(len(frame.faces) == 1 for frame in frames)
    assert decoding == [False] * 3
    assert recognizing == [True] * 3
    assert not queue._recognizer.locked()
    if kind is Tracking:
        assert [frame.faces[0].id for frame in frames] == [0, 1, 2]
        assert recognizer.held == [True] * 3
        recognizer.max_pixels = 96 * 64 - 1
        with pytest.raises(InputError, match="more than the 6,143 allowed"):
            list(read_video(recognizer, path, 1, queue.recognizer))
