"""Annotated copies of the real command: their sound, and faces made unrecognizable."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from asdcfer.errors import InputError
from asdcfer.predict.table_io import read_table
from tests.predict.sounding import onsets, sound_packets, write_sounding_video
from tests.recognition import standin


def test_the_copy_of_a_video_keeps_its_sound(predict, tmp_path):
    source = write_sounding_video(tmp_path / "a.mp4")
    assert predict(source, "--annotate", tmp_path / "drawn").exit_code == 0
    assert sound_packets(tmp_path / "drawn" / "a.mp4") == sound_packets(source)
    silent = predict(source, "--annotate", tmp_path / "silent", "--no-sound")
    assert silent.exit_code == 0
    assert "sound" not in silent.stderr
    assert sound_packets(tmp_path / "silent" / "a.mp4") == []


def test_the_copy_of_a_part_begins_at_0_and_its_table_does_not(predict, tmp_path):
    source = write_sounding_video(tmp_path / "a.mp4")
    part = ("--start", "0.6", "--end", "1.6", "--fps", "5")
    out = tmp_path / "r.json"
    assert predict(source, "--annotate", tmp_path / "drawn", "--out", out, *part).exit_code == 0
    bright, loud = onsets(tmp_path / "drawn" / "a.mp4")
    assert loud == pytest.approx(0.4, abs=0.03)
    assert bright == pytest.approx(0.4, abs=0.2)
    assert read_table(out)[0]["time"] == pytest.approx(0.6)


def test_sound_that_cannot_be_copied_is_said_in_one_line(predict, tmp_path):
    source = write_sounding_video(tmp_path / "a.mov", codec="pcm_mulaw")
    done = predict(source, "--annotate", tmp_path / "drawn")
    assert done.exit_code == 0
    (line,) = [line for line in done.stderr.splitlines() if "sound" in line]
    assert line == (
        f"asdcfer: 1 annotated copy lacks sound: {source}: its sound (pcm_mulaw) cannot be in an "
        "MP4 file"
    )
    assert (tmp_path / "drawn" / "a.mov.mp4").is_file()


def photo_with_a_thumbnail(path):
    """Save a photo whose EXIF data hold a small picture of the face, and a description."""
    thumbnail = io.BytesIO()
    Image.fromarray(standin.astronaut()).resize((64, 64)).save(thumbnail, "JPEG")
    exif = Image.Exif()
    exif[0x010E] = "Eileen Collins"
    ifd = exif.get_ifd(1)
    ifd[0x0201], ifd[0x0202] = 0, len(thumbnail.getvalue())
    data = exif.tobytes() + thumbnail.getvalue()
    Image.fromarray(standin.astronaut()).save(path, exif=data, comment=b"Eileen Collins")
    return thumbnail.getvalue()


@pytest.mark.slow
def test_blurred_photos_hold_no_face_and_nothing_beside_the_pixels(predict, tmp_path):
    thumbnail = photo_with_a_thumbnail(tmp_path / "a.jpg")
    assert thumbnail in (tmp_path / "a.jpg").read_bytes()
    out = tmp_path / "r.json"
    done = predict(tmp_path / "a.jpg", "--annotate", tmp_path / "b", "--blur", "--out", out)
    assert done.exit_code == 0, done.exception
    raw = (tmp_path / "b" / "a.jpg").read_bytes()
    assert thumbnail not in raw
    assert b"Collins" not in raw
    assert b"Exif" not in raw
    (row,) = read_table(out)
    x, y, width, height = (round(row[name]) for name in ("x", "y", "width", "height"))
    with Image.open(tmp_path / "b" / "a.jpg") as image:
        covered = np.asarray(image, float)[y : y + height, x : x + width]
    original = np.asarray(standin.astronaut(), float)[y : y + height, x : x + width]
    # Inside of the box that is drawn around it, nothing fine is left.
    inner = (slice(6, -6), slice(6, -6))
    for part, least, most in ((original, 3.0, 99.0), (covered, 0.0, 1.5)):
        rough = np.abs(np.diff(part[inner], 2, axis=0)).mean()
        assert least < rough < most
    with Image.open(tmp_path / "b" / "a.jpg") as image:
        assert predict_again(predict, image, tmp_path) == "no face"


def predict_again(predict, image, folder):
    """What the detector says of a copy."""
    image.save(folder / "again.png")
    predict(folder / "again.png", "--out", folder / "again.json")
    return read_table(folder / "again.json")[0]["status"]


@pytest.mark.slow
def test_blurred_videos_cover_the_face_in_every_frame(predict, tmp_path):
    source = standin.write_video(tmp_path / "a.mp4", standin.moving_frames(12))
    out = tmp_path / "r.json"
    assert predict(source, "--annotate", tmp_path / "b", "--blur", "--out", out).exit_code == 0
    found = {(row["frame"], row["face"]) for row in read_table(out) if "face" in row}
    assert len(found) >= 12
    target = tmp_path / "b" / "a.mp4"
    again = tmp_path / "again.json"
    assert predict(target, "--out", again).exit_code == 0
    assert {row["status"] for row in read_table(again)} == {"no face"}
    with av.open(str(target)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 12


def test_blurred_copies_in_which_no_face_was_found_are_told(predict, folder, tmp_path):
    standin.write_video(tmp_path / "gray.mp4", [np.full((64, 96, 3), 90, np.uint8)] * 5)
    files = (folder / "gray.png", tmp_path / "gray.mp4", folder / "text.jpg")
    done = predict(*files, "--annotate", tmp_path / "b", "--blur")
    assert done.exit_code == 0
    assert (
        "in 2 blurred copies nothing is covered, as no face was found; look at them: "
        f"{folder / 'gray.png'}"
    ) in done.stderr
    assert "nothing is covered" not in predict(*files, "--annotate", tmp_path / "a").stderr


def test_blur_is_for_copies(predict, folder, tmp_path):
    done = predict(folder / "both.png", "--blur", "--out", tmp_path / "r.csv")
    assert isinstance(done.exception, InputError)
    assert "`blur=True` is for annotated copies" in str(done.exception)


def test_the_help_says_what_blurring_cannot_promise(predict):
    text = " ".join(predict("--help", model=False).stdout.split())
    assert "cannot promise that every face is found" in text
    assert "voices" in text
