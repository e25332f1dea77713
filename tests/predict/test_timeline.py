import numpy as np
import pytest
from PIL import Image

from asdcfer.errors import InputError
from asdcfer.predict.journal import Journal, face_rows
from asdcfer.predict.timeline import write_timeline, write_timelines
from tests.recognition.standin import NAMES, face


@pytest.mark.slow
def test_a_timeline_has_a_panel_a_face_and_gaps(tmp_path):
    def rows():
        for frame in range(50):
            yield from face_rows(
                "v",
                frame,
                frame / 25,
                [
                    face(0, 0.5 + 0.5 * np.sin(frame / 9) ** 2),
                    *([face(1, 0.3)] if frame > 30 else []),
                ],
            )

    write_timeline(tmp_path / "t.png", rows, NAMES, "写真.mp4")  # letters that the font has not
    picture = np.array(Image.open(tmp_path / "t.png").convert("RGB"))
    assert picture.shape[0] > 400
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
    with pytest.raises(InputError, match="no face"):
        write_timeline(tmp_path / "u.png", lambda: face_rows("v", 0, 0.0, []), NAMES)
    with pytest.raises(InputError, match="cannot draw"):
        write_timeline(tmp_path / "u.xyz", rows, NAMES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.png"]


@pytest.mark.slow
def test_several_videos_have_a_timeline_each(tmp_path):
    with Journal(tmp_path / "journal", {}) as journal:
        for name in ("in/v.mp4", "in/w.mp4"):
            for frame in range(10):
                journal.add(face_rows(name, frame, frame / 10, [face(score=0.8)]))
            journal.finish(name, video=True)
        told: list[str] = []
        write_timelines(tmp_path / "t.png", journal, NAMES, told.append)
    assert told == [f"timelines: {tmp_path / 't_0_v.png'} and 1 more, one a video"]
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["t_0_v.png", "t_1_w.png"]
