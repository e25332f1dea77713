"""End to end in headless Chromium, with real photos: what a person sees and presses, and that no
request leaves this machine.
"""

import csv
import io
from pathlib import Path

import pytest

from tests.app.chromium import NEEDS_CHROMIUM, Page

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow]


def test_a_photo_from_choosing_to_csv(page: Page, files: Path) -> None:
    assert page.text("status") == "No picture yet."
    assert not page.button("scores.csv").is_displayed()
    page.open(files / "astronaut.jpg")
    page.until(page.cards)
    (card,) = page.cards()
    assert page.text("status").startswith("One face: ")
    assert card["answer"] in page.text("status")
    assert tuple(name for name, _ in card["scores"]) == (
        "angry",
        "disgust",
        "fear",
        "happy",
        "sad",
        "surprise",
        "neutral",
    )
    assert 97 <= sum(int(value.split()[0]) for _, value in card["scores"]) <= 103
    page.until(lambda: page.drawn() > 500)
    # The box lies on the face: middle of the astronaut's head, in shown pixels.
    boxed = page.run(
        """const [photo, canvas] = ['photo', 'overlay'].map((id) => document.getElementById(id));
        const [a, b] = [photo, canvas].map((one) => one.getBoundingClientRect());
        return Math.max(...['left', 'top', 'width', 'height'].map(
            (side) => Math.abs(a[side] - b[side])))"""
    )
    assert boxed < 1
    path = page.downloaded("scores.csv")
    assert path.name == "astronaut-scores.csv"
    (row,) = csv.DictReader(io.StringIO(path.read_text()))
    assert row["file"] == "astronaut.jpg"
    assert row["face"] == "0"
    assert row["expression"] == card["answer"]
    assert float(row["confidence"]) > 0
    assert 150 < float(row["x"]) < 210
    assert 40 < float(row["y"]) < 90


def test_attention_is_drawn_and_taken_away(page: Page, files: Path) -> None:
    page.open(files / "astronaut.jpg")
    page.until(page.cards)
    bare = page.until(page.drawn)
    page.element("attention").click()
    page.until(lambda: page.drawn() > bare + 2000)
    page.element("attention").click()
    page.until(lambda: page.drawn() == bare)


def test_several_faces_and_the_threshold(page: Page, files: Path) -> None:
    page.open(files / "pair.jpg")
    page.until(lambda: len(page.cards()) == 2)
    assert page.text("status").startswith("2 faces: ")
    second = page.browser.find_elements("css selector", "#faces .face button")[1]
    second.click()
    assert [
        button.get_attribute("aria-pressed")
        for button in page.browser.find_elements("css selector", "#faces .face button")
    ] == ["false", "true"]
    page.run(
        "const s = document.getElementById('threshold'); s.value = 90; s.dispatchEvent(new "
        "Event('input'))"
    )
    assert [card["answer"] for card in page.cards()] == ["uncertain"] * 2
    assert page.text("threshold-value") == "90 %"
    assert "No expression reaches 90 %" in page.text("faces")
    assert "uncertain, uncertain" in page.text("status")


def test_dropping_a_file_anywhere(page: Page, files: Path) -> None:
    page.run(
        """const input = document.createElement('input');
        input.type = 'file';
        input.id = 'dropped';
        document.body.append(input)"""
    )
    page.element("dropped").send_keys(str(files / "astronaut.jpg"))
    page.run(
        """const moved = new DataTransfer();
        moved.items.add(document.getElementById('dropped').files[0]);
        for (const kind of ['dragover', 'drop'])
          document.getElementById('stage').dispatchEvent(
            new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: moved}))"""
    )
    page.until(page.cards)
    assert page.text("status").startswith("One face")


def test_empty_states_and_errors_are_one_line_each(page: Page, files: Path) -> None:
    page.open(files / "wall.png")
    page.until(lambda: page.text("status").startswith("No face found"))
    assert not page.shown("error")
    assert page.cards() == []
    expected = {
        "empty.jpg": "The file is empty (zero bytes).",
        "text.jpg": "The file is not a picture that can be read",
        "cut.jpg": "roken picture",
        "huge.jpg": "The file is larger than 5 MB",
        "text.mp4": "The file is not a video that can be read",
    }
    for name, line in expected.items():
        page.open(files / name)
        page.until(lambda line=line: line in page.text("error"))
        assert page.shown("error")
        assert "\n" not in page.text("error")
        assert page.cards() == []
        assert page.text("status") == "Nothing recognized."
    page.open(files / "astronaut.jpg")
    page.until(page.cards)
    assert not page.shown("error")


