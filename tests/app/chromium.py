"""Headless Chromium: where it is, how it is started, and the page as a person uses it."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
DRIVER = shutil.which("chromedriver")
NEEDS_CHROMIUM = pytest.mark.skipif(
    not (CHROMIUM and DRIVER),
    reason="needs Chromium and its driver (Debian: apt-get install chromium chromium-driver)",
)
_FLAGS = (
    *(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
    ),
    *(
        "--disable-sync",
        "--disable-quic",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-dev-shm-usage",
    ),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)


def start_chromium(home: Path, camera: Path) -> Any:
    """Start it with a profile and downloads in `home`, and a film (MJPEG) as its camera."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (
        *_FLAGS,
        f"--user-data-dir={home / 'profile'}",
        f"--use-file-for-fake-video-capture={camera}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    options.add_experimental_option(
        "prefs",
        {
            "download.default_directory": str(home / "downloads"),
            "download.prompt_for_download": False,
        },
    )
    driver = webdriver.Chrome(
        options, webdriver.ChromeService(DRIVER, env={**os.environ, "HOME": str(home)})
    )
    driver.downloads = home / "downloads"
    driver.set_window_size(1280, 1000)
    driver.get("about:blank")  # Chromium's own first page asks for pictures of its own
    return driver


def complaints_of(browser: Any) -> list[str]:
    """What the page's own policy refused since the last call, and errors that nothing caught."""
    return [
        entry["message"]
        for entry in browser.get_log("browser")
        if "Content Security Policy" in entry["message"] or "Uncaught" in entry["message"]
    ]


class Page:
    """The page as a person uses it."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser = browser
        browser.get(address)
        self.until(lambda: self.run("return document.body.dataset.ready === 'true'"))

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def until(self, true: Callable[[], Any], seconds: float = 30) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := true():
                return value
            time.sleep(0.05)
        raise AssertionError(
            f"not within {seconds} s; status {self.text('status')!r}, error {self.text('error')!r}"
        )

    def element(self, name: str) -> Any:
        return self.browser.find_element("id", name)

    def text(self, name: str) -> str:
        return self.run("return document.getElementById(arguments[0]).textContent.trim()", name)

    def shown(self, name: str) -> bool:
        return self.element(name).is_displayed()

    def open(self, path: Path) -> None:
        self.element("file").send_keys(str(path))

    def cards(self) -> list[dict[str, Any]]:
        return self.run(
            """return [...document.querySelectorAll('#faces .face')].map((card) => ({
                answer: card.querySelector('.answer').textContent,
                scores: [...card.querySelectorAll('tr')].map(
                    (row) => [row.dataset.expression, row.querySelector('.value').textContent]),
            }))"""
        )

    def drawn(self) -> int:
        """How many pixels of the overlay are painted."""
        return self.run(
            """const canvas = document.getElementById('overlay');
            const context = canvas.getContext('2d');
            const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
            return data.filter((value, index) => index % 4 === 3 && value > 0).length"""
        )

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        from selenium.webdriver import ActionChains

        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def focused(self) -> str:
        """What has the focus: its id, else its name for screen readers or its text."""
        return self.run(
            """const one = document.activeElement;
            return one === document.body ? '' :
                one.id || one.getAttribute('aria-label') || one.textContent.trim()"""
        )

    def tab_to(self, name: str, most: int = 60) -> None:
        """Press Tab until something of that id, name or text has the focus."""
        for _ in range(most):
            if self.focused() == name:
                return
            self.press("\ue004")
        raise AssertionError(f"Tab does not lead to {name!r}")

    def button(self, file: str) -> Any:
        """The button that downloads a file."""
        return self.browser.find_element("css selector", f'#downloads [data-file="{file}"]')

    def downloaded(self, file: str) -> Path:
        """Press the button of a file and return it; an old one of the name is removed before.

        By the keyboard: a list that is drawn anew above it moves it away from a mouse.
        """
        for old in self.browser.downloads.glob(f"*-{file}"):
            old.unlink()
        self.button(file).send_keys("\ue007")
        return self.until(lambda: next(iter(self.browser.downloads.glob(f"*-{file}")), None))

    def window(self, width: int, height: int = 900, scheme: str = "light") -> None:
        """Emulate a screen; Chromium's own window stops at 500 pixels."""
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        self.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
