"""The page to label on in headless Chromium: keys, undo, two windows, and what is not saved."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asdcfer.app.server import make_app
from tests.app.chromium import NEEDS_CHROMIUM, Page
from tests.app.label_pack import IDS, label_pack, labeling_of
from tests.app.standin import StandIn
from tests.app.test_accessibility import BEYOND, OPERATED, TEXTS, contrast_of

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow]

BACKSPACE, LEFT, RIGHT = "\ue003", "\ue012", "\ue014"


@pytest.fixture
def label_address(tmp_path: Path, served: Callable[[object], str]) -> str:
    """A served page to label on, with a model's suggestion for the first face."""
    pack = label_pack(tmp_path)
    rows = [
        f"faces/{place}.png,{name},{'sad' if place == 0 else ''}" for place, name in enumerate(IDS)
    ]
    (tmp_path / "order.csv").write_text("\n".join(["file,id,suggestion", *rows]) + "\n")
    assert pack.exists()
    labeling = labeling_of(tmp_path, order=tmp_path / "order.csv")
    return f"{served(make_app(StandIn(), labeling=labeling))}/label"


@pytest.fixture
def label_page(browser: Any, label_address: str) -> Iterator[Page]:
    """The page to label on, opened."""
    browser.get_log("browser")
    yield Page(browser, label_address)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    complaints = [entry["message"] for entry in browser.get_log("browser")]
    assert [one for one in complaints if "Security Policy" in one or "Uncaught" in one] == []


def press(page: Page, key: str) -> None:
    """Press a key and wait until what it began has ended."""
    page.press(key)
    busy = "return document.getElementById('labeling').ariaBusy"
    page.until(lambda: page.run(busy) == "false")


