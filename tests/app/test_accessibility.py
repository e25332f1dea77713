"""The page by keyboard alone, for screen readers, for weak eyes and on narrow screens."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.chromium import NEEDS_CHROMIUM, Page

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow]

TAB, ENTER, SPACE, DOWN, RIGHT, END = "\ue004", "\ue007", " ", "\ue015", "\ue014", "\ue010"
OPERATED = {
    *("button", "checkbox", "combobox", "link", "slider", "spinbutton", "textbox"),
    *("progressbar", "ProgressIndicator", "PopUpButton"),
}
STATES = ("empty", "photo", "video")
# Texts that can be seen, each with its color and the colors behind it, from the nearest on.
TEXTS = """
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const parse = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\\d.]+/g).map(Number);
    return [red, green, blue, alpha];
};
while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim();
    const holder = walk.currentNode.parentElement;
    const seen = holder.checkVisibility({opacityProperty: true, visibilityProperty: true});
    if (!text || !seen) continue;
    if (holder.closest('.unseen, :disabled, template, script, option')) continue;
    const behind = [];
    for (let one = holder; one; one = one.parentElement)
        behind.push(parse(getComputedStyle(one).backgroundColor));
    found.push([text.slice(0, 60), parse(getComputedStyle(holder).color), behind]);
}
return found;
"""
# What can be seen and reaches over the right edge of the window, unless its holder scrolls.
BEYOND = """
return [...document.body.querySelectorAll('*')].filter((one) => {
    if (!one.checkVisibility() || one.closest('.unseen, .scrolled, .skip, pre')) return false;
    const {right, width, left} = one.getBoundingClientRect();
    return width && (right > innerWidth + 0.5 || left < -0.5);
}).map((one) => `${one.tagName} ${one.id} ${one.className}`);
"""


@pytest.fixture
def screen(page: Page) -> Iterator[Page]:
    yield page
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def bring(page: Page, files: Path, state: str) -> None:
    """Bring the page into a state, with everything summed up."""
    if state == "empty":
        return
    page.open(files / ("pair.jpg" if state == "photo" else "film.webm"))
    page.until(lambda: page.run("return document.querySelectorAll('.person').length") > 1, 60)
    if state == "video":
        page.until(lambda: page.run("return document.querySelector('#event-rows tr') !== null"))


@pytest.mark.parametrize("state", STATES)
def test_whatever_can_be_operated_has_a_name(page: Page, files: Path, state: str) -> None:
    bring(page, files, state)
    nodes = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", "").strip())
        for node in nodes
        if not node["ignored"] and node.get("role", {}).get("value") in OPERATED
    ]
    assert len(named) >= {"empty": 8, "photo": 15, "video": 30}[state]
    assert [one for one in named if not one[1]] == []
    names = [name for role, name in named if role == "button"]
    assert len(names) == len(set(names)), "two buttons of one name cannot be told apart"


@pytest.mark.parametrize("state", STATES)
def test_sections_have_names_and_headings_are_in_order(page: Page, files: Path, state: str) -> None:
    bring(page, files, state)
    nodes = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    seen = [node for node in nodes if not node["ignored"]]
    levels = [
        next(one["value"]["value"] for one in node["properties"] if one["name"] == "level")
        for node in seen
        if node["role"]["value"] == "heading"
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    regions = [node["name"]["value"] for node in seen if node["role"]["value"] == "region"]
    assert regions
    assert all(regions)
    assert {"Picture", "Results", "What this cannot tell"} <= set(regions)
    if state == "video":
        assert {"Persons", "Events", "Downloads", "List of events"} <= set(regions)


def test_what_happens_is_told_to_those_who_do_not_see_it(page: Page) -> None:
    roles = page.run(
        """return Object.fromEntries(
            ['status', 'told', 'event-count', 'error', 'people-error', 'event-error'].map(
                (id) => [id, document.getElementById(id).getAttribute('role')]))"""
    )
    assert roles == {
        **dict.fromkeys(("status", "told", "event-count"), "status"),
        **dict.fromkeys(("error", "people-error", "event-error"), "alert"),
    }


def luminance(color: list[float]) -> float:
    parts = [value / 255 for value in color]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def over(top: list[float], below: list[float]) -> list[float]:
    alpha = top[3]
    return [alpha * one + (1 - alpha) * other for one, other in zip(top, below, strict=False)][:3]


def contrast_of(color: list[float], behind: list[list[float]]) -> float:
    ground: list[float] = [255.0, 255.0, 255.0]
    for layer in reversed(behind):
        ground = over(layer, ground)
    low, high = sorted((luminance(over(color, ground)), luminance(ground)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_every_text_has_enough_contrast(screen: Page, files: Path, state: str, scheme: str) -> None:
    screen.window(1280, scheme=scheme)
    bring(screen, files, state)
    texts = screen.run(TEXTS)
    assert len(texts) > 15
    weak = {
        text: round(contrast, 2)
        for text, color, behind in texts
        if (contrast := contrast_of(color, behind)) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("width", [400, 700, 1280])
@pytest.mark.parametrize("state", STATES)
def test_nothing_is_wider_than_the_window(
    screen: Page, files: Path, state: str, width: int
) -> None:
    screen.window(width)
    bring(screen, files, state)
    # A name without a space, in letters that are wide.
    screen.run(
        """for (const field of document.querySelectorAll('.person .name')) {
            field.value = 'W'.repeat(99) + field.id.at(-1);
            field.dispatchEvent(new Event('change'));
        }"""
    )
    assert screen.run("return window.innerWidth") == width
    assert screen.run("return document.documentElement.scrollWidth") <= width
    assert screen.run(BEYOND) == []


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_summary_page_is_legible_at_every_width(
    screen: Page, files: Path, width: int, scheme: str
) -> None:
    bring(screen, files, "video")
    path = screen.downloaded("summary.html")
    screen.until(lambda: b"</html>" in path.read_bytes())
    screen.window(width, scheme=scheme)
    screen.browser.get(path.as_uri())
    screen.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert screen.run("return document.documentElement.scrollWidth") <= width
    assert screen.run(BEYOND.replace(".unseen", "svg, .plot .events")) == []
    texts = screen.run(TEXTS)
    assert len(texts) > 30
    assert {text for text, color, behind in texts if contrast_of(color, behind) < 4.5} == set()
    drawn = screen.run(
        """return [...document.querySelectorAll('.plot')].map((plot) => [
            plot.getAttribute('role'), plot.getAttribute('aria-label').includes('Events: '),
            plot.querySelectorAll('path').length, plot.querySelectorAll('.events span').length,
            plot.querySelector('svg').getBoundingClientRect().height])"""
    )
    assert len(drawn) == 3
    for role, told, lines, bars, height in drawn:
        assert (role, told, height) == ("img", True, 170)
        assert lines >= 1
        assert bars >= 1


def test_the_keyboard_alone_is_enough(page: Page, files: Path) -> None:
    value = "return document.getElementById(arguments[0]).value"
    video = "return document.getElementById('video')"
    page.press(TAB)
    assert page.focused() == "Skip to the results"
    page.tab_to("file")
    page.browser.switch_to.active_element.send_keys(str(files / "film.webm"))
    page.until(lambda: page.run("return document.querySelector('#event-rows tr') !== null"), 60)
    page.run("document.getElementById('file').focus()")
    page.tab_to("attention")
    page.press(SPACE)
    assert page.run("return document.getElementById('attention').checked")
    page.press(SPACE)
    page.tab_to("threshold")
    page.press(RIGHT)
    assert page.text("threshold-value") == "45 %"
    page.press("\ue012")
    page.tab_to("play")
    page.press(SPACE)
    page.until(lambda: page.run(f"{video}.currentTime") > 0.2)
    page.press(SPACE)
    page.until(lambda: page.run(f"{video}.paused"))
    page.tab_to("mute")
    page.press(ENTER)
    assert page.run(f"{video}.muted")
    page.tab_to("track")
    page.press(DOWN)
    assert page.run(value, "track") == "1"
    page.tab_to("timeline")
    page.press(END)
    page.until(lambda: abs(page.run(f"{video}.currentTime") - 2.9) < 0.01)
    timeline = page.element("timeline")
    page.until(lambda: timeline.get_attribute("aria-valuetext").startswith("2.9 s: face 1"))
    page.tab_to("name-0")
    page.press(*"Grace", TAB)  # Tab into a field selects what is in it
    page.until(lambda: page.text("told") == "This person is called Grace.")
    page.tab_to("face 2 is the same person as")
    page.press("G")  # a list of choices goes to the one that begins so
    page.until(lambda: page.text("told") == "Grace is now 2 faces.")
    assert page.focused() == "name-0", "the row that had the focus is gone"
    page.tab_to("Separate the faces of Grace")
    page.press(ENTER)
    page.until(lambda: page.text("told") == "The faces are separate persons again.")
    assert page.focused() == "name-0"
    page.tab_to("event-begin")
    page.press("\ue013")
    assert page.run(value, "event-begin") == "51"
    page.tab_to("event-table")
    page.press(TAB)
    page.until(lambda: page.focused().startswith("Go to 0.0 s: "))
    page.run("document.getElementById('event-begin').dispatchEvent(new Event('input'))")
    page.run("return new Promise((done) => setTimeout(done, 600))")
    assert page.focused().startswith("Go to 0.0 s: "), "a list drawn again keeps the focus"
    page.press(ENTER)
    page.until(lambda: page.run(f"{video}.currentTime") < 0.1)
    page.tab_to("Scores (CSV)")
    page.press(ENTER)
    page.until(lambda: page.text("told") == "film-scores.csv is downloaded.")
    page.tab_to("HTTP interface")


@pytest.mark.parametrize("state", ["photo", "video"])
def test_the_focus_can_always_be_seen_and_goes_from_top_to_bottom(
    page: Page, files: Path, state: str
) -> None:
    bring(page, files, state)
    page.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    visited: list[str] = []
    tops: list[float] = []
    for _ in range(80):
        page.press(TAB)
        if not (focused := page.focused()):
            break
        shown: dict[str, Any] = page.run(
            """const one = document.activeElement;
            const ring = one.id === 'file' ? one.closest('.button') : one;
            const {top, width, height} = ring.getBoundingClientRect();
            return {outline: getComputedStyle(ring).outlineStyle, top: top + scrollY,
                    size: Math.min(width, height)}"""
        )
        assert shown["outline"] != "none", focused
        assert shown["size"] > 10, focused
        visited.append(focused)
        tops.append(shown["top"])
        if focused == "HTTP interface":
            break
    order = ["Skip to the results", "file", "camera", "attention", "threshold", "max-yaw"]
    assert visited[: len(order)] == order
    assert visited[-1] == "HTTP interface"
    assert visited.index("threshold") < visited.index("name-0") < visited.index("Scores (CSV)")
    assert tops[-1] == max(tops)
