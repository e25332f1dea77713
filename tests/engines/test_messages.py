"""What a worker sends back arrives as it was; paths lead to the same files from any folder."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.engines.messages import message_of, parts_of, path_of_workers


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="<f4").reshape(2, 3)[:, ::-1],
        np.zeros((0, 5), np.float32),
        np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3),
        np.array([-(2**40)], np.int64),
    ],
)
def test_values_and_numbers_arrive_as_they_were(array) -> None:
    about = {"names": ["caf\udce9.png", "é", ""], "votes": [0.1, 1e-300], "none": None}
    told, found = parts_of(message_of(about, array))
    assert told == about
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert np.array_equal(found, array)


def test_a_path_leads_to_the_same_file_from_any_folder(tmp_path, monkeypatch) -> None:
    (tmp_path / "far" / "real").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "real")
    (tmp_path / "far" / "face.png").write_text("here")
    monkeypatch.chdir(tmp_path)
    assert path_of_workers("link/face.png") == tmp_path / "link" / "face.png"
    assert path_of_workers(tmp_path) == tmp_path
    up = path_of_workers(Path("link/../face.png"))
    monkeypatch.chdir("/")
    assert up.read_text() == "here", "what is above a link is above where it leads"