def test_keys_label_undo_skip_and_move(label_page: Page, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    assert label_page.text("status") == "Face 1 of 5."
    assert label_page.text("so-far") == "0 of 5"
    press(label_page, "1")
    assert label_page.text("status") == "Saved happy. Face 2 of 5."
    assert file.read_text() == f"id,label\n{IDS[0]},happy\n"
    press(label_page, "2")
    press(label_page, "0")
    assert label_page.text("so-far") == "3 of 5"
    assert file.read_text().splitlines()[2:] == [f"{IDS[1]},sad", f"{IDS[2]},unknown"]
    press(label_page, BACKSPACE)
    assert label_page.text("status") == "Took skipped back. Face 3 of 5."
    press(label_page, "u")
    assert file.read_text() == f"id,label\n{IDS[0]},happy\n"
    assert label_page.text("so-far") == "1 of 5"
    press(label_page, LEFT)
    assert label_page.text("status") == "Face 1 of 5: happy."
    pressed = "return document.querySelector('#words [aria-pressed=true]').dataset.word"
    assert label_page.run(pressed) == "happy"
    press(label_page, "2")
    assert file.read_text() == f"id,label\n{IDS[0]},sad\n"
    press(label_page, RIGHT)
    assert label_page.text("status") == "Face 3 of 5."
    label_page.press("7", "x", "8")
    assert file.read_text() == f"id,label\n{IDS[0]},sad\n"


def test_it_goes_on_where_it_stopped_and_says_when_all_are_done(
    label_page: Page, label_address: str, tmp_path: Path
) -> None:
    for key in "112":
        press(label_page, key)
    again = Page(label_page.browser, label_address)
    assert (again.text("status"), again.text("so-far")) == ("Face 4 of 5.", "3 of 5")
    press(again, "1")
    press(again, "2")
    done = f"All 5 faces are done; the labels are in {tmp_path / 'labels.csv'}."
    assert done in again.text("status")
    assert done in Page(label_page.browser, label_address).text("status")


def test_one_key_held_down_labels_one_face(label_page: Page, tmp_path: Path) -> None:
    label_page.run(
        """for (let at = 0; at < 4; at += 1) window.dispatchEvent(
            new KeyboardEvent('keydown', {key: '1', code: 'Digit1', repeat: at > 0}))"""
    )
    label_page.until(lambda: "Saved" in label_page.text("status"))
    assert label_page.text("so-far") == "1 of 5"
    # Where digits want Shift, the key counts; with Control it is the browser's.
    dispatch = "window.dispatchEvent(new KeyboardEvent('keydown', {key: '&', code: 'Digit1'}))"
    label_page.run(dispatch)
    label_page.until(lambda: label_page.text("so-far") == "2 of 5")
    label_page.run(dispatch.replace("'Digit1'", "'Digit1', ctrlKey: true"))
    label_page.run("document.getElementById('keys').click()")
    label_page.press("1")
    assert label_page.text("so-far") == "2 of 5"


def test_two_windows_do_not_overwrite_each_other(
    label_page: Page, label_address: str, tmp_path: Path
) -> None:
    browser, first = label_page.browser, label_page.browser.current_window_handle
    browser.switch_to.new_window("window")
    try:
        second = Page(browser, label_address)
        press(second, "1")
        browser.switch_to.window(first)
        press(label_page, "2")
        label_page.until(lambda: label_page.shown("error"))
        assert label_page.text("error") == "Another window says happy: look again."
        label_page.until(lambda: label_page.text("status") == "Face 1 of 5: happy.")
        assert (tmp_path / "labels.csv").read_text() == f"id,label\n{IDS[0]},happy\n"
        press(label_page, "2")
        assert not label_page.shown("error")
        assert (tmp_path / "labels.csv").read_text() == f"id,label\n{IDS[0]},sad\n"
    finally:
        browser.switch_to.window(next(one for one in browser.window_handles if one != first))
        browser.close()
        browser.switch_to.window(first)


def test_a_label_that_cannot_be_saved_is_told_and_the_face_stays(
    label_page: Page, tmp_path: Path
) -> None:
    press(label_page, "1")
    (tmp_path / "labels.csv").chmod(0o444)
    press(label_page, "2")
    assert "read-only; labels cannot be saved there" in label_page.text("error")
    label_page.until(lambda: label_page.text("status") == "Face 2 of 5.")
    assert label_page.text("so-far") == "1 of 5"
    (tmp_path / "labels.csv").chmod(0o644)
    press(label_page, "2")
    assert label_page.text("so-far") == "2 of 5"
    assert not label_page.shown("error")


def test_a_suggestion_is_hidden_until_asked_for(label_page: Page) -> None:
    assert not label_page.shown("suggestion")
    assert "sad" not in label_page.text("suggestion")
    label_page.element("suggested").click()
    label_page.until(lambda: label_page.shown("suggestion"))
    assert label_page.text("suggestion") == "A model says: sad."


def test_neighbors_in_time_stand_beside_a_face_of_a_track(label_page: Page) -> None:
    said = "return [...document.querySelectorAll('#moments li')].map((one) => one.textContent)"
    assert label_page.run(said) == ["now", "+0.5 s", "+1.0 s"]
    for _ in range(3):
        press(label_page, RIGHT)
    assert not label_page.shown("moments")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_it_can_be_read_and_reached_on_every_screen(
    label_page: Page, width: int, scheme: str
) -> None:
    label_page.window(width, scheme=scheme)
    assert label_page.run(BEYOND) == []
    weak = {
        text: round(contrast, 2)
        for text, color, behind in label_page.run(TEXTS)
        if (contrast := contrast_of(color, behind)) < 4.5
    }
    assert weak == {}
    nodes = label_page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    seen = [node for node in nodes if not node["ignored"]]
    named = [
        (node["role"]["value"], node["name"]["value"].strip())
        for node in seen
        if node["role"]["value"] in OPERATED
    ]
    assert all(name for _, name in named)
    assert {"1 happy", "2 sad", "U Undo"} <= {name for role, name in named if role == "button"}
    levels = [
        next(one["value"]["value"] for one in node["properties"] if one["name"] == "level")
        for node in seen
        if node["role"]["value"] == "heading"
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    label_page.tab_to("2sad")
    press(label_page, "\ue007")
    assert label_page.text("status") == "Saved sad. Face 2 of 5."


def test_without_faces_the_page_says_how_to_start(browser: Any, address: str) -> None:
    page = Page(browser, f"{address}/label")
    assert "asdcfer app --label PACK" in page.text("error")
    assert not page.shown("labeling")
