import weakref

import cv2
import numpy as np
import pytest

import asdcfer
from asdcfer.errors import InputError, WeightsError
from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition.detection import Detection
from asdcfer.recognition.options import DetectionOptions, TrackingOptions
from asdcfer.recognition.tracking import overlap
from tests.recognition import standin


def same(a, b):
    return len(a) == len(b) and all(f.as_dict() == g.as_dict() for f, g in zip(a, b, strict=True))


def test_path_bytes_array_and_list_answer_alike(recognizer):
    path = standin.hopper_path()
    (face,) = faces = recognizer(path)
    assert isinstance(face, asdcfer.Face)
    from asdcfer.data.image_io import read_image

    assert same(faces, recognizer(str(path)))
    assert same(faces, recognizer(path.read_bytes()))
    assert same(faces, recognizer(read_image(path)))
    several = recognizer([path, standin.astronaut(), path.read_bytes()])
    # A batch may be summed in another order than one face.
    assert [len(part) for part in several] == [1, 1, 1]
    assert several[2][0].scores == pytest.approx(face.scores, abs=1e-5)
    assert recognizer([]) == []


def test_a_face_is_complete(recognizer):
    (face,) = recognizer(standin.hopper())
    x, y, width, height = face.box
    assert 170 < x < 200
    assert 110 < y < 135
    assert 150 < width < 190
    assert 190 < height < 230
    assert face.landmarks.shape == (5, 2)
    assert face.corners.shape == (4, 2)
    assert face.attention is None
    assert tuple(face.scores) == asdcfer.EXPRESSIONS == recognizer.expressions
    assert sum(face.scores.values()) == pytest.approx(1, abs=1e-5)
    assert face.expression == max(face.scores, key=face.scores.get)
    assert face.confidence == max(face.scores.values())
    assert face.status == "ok"
    assert face.id == 0


def test_scores_are_those_of_the_model_on_the_crop(recognizer, model):
    crops = recognizer.crops(standin.both())
    faces = recognizer(standin.both())
    wanted = model.probabilities(np.stack(crops)).numpy()
    for face, row in zip(faces, wanted, strict=True):
        assert list(face.scores.values()) == pytest.approx(row.tolist(), abs=1e-6)


def test_several_faces_the_largest_first_and_none_is_an_empty_list(recognizer):
    first, second = recognizer(standin.both())
    assert first.box[2] > second.box[2]
    assert first.box[0] > 512 > second.box[0]
    assert (first.id, second.id) == (0, 1)
    assert recognizer(np.zeros((100, 100, 3), np.uint8)) == []


@pytest.mark.slow
def test_answers_do_not_depend_on_what_else_is_in_the_list(model):
    images = [
        standin.astronaut(),
        standin.both(),
        np.zeros((80, 80, 3), np.uint8),
        standin.hopper(),
    ] * 2
    one_by_one = [Recognizer(model)(image) for image in images]
    for batch_size in (1, 3, 64):
        for a, b in zip(
            Recognizer(model, batch_size=batch_size)(images, explain=True), one_by_one, strict=True
        ):
            assert [list(f.scores.values()) for f in a] == [
                pytest.approx(list(f.scores.values()), abs=1e-5) for f in b
            ]
            assert all(f.attention is not None for f in a)


def test_a_small_face_is_listed_as_uncertain(recognizer, model):
    tiny = cv2.resize(standin.hopper(), None, fx=0.11, fy=0.11, interpolation=cv2.INTER_AREA)
    canvas = np.full((300, 300, 3), 128, np.uint8)
    canvas[100 : 100 + tiny.shape[0], 100 : 100 + tiny.shape[1]] = tiny
    (face,) = recognizer(canvas)
    assert min(face.box[2:]) < 24
    assert (face.expression, face.status) == ("uncertain", "too small")
    assert sum(face.scores.values()) == pytest.approx(1, abs=1e-5), "its scores are not hidden"
    (again,) = Recognizer(model, detection=DetectionOptions(min_face=10))(canvas)
    assert again.status == "ok"
    assert again.scores == face.scores


def test_abstention_lies_exactly_at_the_confidence(model):
    (face,) = Recognizer(model)(standin.hopper())
    (kept,) = Recognizer(model, abstain_below=face.confidence)(standin.hopper())
    (dropped,) = Recognizer(model, abstain_below=face.confidence + 1e-6)(standin.hopper())
    assert kept.expression == face.expression
    assert kept.status == "ok"
    assert (dropped.expression, dropped.status) == (
        "uncertain",
        "uncertain",
    )
    assert dropped.scores == face.scores


def test_without_detection_a_picture_is_one_face(model):
    recognizer = Recognizer(model, detection=None)
    from asdcfer.data.sample import sample_pack

    faces = np.asarray(sample_pack().images[:20])
    answers = recognizer(list(faces))
    wanted = model.probabilities(faces).numpy()
    for (face,), row in zip(answers, wanted, strict=True):
        assert list(face.scores.values()) == pytest.approx(row.tolist(), abs=1e-5)
        assert face.box == (0, 0, 48, 48)
        assert face.landmarks is None
        assert face.status == "ok"
    (odd,) = recognizer(standin.hopper())
    assert odd.box == (0, 0, 512, 600)


