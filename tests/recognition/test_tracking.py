import numpy as np
import pytest

from asdcfer.recognition.face import Face
from asdcfer.recognition.tracking import FaceTracker, difference, overlap


def face(x, y=0.0, side=40.0, score=0.5, landmarks=True):
    points = (
        np.array(
            [
                [x + 10, y + 10],
                [x + 30, y + 10],
                [x + 20, y + 20],
                [x + 12, y + 30],
                [x + 28, y + 30],
            ],
            np.float32,
        )
        if landmarks
        else None
    )
    return Face((x, y, side, side), points, {"happy": score, "sad": 1 - score}, "happy", score)


def test_overlap_by_counting_pixels():
    rng = np.random.default_rng(0)
    for _ in range(30):
        a, b = (
            tuple(int(v) for v in (*rng.integers(0, 20, 2), *rng.integers(1, 20, 2)))
            for _ in range(2)
        )
        sheet = np.zeros((2, 50, 50), bool)
        for layer, (x, y, w, h) in zip(sheet, (a, b), strict=True):
            layer[y : y + h, x : x + w] = True
        assert overlap(a, b) == pytest.approx(
            (sheet[0] & sheet[1]).sum() / (sheet[0] | sheet[1]).sum()
        )


def test_difference_is_zero_in_place_symmetric_and_grows():
    a, b, c = face(0), face(10), face(30)

    def d(p, q):
        return difference(p.box, p.landmarks, q.box, q.landmarks)

    assert d(a, a) == 0
    assert d(a, b) == d(b, a)
    assert d(a, b) < d(a, c)


def test_numbers_stay_when_the_order_of_faces_changes():
    tracker = FaceTracker()
    first = tracker.update([face(0), face(200)], 0.0)
    second = tracker.update([face(205), face(5)], 0.04)
    assert [n for _, n, _ in first] == [0, 1]
    assert [n for _, n, _ in second] == [1, 0]


def test_two_faces_that_pass_each_other_keep_their_numbers():
    tracker = FaceTracker()
    for step in range(60):
        left, right = face(4 * step, 0), face(240 - 4 * step, 70)
        numbers = [n for _, n, _ in tracker.update([left, right], step / 25)]
        assert numbers == [0, 1]


def test_a_short_gap_keeps_the_number_and_a_long_one_does_not():
    tracker = FaceTracker(lost_after=0.5)
    assert tracker.update([face(0)], 0.0)[0][1] == 0
    assert tracker.update([], 0.2) == []
    assert tracker.update([face(2)], 0.4)[0][1] == 0
    for step in range(1, 15):
        assert tracker.update([], 0.4 + step / 25) == []
    assert tracker.update([face(2)], 1.0)[0][1] == 1


@pytest.mark.parametrize("gap", [1.0, 1.2, 30.0])
def test_a_face_keeps_its_number_where_frames_lie_far_apart(gap):
    tracker = FaceTracker()
    assert [tracker.update([face(step)], step * gap)[0][1] for step in range(5)] == [0] * 5
    assert tracker.update([], 5 * gap) == []
    assert tracker.update([face(5)], 6 * gap)[0][1] == 1, (
        "missed in one frame of so slow a clip, it may be anybody"
    )


def test_a_jump_across_the_picture_is_another_face():
    tracker = FaceTracker()
    tracker.update([face(0)], 0.0)
    assert tracker.update([face(300)], 0.04)[0][1] == 1


def test_smoothing_follows_its_formula_at_any_frame_rate():
    results = []
    for frames in (10, 100):
        tracker = FaceTracker(smoothing=0.3)
        tracker.update([face(0, score=0.0)], 0.0)
        for step in range(1, frames + 1):
            ((_, _, scores),) = tracker.update([face(0, score=1.0)], step / frames * 0.6)
        results.append(scores[0])
    assert results == pytest.approx([1 - np.exp(-2)] * 2)


def test_smoothing_off_gives_the_frames_own_scores_and_sums_stay_one():
    tracker, smooth = FaceTracker(smoothing=0), FaceTracker()
    for step, score in enumerate((0.1, 0.9, 0.4)):
        ((_, _, own),) = tracker.update([face(0, score=score)], step / 25)
        ((_, _, averaged),) = smooth.update([face(0, score=score)], step / 25)
        assert own.tolist() == pytest.approx([score, 1 - score])
        assert averaged.sum() == pytest.approx(1)


def test_without_landmarks_boxes_suffice_and_lost_tracks_are_dropped():
    tracker = FaceTracker(lost_after=0.1)
    for step in range(200):
        tracker.update([face(1000 * (step % 2), landmarks=False)], step * 1.0)
    assert len(tracker._tracks) == 2
