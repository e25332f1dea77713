import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.recognition import alignment
from asdcfer.recognition.detection import Detection
from asdcfer.recognition.detector import YuNet
from tests.recognition import standin
from tests.reference.alignment import umeyama


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_similarity_is_umeyama_in_the_plane(seed):
    rng = np.random.default_rng(seed)
    points, targets = rng.normal(size=(5, 2)) * 40 + 100, rng.normal(size=(5, 2))
    # Without reflection the two have one optimum, unless it would be a mirror image or nearly no
    # correlation: keep to faces, that is noisy similarities.
    targets = targets * 2 + points * 0.7
    assert np.allclose(alignment.similarity(points, targets), umeyama(points, targets), atol=1e-8)


@given(st.floats(0.01, 50), st.floats(-3.1, 3.1), st.floats(-500, 500), st.floats(-500, 500))
@settings(max_examples=50, deadline=None)
def test_similarity_recovers_a_similarity(scale, angle, x, y):
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = alignment.TEMPLATE * 100
    found = alignment.similarity(points, points @ rotation.T + [x, y])
    assert np.allclose(found, np.column_stack([rotation, [x, y]]), atol=1e-6 * max(1, scale))


def test_similarity_needs_two_different_points():
    with pytest.raises(ValueError, match="two different"):
        alignment.similarity(np.ones((5, 2)), alignment.TEMPLATE)


@pytest.mark.parametrize("angle", [0, 25, -40])
def test_aligned_face_has_its_landmarks_at_the_template(angle):
    image = standin.hopper()
    turn = cv2.getRotationMatrix2D((300, 260), angle, 1)
    turned = cv2.warpAffine(image, turn, (600, 512))
    (face,) = YuNet()(turned)
    crop = alignment.aligned(turned, alignment.face_transform(face.landmarks, face.box), 240)
    (again,) = YuNet()(cv2.copyMakeBorder(crop, 100, 100, 100, 100, cv2.BORDER_REPLICATE))
    # A tilted face comes out upright, with each landmark within 9 % of the crop's side of where
    # FER-2013 has it on average.
    assert np.abs((again.landmarks - 100) / 240 - alignment.TEMPLATE).max() < 0.09


def test_aligned_is_the_identity_for_the_identity():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    assert np.array_equal(
        alignment.aligned(image, np.array([[1 / 32, 0, 0], [0, 1 / 32, 0]]), 32), image
    )


def test_aligned_averages_when_it_shrinks():
    # A chessboard of single pixels is gray when shrunk; skipping pixels would give black or white.
    board = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    crop = alignment.aligned(board, np.array([[1 / 256, 0, 0], [0, 1 / 256, 0]]), 32)
    assert abs(crop.astype(float).mean() - 127.5) < 2
    assert crop.std() < 5


def test_aligned_repeats_the_rim_outside_the_picture():
    image = np.full((20, 20), 200, np.uint8)
    assert (alignment.aligned(image, np.array([[0.02, 0, 0.3], [0, 0.02, 0.3]]), 24) == 200).all()


@pytest.mark.parametrize("angle", [0, 33])
@pytest.mark.parametrize("place", [(130, 90), (5, 5), (599, 511), (-300, 200)])
def test_of_a_picture_too_long_to_warp_the_surroundings_give_the_same_crop(
    monkeypatch, angle, place
):
    image = standin.hopper()
    turn = np.exp(1j * np.deg2rad(angle)) / 150
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    transform = np.column_stack([matrix, [0.5, 0.5] - matrix @ np.array(place)])
    whole = alignment.aligned(image, transform, 48)
    monkeypatch.setattr(alignment, "LONGEST_WARPED", 400)
    assert np.array_equal(alignment.aligned(image, transform, 48), whole)


def test_a_picture_longer_than_opencv_warps_has_its_faces_cut_out():
    face = standin.hopper()
    long = np.zeros((600, 40_000, 3), np.uint8)
    long[: face.shape[0], 39_000 : 39_000 + face.shape[1]] = face
    scale = 1 / 250
    near = np.array([[scale, 0, -130 * scale], [0, scale, -60 * scale]])
    far = near - [[0, 0, 39_000 * scale], [0, 0, 0]]
    assert (
        np.abs(
            alignment.aligned(long, far, 48).astype(int) - alignment.aligned(face, near, 48)
        ).max()
        <= 1
    )
    across = alignment.aligned(
        np.full((4, 40_000), 7, np.uint8), np.array([[1 / 40_000, 0, 0], [0, 1 / 40_000, 0]]), 48
    )
    assert across.shape == (48, 48)
    assert (across == 7).all(), "a face of the whole length"


def test_without_landmarks_the_box_decides():
    box = (10.0, 20.0, 76.8, 98.1)
    transform = alignment.face_transform(None, box)
    left_top = transform[:, :2] @ [10, 20] + transform[:, 2]
    assert np.allclose(left_top, alignment.BOX_TEMPLATE[:2], atol=1e-3)
    assert np.allclose(alignment.face_transform(np.full((5, 2), 3.0), box), transform), (
        "landmarks all in one place are no landmarks"
    )


