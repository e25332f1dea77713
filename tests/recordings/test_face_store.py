"""FaceStore: what was finished is there again, and the rest is not."""

import numpy as np
import pytest

from asdcfer.errors import AsdcferError, DataError
from asdcfer.recordings.face_store import FaceStore

SHAPE, KEYS = (6, 6), ["a.mp4\n1", "b.mp4\n1", "c.jpg\n1"]


def faces(seed, count):
    return list(np.random.default_rng(seed).integers(0, 256, (count, 6, 6)).astype(np.uint8))


def opened(tmp_path, keys=KEYS, **settings):
    return FaceStore(tmp_path / "out.partial", settings, SHAPE, keys)


def test_finished_recordings_are_kept_and_half_ones_dropped(tmp_path):
    with opened(tmp_path) as store:
        store.add("a.mp4", ["a0", "a1"], faces(0, 2))
        store.finish(KEYS[0], {"frames": 4}, [{"file": "a.mp4", "track": 0, "feature": ""}])
        store.add("b.mp4", ["b0"], faces(1, 1))
    with opened(tmp_path) as store:
        assert store.finished == {KEYS[0]}
        assert store.faces() == {"a.mp4": (0, ["a0", "a1"])}
        store.add("b.mp4", ["b0", "b1", "b2"], faces(2, 3))
        store.finish(KEYS[1], {"frames": 9})
        store.add("c.jpg", [], [])
        store.finish(KEYS[2], {"frames": 1})
        assert store.faces() == {"a.mp4": (0, ["a0", "a1"]), "b.mp4": (2, ["b0", "b1", "b2"])}
        assert np.array_equal(list(store.crops(0, 5)), faces(0, 2) + faces(2, 3))
        assert np.array_equal(list(store.crops(3, 1)), faces(2, 3)[1:2])
        assert store.facts() == {
            "a.mp4": {"frames": 4},
            "b.mp4": {"frames": 9},
            "c.jpg": {"frames": 1},
        }
        assert [line["track"] for line in store.tracks()] == [0]
        store.delete()
    assert list(tmp_path.iterdir()) == []


def test_other_settings_and_a_changed_file(tmp_path):
    with opened(tmp_path, fps=2) as store:
        store.add("a.mp4", ["a0"], faces(0, 1))
        store.finish(KEYS[0], {})
    with pytest.raises(DataError, match=r"other settings; repeat those to go on with it, or remo"):
        opened(tmp_path, fps=3)
    with opened(tmp_path, keys=[*KEYS[1:], "d.mp4\n1"], fps=2) as store:
        assert store.finished == {KEYS[0]}, "a file that is gone leaves the others as they are"
    with opened(tmp_path, keys=["a.mp4\n2"], fps=2) as store:
        assert store.finished == set()
        assert store.faces() == {}


def test_a_store_that_lost_pixels_is_begun_anew(tmp_path):
    with opened(tmp_path) as store:
        store.add("a.mp4", ["a0", "a1"], faces(0, 2))
        store.finish(KEYS[0], {})
    pixels = tmp_path / "out.partial" / "faces.u8"
    pixels.write_bytes(pixels.read_bytes()[:-1])
    with opened(tmp_path) as store:
        assert store.finished == set()
        with pytest.raises(AsdcferError, match="has lost faces"):
            list(store.crops(0, 1))
