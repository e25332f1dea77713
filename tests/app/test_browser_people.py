"""Persons, events, downloads and sound of the page in headless Chromium: what it gives is what the
commands find.
"""

import csv
import json
from pathlib import Path

import pytest

from asdcfer import api
from asdcfer.api.summary import event_row
from asdcfer.summary.events import EventOptions
from tests.app.chromium import NEEDS_CHROMIUM, Page

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow]


@pytest.fixture
def film(page: Page, files: Path) -> Page:
    """The page with the film read and summed up."""
    page.open(files / "film.webm")
    page.until(lambda: "frames, " in page.text("status"), 60)
    page.until(lambda: people(page) and all(one["shares"] for one in people(page)))
    return page


def people(page: Page) -> list[dict[str, str]]:
    return page.run(
        """return [...document.querySelectorAll('.person')].map((row) => ({
            name: row.querySelector('.name').value, facts: row.querySelector('.facts').textContent,
            shares: row.querySelector('.shares').textContent}))"""
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def events(page: Page) -> list[list[str]]:
    return page.run(
        """return [...document.querySelectorAll('#event-rows tr')].map(
            (row) => [...row.cells].map((cell) => cell.textContent))"""
    )


def rename(page: Page, row: int, name: str) -> None:
    field = page.browser.find_elements("css selector", ".person .name")[row]
    field.send_keys("\ue009a\ue000" + (name or "\ue017") + "\ue007")  # all of it, then Enter


def merge(page: Page, row: int, other: str) -> None:
    from selenium.webdriver.support.select import Select

    Select(page.browser.find_elements("css selector", ".person .same")[row]).select_by_visible_text(
        other
    )


def test_persons_are_named_joined_and_taken_apart(film: Page) -> None:
    assert [one["name"] for one in people(film)] == ["face 0", "face 1", "face 2"]
    rename(film, 0, "  Grace ")
    film.until(lambda: people(film)[0]["name"] == "Grace")
    assert film.text("told") == "This person is called Grace."
    assert "Grace" in film.text("faces"), "the cards carry the name"
    # Both are in the first frame: they cannot be one.
    merge(film, 0, "face 1")
    film.until(lambda: film.shown("people-error"))
    assert film.text("people-error").startswith("Grace and face 1 are seen together in 10 frames")
    assert len(people(film)) == 3
    # The one who comes back is the one who left.
    merge(film, 2, "Grace")
    film.until(lambda: len(people(film)) == 2)
    assert not film.shown("people-error")
    assert film.text("told") == "Grace is now 2 faces."
    film.until(lambda: people(film)[0]["facts"].startswith("faces 0, 2; 2.0 s usable"))
    assert film.run("return [...document.getElementById('track').options].map((o) => o.text)") == [
        "Grace",
        "face 1",
    ]
    film.browser.find_element("css selector", ".person .separate").click()
    film.until(lambda: [one["name"] for one in people(film)] == ["Grace", "face 1", "face 2"])
    # A name that another one has joins as well; an empty one is taken back.
    rename(film, 2, "Grace")
    film.until(lambda: len(people(film)) == 2)
    rename(film, 1, "")
    film.until(lambda: people(film)[1]["name"] == "face 1")
    rename(film, 1, "face 7")
    film.until(lambda: film.shown("people-error"))
    assert people(film)[1]["name"] == "face 1"


def test_each_person_has_a_portrait_out_of_the_video(film: Page) -> None:
    drawn = film.until(
        lambda: film.run(
            """const all = [...document.querySelectorAll('.portrait')];
            return all.every((one) => one.dataset.drawn) && all.map((one) => {
                const data = one.getContext('2d').getImageData(0, 0, 112, 112).data;
                return new Set(data).size;
            })"""
        )
    )
    assert len(drawn) == 3
    assert min(drawn) > 50, "a picture and not one color"


def test_page_and_summarize_agree(film: Page, tmp_path: Path) -> None:
    rename(film, 0, "Grace")
    film.until(lambda: people(film)[0]["name"] == "Grace")
    merge(film, 2, "Grace")
    film.until(lambda: len(people(film)) == 2)
    film.run(
        """for (const [id, value] of [['event-begin', 30], ['event-end', 20], ['event-gap', 0.2]]) {
            const field = document.getElementById(id);
            field.value = value;
            field.dispatchEvent(new Event('input'));
        }"""
    )
    film.until(lambda: film.text("told").startswith("Grace") and events(film))
    given = {
        name: film.downloaded(name)
        for name in ("scores.csv", "names.csv", "people.csv", "events.csv")
    }
    assert given["names.csv"].name == "film-names.csv"
    options = EventOptions(begin=0.3, end=0.2, gap=0.2)
    outputs = api.SummaryOutputs(tmp_path / "people.csv", tmp_path / "events.csv")
    found = api.summarize(given["scores.csv"], outputs, names=given["names.csv"], options=options)
    assert (tmp_path / "people.csv").read_bytes() == given["people.csv"].read_bytes()
    assert (tmp_path / "events.csv").read_bytes() == given["events.csv"].read_bytes()
    assert {row["person"] for row in rows_of(given["events.csv"])} == {
        "Grace",
        "face 1",
    }
    shown = [(row[0], row[2], row[3]) for row in events(film)]
    told = sorted(map(event_row, found.events), key=lambda row: row["start"])
    assert shown == [(f"{row['start']:.1f} s", row["person"], row["expression"]) for row in told]


def test_elan_and_the_summary_page_can_be_downloaded(film: Page) -> None:
    from pympi.Elan import Eaf

    rename(film, 0, "Grace <b>")
    film.until(lambda: people(film)[0]["name"] == "Grace <b>")
    tiers = set(Eaf(film.downloaded("events.eaf")).get_tier_names())
    assert tiers <= {"Grace <b>", "face 1", "face 2"}
    text = film.downloaded("summary.html").read_text()
    assert "Grace &lt;b&gt;" in text
    assert "Expressions: film.webm" in text


def test_events_lead_to_their_place(film: Page) -> None:
    last = film.browser.find_elements("css selector", "#event-rows .seek")[-1]
    start = float(last.text.split()[0])
    last.click()
    film.until(
        lambda: abs(film.run("return document.getElementById('video').currentTime") - start) < 0.06
    )
    track = film.element("track")
    chosen = film.run("return arguments[0].selectedOptions[0].text", track)
    assert chosen == events(film)[-1][2]


def test_options_that_make_no_sense_are_told_beside_them(film: Page) -> None:
    film.run(
        """const field = document.getElementById('event-begin');
        field.value = 10;
        field.dispatchEvent(new Event('input'))"""
    )
    film.until(lambda: film.shown("event-error"))
    assert "an event must end under the score at which it begins" in film.text("event-error")
    assert film.element("event-begin").get_attribute("aria-invalid") == "true"
    film.run(
        """const field = document.getElementById('event-begin');
        field.value = 60;
        field.dispatchEvent(new Event('input'))"""
    )
    film.until(lambda: not film.shown("event-error"))
    assert film.element("event-begin").get_attribute("aria-invalid") == "false"


def test_limits_of_faces_change_cards_sums_and_tables(film: Page) -> None:
    assert film.text("min-sharpness-value") == "0.20", "as in predict"
    assert film.text("max-yaw-value") == "off"
    film.run(
        """const slider = document.getElementById('min-sharpness');
        slider.value = 0.6;
        slider.dispatchEvent(new Event('input'))"""
    )
    assert film.text("min-sharpness-value") == "0.60"
    assert "too blurred to be sure" in film.text("faces")
    film.until(lambda: "blurred frames" in people(film)[0]["facts"])
    film.until(lambda: events(film) == [])
    assert film.text("event-count") == "No events."
    statuses = {row["status"] for row in rows_of(film.downloaded("scores.csv"))}
    assert statuses == {"blurred"}


def test_the_video_has_its_sound_and_can_be_muted(film: Page) -> None:
    assert film.run("return document.getElementById('video').muted") is False
    film.element("play").click()
    film.until(
        lambda: film.run("return document.getElementById('video').webkitAudioDecodedByteCount") > 0
    )
    film.element("mute").click()
    assert film.run("return document.getElementById('video').muted") is True
    assert film.element("mute").get_attribute("aria-pressed") == "true"
    film.run(
        """const slider = document.getElementById('volume');
        slider.value = 25;
        slider.dispatchEvent(new Event('input'))"""
    )
    assert film.run("const v = document.getElementById('video'); return [v.muted, v.volume]") == [
        False,
        0.25,
    ]
    assert film.element("mute").get_attribute("aria-pressed") == "false"


def test_a_click_in_the_timeline_moves_the_video(film: Page) -> None:
    from selenium.webdriver import ActionChains

    timeline = film.element("timeline")
    duration = float(timeline.get_attribute("aria-valuemax"))
    # The middle of the plot lies half of the left edge minus half of the right one off the middle.
    ActionChains(film.browser).move_to_element_with_offset(timeline, 40, 0).click().perform()
    film.until(
        lambda: (
            abs(film.run("return document.getElementById('video').currentTime") - duration / 2)
            < 0.05
        )
    )
    away = "1.5 s: face 0 not in the picture"
    film.until(lambda: timeline.get_attribute("aria-valuetext") == away)
    film.run("const v = document.getElementById('video'); v.currentTime = 0.5")
    film.until(lambda: "in an event of angry" in timeline.get_attribute("aria-valuetext"))


def test_a_photo_has_names_and_no_events(page: Page, files: Path) -> None:
    page.open(files / "pair.jpg")
    page.until(lambda: len(people(page)) == 2)
    assert not page.shown("events-panel")
    assert not page.button("events.csv").is_displayed()
    assert not page.browser.find_element("css selector", ".person .same").is_displayed()
    rename(page, 1, "Eileen")
    page.until(lambda: "Eileen" in page.text("faces"))
    rows = rows_of(page.downloaded("names.csv"))
    assert [(row["file"], row["face"], row["person"]) for row in rows] == [
        ("pair.jpg", "0", "face 0"),
        ("pair.jpg", "1", "Eileen"),
    ]
    rename(page, 0, "Eileen")
    page.until(lambda: page.shown("people-error"))
    assert "seen together in one frame" in page.text("people-error")


def test_crowds_and_what_is_not_known_yet_are_told(page: Page) -> None:
    told = page.browser.execute_async_script(
        """const done = arguments[0];
        Promise.all(['state', 'view', 'events_panel'].map((name) => import(`/static/${name}.js`)))
            .then(([{state, people}, {showSummary}, {showEvents}]) => {
                const box = {x: 0, y: 0, width: 9, height: 9};
                const faces = [...Array(203).keys()].map((id) => ({id, box, scores: {}}));
                const record = {time: 0, width: 90, height: 90, frame: 0, faces};
                people.see(record);
                Object.assign(state.open, {kind: 'video', records: [record], reading: true});
                showSummary();
                const count = document.getElementById('event-count');
                const before = count.textContent;
                showEvents([], () => {});
                done([document.querySelectorAll('.person').length,
                      document.getElementById('people-more').hidden, before, count.textContent]);
            })"""
    )
    assert told == [200, False, "Events are found when the video has been read.", "No events."]


def test_names_are_text_and_never_markup(film: Page) -> None:
    rename(film, 0, "<img src=x onerror=alert(1)>")
    film.until(lambda: "<img src=x" in film.text("faces"))
    assert film.browser.find_elements("css selector", "img[src=x]") == []
    sent = film.run(
        """return fetch('/summarize', {method: 'POST', body: '{}'}).then((r) => r.json())"""
    )
    assert json.dumps(sent).startswith('{"code": "invalid"')
