"""Headless Chromium: where it is, how it is started, and the page as a person uses it."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
DRIVER = shutil.which("chromedriver")
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
    return driver


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
