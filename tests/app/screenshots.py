"""Retake the pictures in docs/images with a model's own answers: python -m tests.app.screenshots
[--model default] [--out docs/images].

Needs Chromium, its driver, selenium and scikit-image; run it from the root of the checkout, look at
the pictures, then commit them.
"""

import argparse
import base64
import io
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.app import faces
from tests.app.standin import encoded

FOLDER = Path(__file__).resolve().parents[2] / "docs/images"
MOST_BYTES = 240_000
LONGEST = 300
"""Seconds to wait for an answer."""
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic"
)


def save(path: Path, png: bytes) -> None:
    """Write a picture as JPEG with full color, as finely as `MOST_BYTES` allows."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in range(90, 40, -5):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, subsampling=0, optimize=True)
        if file.tell() < MOST_BYTES:
            break
    path.write_bytes(file.getvalue())
    print(
        f"{path.name}: {image.width} x {image.height}, {file.tell() // 1000} kB at quality "
        f"{quality}"
    )


def take(browser: Any, address: str, files: Path, out: Path) -> None:
    """Open each state of the page and keep it."""

    def window(width: int, height: int) -> None:
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        browser.get(address)
        time.sleep(1)

    def shown(name: str, highest: int = 5000) -> None:
        size = browser.execute_script("return [innerWidth, document.documentElement.scrollHeight]")
        size[1] = min(size[1], highest)
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        save(
            out / name,
            base64.b64decode(
                browser.execute_cdp_cmd(
                    "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip}
                )["data"]
            ),
        )

    def opened(name: str) -> None:
        """Open a file and wait for its answer, however busy the machine is."""
        browser.find_element("id", "file").send_keys(str(files / name))
        done = time.monotonic() + LONGEST
        while "face" not in browser.find_element("id", "status").text:
            if time.monotonic() > done:
                raise SystemExit(
                    f"{name}: no answer within {LONGEST} s; the page says: "
                    f"{browser.find_element('id', 'status').text}"
                )
            time.sleep(0.2)
        time.sleep(1)

    def named() -> None:
        """Name the persons of the film, join the two faces of one, and stop at a moment."""
        ready("document.querySelectorAll('#event-rows tr').length")
        for face, name in ((0, "Grace"), (1, "Eileen"), (2, "Grace")):
            browser.execute_script(
                "const field = document.getElementById(`name-${arguments[0]}`); "
                "field.value = arguments[1]; field.dispatchEvent(new Event('change'))",
                face,
                name,
            )
        browser.execute_script("document.getElementById('video').currentTime = 0.7")
        ready("document.querySelectorAll('.person').length === 2")
        ready("[...document.querySelectorAll('.portrait')].every((one) => one.dataset.drawn)")
        time.sleep(1)

    def ready(script: str) -> None:
        done = time.monotonic() + LONGEST
        while not browser.execute_script(f"return {script}"):
            if time.monotonic() > done:
                raise SystemExit(f"not within {LONGEST} s: {script}")
            time.sleep(0.2)

    window(1280, 800)
    opened("two faces.jpg")
    shown("app-photo.jpg")
    browser.find_element("id", "attention").click()
    opened("astronaut.jpg")
    shown("app-attention.jpg")
    browser.find_element("id", "attention").click()
    opened("film.webm")
    named()
    shown("app-video.jpg")
    window(400, 850)
    opened("film.webm")
    named()
    shown("app-narrow.jpg", 1500)


def labeled_faces(folder: Path) -> Any:
    """Return two photographed faces, as moments of two tracks, to label."""
    from asdcfer.app.labeling import LabelingSettings, open_labeling
    from asdcfer.data.pack_writing import PackItem, write_pack
    from asdcfer.expressions import EXPRESSIONS

    items = []
    for track, (left, top, size, picture) in enumerate(
        [(150, 40, 160, faces.astronaut()), (150, 30, 260, faces.hopper())]
    ):
        for moment in range(5):
            shift = 4 * moment
            cut = picture[top : top + size, left + shift - 8 : left + shift - 8 + size]
            face = np.asarray(Image.fromarray(cut).resize((160, 160)))
            items.append(PackItem(face, f"visit.mp4#{track}@{12 + 0.5 * moment:g}"))
    pack = write_pack(folder / "pack", items, expressions=EXPRESSIONS, source={"name": "visit"})
    return open_labeling(LabelingSettings(pack, folder / "labels.csv"))


def take_labeling(browser: Any, address: str, out: Path) -> None:
    """Label two faces by the keys, and keep the page."""
    from selenium.webdriver import ActionChains

    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 1140, "height": 760, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(f"{address}/label")
    for key in ("4", "4", "\ue012"):
        time.sleep(3)
        ActionChains(browser).send_keys(key).perform()
    time.sleep(3)
    browser.execute_script("document.getElementById('label-file').textContent = 'labels.csv'")
    save(out / "app-label.jpg", browser.get_screenshot_as_png())


def main() -> None:
    """Serve the model, take the pictures, stop."""
    import uvicorn
    from selenium import webdriver

    from asdcfer.app.server import make_app
    from asdcfer.predict.recognizer import Recognizer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default", help="name in the package, or a file")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the pictures")
    options = parser.parse_args()
    model, out = options.model, options.out
    out.mkdir(parents=True, exist_ok=True)
    held = socket.create_server(("127.0.0.1", 0))
    labeling = labeled_faces(Path(tempfile.mkdtemp()))
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(Recognizer(model), model=Path(model).stem, labeling=labeling),
            log_level="error",
            ws="none",
            loop="asyncio",
        )
    )
    threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        files = Path(folder)
        (files / "two faces.jpg").write_bytes(encoded(faces.pair(), "JPEG", quality=92))
        (files / "astronaut.jpg").write_bytes(encoded(faces.astronaut(), "JPEG", quality=92))
        faces.film(files / "film.webm", seconds=6)
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*FLAGS.split(), "--hide-scrollbars", f"--user-data-dir={files / 'profile'}"):
            options.add_argument(flag)
        browser = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            address = f"http://127.0.0.1:{held.getsockname()[1]}"
            take(browser, address, files, out)
            take_labeling(browser, address, out)
        finally:
            browser.quit()
            server.should_exit = True


if __name__ == "__main__":
    main()