def test_the_box_is_clipped_to_the_picture(recognizer):
    image = standin.hopper()[150:]  # cuts the forehead off
    for face in recognizer(image):
        x, y, width, height = face.box
        assert x >= 0
        assert y >= 0
        assert x + width <= image.shape[1]
        assert y + height <= image.shape[0]


def test_color_models_get_color():
    recognizer = Recognizer(standin.fitted_model(channels=3))
    assert recognizer.crops(standin.hopper())[0].shape == (48, 48, 3)
    assert len(recognizer(standin.both())) == 2


def test_an_iterator_is_followed_lazily_in_constant_memory(model):
    recognizer = Recognizer(model)
    alive: list[weakref.ref] = []

    def endless():
        small = standin.small(standin.both(), 200)
        while True:
            frame = small.copy()
            alive.append(weakref.ref(frame))
            yield frame
            del frame

    stream = recognizer(endless())
    for _ in range(10):
        next(stream)
        assert sum(ref() is not None for ref in alive) <= 2
    assert len(alive) <= 11


@pytest.mark.slow
def test_smoothing_and_tracking_can_be_switched_off(model):
    frames = standin.moving_frames()[:12]
    own = [Recognizer(model)(frame) for frame in frames]
    each = TrackingOptions(smoothing=0, detect_every=1)
    off = list(Recognizer(model, tracking=each)(iter(frames)))
    smooth = list(Recognizer(model, tracking=TrackingOptions(smoothing=10))(iter(frames)))

    def scores(answers):
        return np.array([[list(face.scores.values()) for face in faces] for faces in answers])

    # The two detectors reduce to different long sides, but these frames are smaller than both.
    assert np.allclose(scores(off), scores(own), atol=1e-5)
    assert np.abs(np.diff(scores(smooth)[:, 0], axis=0)).max() < 0.05 * max(
        np.abs(np.diff(scores(off)[:, 0], axis=0)).max(), 1
    )
    untracked = list(Recognizer(model, tracking=None)(iter(frames)))
    assert [[face.id for face in faces] for faces in untracked] == [
        [face.id for face in faces] for faces in own
    ]


@pytest.mark.slow
def test_faces_are_the_same_where_few_frames_are_searched(model):
    """A face that goes away and comes back among them; boxes within the detector's own noise."""
    frames = standin.moving_frames()
    each, few = (
        list(Recognizer(model, tracking=TrackingOptions(detect_every=every))(iter(frames)))
        for every in (1, None)
    )
    assert [len(faces) for faces in few] == [len(faces) for faces in each]
    assert [{face.id for face in faces} for faces in few] == [
        {face.id for face in faces} for faces in each
    ]
    for one, other in zip(each, few, strict=True):
        for face, again in zip(
            sorted(one, key=lambda face: face.id), sorted(other, key=lambda f: f.id), strict=True
        ):
            assert overlap(face.box, again.box) > 0.7


def test_abstention_in_video_goes_by_the_smoothed_confidence(model):
    frames = standin.moving_frames(6)
    tracking = TrackingOptions(smoothing=1)
    for faces in Recognizer(model, tracking=tracking, abstain_below=0.9)(iter(frames)):
        for face in faces:
            assert face.expression == "uncertain"
            assert face.confidence == max(face.scores.values()) < 0.9


def test_a_detector_of_ones_own(model):
    own = Recognizer(
        model,
        detection=DetectionOptions(
            detector=lambda image: [Detection((10.0, 10.0, 60.0, 70.0), None, 0.5)]
        ),
    )
    (face,) = own(standin.astronaut())
    assert face.box == (10, 10, 60, 70)
    assert (face.quality.detection_score, face.quality.yaw) == (0.5, None)
    assert [len(faces) for faces in own(iter([standin.astronaut()] * 2))] == [1, 1]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (np.zeros((4, 4, 3), np.float32), "uint8"),
        (np.zeros((4, 4, 4), np.uint8), "alpha"),
        (np.zeros((2, 4, 4, 3), np.uint8), "give a list"),
        (np.zeros((0, 4, 3), np.uint8), "shape"),
        (3, "not int"),
        ("none.jpg", "no such file"),
    ],
)
def test_wrong_pictures_are_named(recognizer, wrong, reason):
    with pytest.raises(InputError, match=reason):
        recognizer(wrong)


def test_wrong_settings_are_named(model, tmp_path):
    for settings, reason in [
        ({"backend": "tensorflow"}, "choose torch or onnx"),
        ({"device": "cuda:7"}, "cuda:7"),
        ({"abstain_below": 2}, "0 to 1"),
        ({"batch_size": 0}, "batch_size"),
        ({"detection": DetectionOptions(detector="haar")}, "yunet or lbp"),
        ({"backend": "onnx"}, "path of an ONNX file"),
    ]:
        with pytest.raises(InputError, match=reason):
            Recognizer(model, **settings)
    with pytest.raises(WeightsError, match="asdcfer export"):
        Recognizer(tmp_path / "none.onnx")
    with pytest.raises(WeightsError, match="is an ONNX file"):
        Recognizer(tmp_path / "none.onnx", backend="torch")
    with pytest.raises(WeightsError, match=r"none\.safetensors"):
        Recognizer(tmp_path / "none.safetensors")
