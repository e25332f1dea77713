from pathlib import Path

import cv2
import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.recognition import detector
from asdcfer.recognition.detection import reduced
from asdcfer.recognition.detector import LbpCascade, YuNet, make_detector, yunet_path
from tests.recognition import standin


def test_the_file_is_the_packages_own_and_its_notice_lies_beside_it():
    path = yunet_path()
    assert path.name == detector.YUNET_FILE
    assert path.stat().st_size == 232_589
    assert path.parent.parent == Path(detector.__file__).parent
    notice = path.with_name("THIRD_PARTY_NOTICE.txt").read_text(encoding="utf-8")
    assert detector.YUNET_SHA256 in notice
    assert "MIT License" in notice
    assert "Shiqi Yu" in notice


def test_finds_one_face_with_landmarks_in_order():
    (face,) = YuNet()(standin.astronaut())
    x, y, width, height = face.box
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_mouth[0] < left_mouth[0]
    assert right_eye[1] < nose[1] < right_mouth[1]
    assert (face.landmarks > [x, y]).all()
    assert (face.landmarks < [x + width, y + height]).all()
    assert 0.8 < face.score <= 1


@pytest.mark.parametrize("factor", [0.5, 2, 5])
def test_boxes_are_in_pixels_of_the_picture_given(factor):
    image = standin.both()
    at_one = sorted(YuNet()(image), key=lambda d: d.box[0])
    scaled = sorted(
        YuNet()(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)),
        key=lambda d: d.box[0],
    )
    assert len(scaled) == len(at_one) == 2
    for one, other in zip(at_one, scaled, strict=True):
        assert np.abs(one.landmarks - other.landmarks / factor).max() < 6


@pytest.mark.slow
def test_no_face_in_noise_gray_or_tiny_pictures():
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    find = YuNet()
    assert find(noise) == []
    assert find(noise[..., 0]) == []
    # Without padding OpenCV answers these from unwritten memory: about one call in ten finds a
    # "face".
    for _ in range(6):  # each picture is looked at in four turns
        for height, width in ((1, 1), (2, 300), (31, 300), (300, 20), (17, 20)):
            assert find(noise[:height, :width]) == []


def test_a_threshold_drops_what_is_weaker():
    scores = [face.score for face in YuNet(score_threshold=0.1)(standin.both())]
    strict = YuNet(score_threshold=float(max(scores)) + 1e-4)(standin.both())
    assert len(scores) >= 2
    assert strict == []
    with pytest.raises(InputError, match="0 to 1"):
        YuNet(score_threshold=2)


def test_long_side_is_only_ever_reduced():
    image = np.zeros((50, 100, 3), np.uint8)
    assert reduced(image, 640) == (image, 1.0)
    small, factor = reduced(np.zeros((3000, 10, 3), np.uint8), 1000)
    assert small.shape == (1000, 3, 3)
    assert factor == pytest.approx(1 / 3)


def test_another_file_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(detector, "_FOLDER", tmp_path)
    wrong = tmp_path / detector.YUNET_FILE
    wrong.write_bytes(b"something else")
    with pytest.raises(InputError, match="is not the face detector that belongs"):
        yunet_path()
    wrong.unlink()
    with pytest.raises(InputError, match="missing; install asdcfer again"):
        yunet_path()


def test_a_model_of_the_users_own(tmp_path):
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(yunet_path().read_bytes())
    assert len(YuNet(copy)(standin.astronaut())) == 1
    with pytest.raises(InputError, match="no detector model at"):
        YuNet(tmp_path / "none.onnx")
    copy.write_bytes(b"not a network")
    with pytest.raises(InputError, match="YuNet"):
        YuNet(copy)


def test_the_second_detector_finds_the_same_faces():
    pytest.importorskip("skimage")
    found = sorted(LbpCascade()(standin.both()), key=lambda d: d.box[0])
    wanted = sorted(YuNet()(standin.both()), key=lambda d: d.box[0])
    assert len(found) == 2
    for a, b in zip(found, wanted, strict=True):
        assert a.landmarks is None
        assert abs(a.box[0] + a.box[2] / 2 - b.box[0] - b.box[2] / 2) < 0.2 * b.box[2]
    assert LbpCascade()(np.zeros((20, 20, 3), np.uint8)) == []


def test_detectors_by_name():
    own = lambda image: []  # noqa: E731
    assert make_detector(own, 640) is own
    with pytest.raises(InputError, match="yunet or lbp"):
        make_detector("haar", 640)
    with pytest.raises(InputError, match="goes with the detector yunet"):
        make_detector("lbp", 640, model="x.onnx")


def test_a_foreign_network_is_refused_at_once_and_quietly(tmp_path, capfd):
    onnx = pytest.importorskip("onnx")
    value = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3, None, None])
        for name in ("input", "output")
    ]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["input"], ["output"])], "g", value[:1], value[1:]
    )
    onnx.save(
        onnx.helper.make_model(
            graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8
        ),
        str(tmp_path / "other.onnx"),
    )
    (tmp_path / "text.onnx").write_text("no network")
    for name in ("other.onnx", "text.onnx"):
        with pytest.raises(InputError, match=f"cannot use {name} as a YuNet detector"):
            YuNet(tmp_path / name)
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_face_of_a_hundred_pixels_in_24_megapixels():
    image = np.full((4000, 6000, 3), 120, np.uint8)
    image[1800:2312, 2700:3212] = standin.astronaut()
    (face,) = YuNet()(image)
    assert np.abs(np.array(face.box) - [2700 + 178, 1800 + 63, 90, 113]).max() < 12
    assert YuNet(most_shrunk=None)(image) == []