@pytest.mark.parametrize("name", ["scan.tif", "IMG_0001.HEIC", "IMG_0002.AVIF"])
def test_a_picture_the_browser_cannot_read_is_shown_all_the_same(
    page: Page, files: Path, name: str
) -> None:
    if not (files / name).exists():
        pytest.skip("this Pillow does not read it, or the extra [heic] is not installed")
    page.open(files / name)
    page.until(page.cards)
    page.until(lambda: page.run("return document.getElementById('photo').naturalWidth") == 512)
    assert page.element("stage").get_attribute("data-state") == "photo"
    assert page.run("return document.getElementById('overlay').width") > 100


def test_a_video_with_timeline_keys_and_csv(page: Page, files: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    page.open(files / "film.webm")
    page.until(lambda: "frames, " in page.text("status"), 60)
    assert page.text("status") == "30 frames, 30 with a face."
    assert page.run("return document.getElementById('progress').value") == 1
    timeline = page.element("timeline")
    page.until(lambda: timeline.get_attribute("aria-valuemax") in ("3.0", "2.9"))
    timeline.send_keys(Keys.END)
    page.until(lambda: timeline.get_attribute("aria-valuenow") == "2.9")
    timeline.send_keys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    page.until(
        lambda: (
            timeline.get_attribute("aria-valuenow") == "0.2"
            and abs(page.run("return document.getElementById('video').currentTime") - 0.2) < 0.01
        )
    )
    page.until(lambda: len(page.cards()) == 2 and page.drawn() > 500)
    # In the middle third the right face is away.
    page.run("const v = document.getElementById('video'); v.currentTime = 1.5")
    page.until(lambda: len(page.cards()) == 1)
    # Counted before the click: the overlay may be there at once.
    bare = page.drawn()
    page.element("attention").click()
    page.until(lambda: page.drawn() > bare + 1000)
    page.element("play").click()
    page.until(lambda: page.run("return document.getElementById('video').currentTime") > 2.2)
    path = page.downloaded("scores.csv")
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert len(rows) == 50
    assert {row["frame"] for row in rows} == {str(number) for number in range(30)}
    assert float(rows[-1]["time"]) == pytest.approx(2.9, abs=0.01)


def test_a_video_without_a_readable_frame_says_why(page: Page, files: Path) -> None:
    page.open(files / "wiped.avi")
    page.until(lambda: page.shown("error"))
    assert page.text("error").startswith("No frame of this video can be read")
    assert page.text("status") == "Nothing recognized."


def test_a_video_without_faces_that_breaks_off_says_both(page: Page, files: Path) -> None:
    page.open(files / "blank.mkv")
    page.until(lambda: page.text("status") == "No face found in this video.", 60)
    page.until(lambda: page.shown("error"))
    assert page.text("error").startswith("The video broke off after frame ")
    assert int(page.text("progress-text").split()[0]) > 3


def test_faces_of_the_camera_keep_their_number_and_calm_down(page: Page) -> None:
    kept = page.browser.execute_async_script(
        """const done = arguments[0];
        const face = (x, happy) => ({
            id: 0, box: {x, y: 10, width: 50, height: 60}, scores: {happy, sad: 1 - happy},
            status: 'ok'});
        import('/static/camera.js').then(({follow}) => {
            let given = 2;
            const before = [{...face(100, 1), id: 0}, {...face(300, 1), id: 1}];
            const now = [face(310, 0), face(105, 1), face(600, 0.3)];
            const after = follow(before, now, () => given++);
            done(after.map(({id, scores, confidence}) => [id, scores.happy, confidence ?? null]));
        })"""
    )
    assert kept == [[1, pytest.approx(0.6), pytest.approx(0.6)], [0, 1, 1], [2, 0.3, None]]


def test_the_camera_starts_recognizes_and_stops(page: Page) -> None:
    page.element("camera").click()
    page.until(lambda: page.text("status") == "Camera: one face.")
    assert page.element("camera").text == "Stop the camera"
    assert len(page.cards()) == 1
    page.until(lambda: page.drawn() > 300)
    path = page.downloaded("scores.csv")
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert path.name == "camera-scores.csv"
    assert {row["face"] for row in rows} == {"0"}
    assert not page.shown("people-panel")
    page.element("camera").click()
    page.until(lambda: page.text("status") == "No picture yet.")
    assert page.run("return document.getElementById('video').srcObject === null")
