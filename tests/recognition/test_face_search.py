"""Faces are found whatever their size and turn, and nothing is found where none is."""

import cv2
import numpy as np
import pytest

from asdcfer.recognition.alignment import aligned, face_crops, face_transform
from asdcfer.recognition.detection import Detection
from asdcfer.recognition.detector import LONG_SIDE_PHOTO, LONG_SIDE_VIDEO, YuNet
from asdcfer.recognition.face_search import SURE, search
from tests.recognition import standin

PHOTO, VIDEO = YuNet(long_side=LONG_SIDE_PHOTO), YuNet(long_side=LONG_SIDE_VIDEO)
FACES = {
    "astronaut": (standin.astronaut(), (178, 63, 90, 113)),
    "hopper": (standin.hopper(), (183, 120, 170, 212)),
}


def close_up(name, side):
    """The face and a rim of a twelfth of it, as large as a phone takes it."""
    image, (x, y, width, height) = FACES[name]
    across, down = width // 12, height // 12
    part = image[y - down : y + height + down, x - across : x + width + across]
    size = (side, round(side * part.shape[0] / part.shape[1]))
    return cv2.resize(part, size, interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("find", [PHOTO, VIDEO])
@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("side", [120, 400, 700, 1500])
def test_a_face_that_fills_the_picture_is_one_face_whatever_its_resolution(find, name, side):
    picture = close_up(name, side)
    (face,) = find(picture)
    assert face.score >= SURE
    assert face.box[2] == pytest.approx(side * 12 / 14, rel=0.12)


def test_a_large_face_does_not_hide_a_small_one_nor_the_other_way_round():
    picture = np.full((1500, 2200, 3), 90, np.uint8)
    large = close_up("hopper", 1100)[:1400]
    picture[50 : 50 + large.shape[0], 50 : 50 + large.shape[1]] = large
    picture[800:1312, 1500:2012] = standin.astronaut()
    found = sorted(face.box[2] for face in PHOTO(picture))
    assert len(found) == 2
    assert found[0] == pytest.approx(90, rel=0.15)
    assert found[1] > 800


def test_the_faces_of_a_class_photo_are_all_found():
    """Forty faces of about 100 pixels in a photo of 12 megapixels."""
    one, two = standin.astronaut()[:300, 70:370], standin.hopper()[60:460, 70:470]
    tiles = [cv2.resize(one, (300, 300)), cv2.resize(two, (240, 240))]
    picture = np.full((3000, 4000, 3), 120, np.uint8)
    for number in range(40):
        tile, row, column = tiles[number % 2], number // 8, number % 8
        top, left = 150 + 550 * row, 100 + 480 * column
        picture[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    found = PHOTO(picture)
    assert len(found) == 40
    assert all(70 < face.box[2] < 130 for face in found)


def roll(face):
    """Degrees by which a face is turned to the left, by its eyes."""
    across, down = face.landmarks[1] - face.landmarks[0]
    return float(np.degrees(np.arctan2(-down, across)))


@pytest.mark.parametrize("find", [PHOTO, VIDEO])
@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_face_on_its_side_is_cut_out_upright(find, name, turn):
    image, _ = FACES[name]
    upright = find(image)[0]
    lying = np.ascontiguousarray(np.rot90(image, turn))
    (face,) = find(lying)
    assert (roll(face) - roll(upright) - 90 * turn + 180) % 360 - 180 == pytest.approx(0, abs=8)
    crop, wanted = (
        aligned(picture, face_transform(one.landmarks, one.box), 48).astype(int)
        for picture, one in ((lying, face), (image, upright))
    )
    assert np.corrcoef(crop.ravel(), wanted.ravel())[0, 1] > 0.8
    assert np.corrcoef(crop[::-1].ravel(), wanted.ravel())[0, 1] < 0.5


@pytest.mark.parametrize("angle", [45, 135, 225, 315])
def test_a_face_between_two_turns_is_cut_out_upright(angle):
    image = standin.astronaut()
    matrix = cv2.getRotationMatrix2D((223, 120), angle, 1)
    matrix[:, 2] += [30, 130]
    slanted = cv2.warpAffine(image, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    (face,) = PHOTO(slanted)
    assert (roll(face) - angle + 180) % 360 - 180 == pytest.approx(0, abs=15)


def test_all_faces_of_a_photo_on_its_side_are_found_in_place():
    image = standin.both()
    wanted = sorted(PHOTO(image), key=lambda face: face.box[0])
    lying = np.ascontiguousarray(np.rot90(image))
    found = sorted(
        (face.turned_back(1, image.shape) for face in PHOTO(lying)), key=lambda face: face.box[0]
    )
    assert len(found) == len(wanted) == 2
    for one, other in zip(found, wanted, strict=True):
        assert np.abs(one.landmarks - other.landmarks).max() < 0.1 * other.box[2]


def test_packs_are_made_of_the_same_faces():
    crops = face_crops(48)
    assert len(crops(close_up("hopper", 1500))) == 1
    assert len(crops(np.ascontiguousarray(np.rot90(standin.hopper())))) == 1


@pytest.mark.slow
def test_pictures_without_a_face_stay_without():
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 3), dtype=np.uint8)
    ramp = np.tile(np.linspace(0, 255, 900).astype(np.uint8)[None, :, None], (700, 1, 3))
    torso = standin.astronaut()[250:]
    for picture in (noise, ramp, torso, cv2.GaussianBlur(noise, (0, 0), 25)):
        assert PHOTO(picture) == []


class Counting:
    """Finds what it is told, and remembers the pictures that it was shown."""

    def __init__(self, *scores):
        self.scores, self.shapes = scores, []

    def __call__(self, image):
        self.shapes.append(image.shape[:2])
        if max(self.shapes[-1]) <= 96:
            return []
        return [
            Detection((100 * number, 10, 30, 30), None, score)
            for number, score in enumerate(self.scores)
        ]


def test_sure_faces_cost_no_more_than_a_small_picture():
    sure = Counting(SURE, 0.95)
    assert len(search(sure, np.zeros((600, 1200, 3), np.uint8), 1024)) == 2
    assert sure.shapes == [(512, 1024), (128, 256)]


def test_doubtful_faces_are_looked_at_alone_up_to_a_bound():
    doubtful = Counting(*[0.85] * 7)
    assert len(search(doubtful, np.zeros((100, 800, 3), np.uint8), 1024)) == 7
    assert len(doubtful.shapes) == 2 + 4 * 8
    assert max(max(shape) for shape in doubtful.shapes[2:]) <= 96