def test_box_and_landmarks_frame_a_frontal_face_alike():
    (face,) = YuNet()(standin.hopper())
    by_points, by_box = (
        alignment.face_transform(face.landmarks, face.box),
        alignment.face_transform(None, face.box),
    )
    assert np.abs(by_points[:, :2] / by_box[0, 0] - np.eye(2)).max() < 0.12


def test_corners_invert_the_transform():
    transform = alignment.face_transform(alignment.TEMPLATE * 77 + 5, (0, 0, 77, 77))
    assert np.allclose(
        alignment.corners(transform), np.array([[5, 5], [82, 5], [82, 82], [5, 82]]), atol=1e-3
    )


def test_whole_image_and_channels():
    image = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    same, transform = alignment.whole_image(image, 48)
    assert np.array_equal(same, image)
    assert np.allclose(transform @ [48, 48, 1], [1, 1])
    assert alignment.whole_image(image[:10, :20], 48)[0].shape == (48, 48, 3)
    gray = alignment.in_channels(image, 1)
    assert gray.shape == (48, 48)
    assert np.abs(gray - image @ [0.299, 0.587, 0.114]).max() <= 1
    assert alignment.in_channels(gray, 3).shape == (48, 48, 3)
    assert alignment.in_channels(image, 3) is image
    assert alignment.in_channels(gray, 1) is gray


def test_face_crops_serve_training():
    crops = alignment.face_crops(48)(standin.both())
    assert [crop.shape for crop in crops] == [(48, 48, 3)] * 2
    alone = alignment.face_crops(48)(standin.hopper()[:512])[0]
    assert np.abs(crops[0].astype(int) - alone).mean() < 6, "the larger face comes first"
    tiny = lambda image: [Detection((0, 0, 20, 30), None)]  # noqa: E731
    assert alignment.face_crops(48, tiny)(standin.both()) == []


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_the_transform_of_its_corners_is_the_transform(seed):
    rng = np.random.default_rng(seed)
    turn = np.eye(2) + rng.uniform(-0.4, 0.4, (2, 2))
    transform = np.column_stack([turn / rng.uniform(20, 400), rng.uniform(-2, 2, 2)])
    again = alignment.transform_of(alignment.corners(transform))
    assert np.allclose(again, transform, rtol=1e-4, atol=1e-4)
    # Of three points, as any affine map is told by OpenCV.
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    solved = cv2.getAffineTransform(alignment.corners(transform)[[0, 1, 3]], square[[0, 1, 3]])
    assert np.allclose(again, solved, rtol=1e-4, atol=1e-4)


@given(st.integers(0, 10**6), st.floats(1e-3, 1e3))
@settings(max_examples=30, deadline=None)
def test_a_box_frames_a_face_alike_in_whatever_unit_it_is_told(seed, unit):
    x, y, width, height = np.random.default_rng(seed).uniform(1, 90, 4)
    in_pixels = alignment.face_transform(None, (x, y, width, height))
    in_units = alignment.face_transform(None, (x * unit, y * unit, width * unit, height * unit))
    assert np.allclose(in_units[:, :2] * unit, in_pixels[:, :2], rtol=1e-9)
    assert np.allclose(in_units[:, 2], in_pixels[:, 2], rtol=1e-6, atol=1e-6)
    assert np.isfinite(alignment.face_transform(None, (x, y, 0.0, 0.0))).all(), "an empty box"


def test_aligned_takes_each_pixel_from_its_center_when_it_enlarges():
    # OpenCV's own enlarging keeps the centers of pixels, not their corners, in place.
    ramp = (np.arange(20)[:, None] * 4 + np.arange(20) * 7).astype(np.uint8)
    crop = alignment.aligned(ramp, np.array([[1 / 20, 0, 0], [0, 1 / 20, 0]]), 60)
    larger = cv2.resize(ramp, (60, 60), interpolation=cv2.INTER_LINEAR)
    assert np.abs(crop.astype(int) - larger).max() <= 1


@pytest.mark.parametrize("length", [32_766, 32_767, 32_768])
def test_pictures_of_about_the_longest_that_opencv_warps_are_cut_as_shorter_ones(length):
    picture = np.zeros((3, length), np.uint8)
    picture[:, -30:] = 200
    at_the_end = np.array([[0.1, 0, -0.1 * (length - 15)], [0, 0.1, 0]])
    shorter = at_the_end - [[0, 0, -0.1 * (length - 1_000)], [0, 0, 0]]
    crop = alignment.aligned(picture, at_the_end, 8)
    assert (crop == 200).all()
    assert np.array_equal(crop, alignment.aligned(picture[:, -1_000:], shorter, 8))
