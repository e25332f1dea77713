"""The built page, served on this machine, and Chromium that looks at it."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.sample import sample_pack
from asdcfer.errors import AsdcferError
from asdcfer.files import atomic_write
from tests.app import faces
from tests.app.chromium import NEEDS_CHROMIUM, Page, complaints_of, start_chromium

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tarball() -> Path:
    """onnxruntime-web, fetched once into build/; a test is skipped where that cannot be done."""
    from browser.onnxruntime_web import tarball

    try:
        return tarball(ROOT / "build")
    except AsdcferError as error:
        pytest.skip(f"the page cannot be built: {error}")


@pytest.fixture(scope="session")
def site(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as `make browser` builds it."""
    pytest.importorskip("onnxscript", reason="the extra [onnx] is not installed")
    from browser.build import build

    folder = tmp_path_factory.mktemp("site") / "browser"
    build(folder, given=tarball)
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos as PNG, so that both sides decode the same pixels."""
    pytest.importorskip("skimage", reason="scikit-image is not installed")
    folder = tmp_path_factory.mktemp("photos")
    pictures = {
        "astronaut": faces.astronaut(),
        "pair": faces.pair(),
        "lying": np.rot90(faces.astronaut()),
        "close": np.asarray(Image.fromarray(faces.astronaut()[:260, 120:330]).resize((1300, 1600))),
        "dark": faces.pair() // 10,
        "nobody": np.full((300, 400, 3), 140, np.uint8),
    }
    pack, wall = sample_pack(), Image.new("RGB", (1000, 800), (120, 120, 120))
    for place, row in enumerate(pack.rows("private")[:40:2]):
        face = Image.fromarray(np.asarray(pack.images[row])).resize((140, 140))
        turned = face.rotate(8 * (place % 5 - 2), fillcolor=120)
        wall.paste(turned, (place % 5 * 200 + 30, place // 5 * 200 + 30))
    pictures["wall"] = np.asarray(wall)
    for name, pixels in pictures.items():
        Image.fromarray(np.ascontiguousarray(pixels)).save(folder / f"{name}.png")
    frame = Image.fromarray(faces.astronaut())
    with atomic_write(folder / "camera.mjpeg") as temporary, open(temporary, "wb") as film:
        for _ in range(10):
            frame.save(film, "JPEG")
    (folder / "text.png").write_text("not a picture")
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The folder behind a plain server of files."""
    handler = functools.partial(_Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium with the astronaut as its camera."""
    pytest.importorskip("selenium", reason="selenium is not installed")
    if NEEDS_CHROMIUM.args[0]:
        pytest.skip(NEEDS_CHROMIUM.kwargs["reason"])
    driver = start_chromium(tmp_path_factory.mktemp("chromium"), photos / "camera.mjpeg")
    driver.set_script_timeout(120)
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Page]:
    """The page, ready; afterwards nothing was asked elsewhere, and its own policy refused nothing.

    Its files are asked of this machine; a name server or a proxy is not there to be asked.
    """
    for kind in ("performance", "browser"):
        browser.get_log(kind)
    yield Page(browser, f"{address}/index.html")
    sent = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        message["params"]["request"]["url"]
        for message in sent
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert len(asked) > 10
    elsewhere = [
        url
        for url in asked
        if urlsplit(url).scheme not in ("blob", "data") and not url.startswith(f"{address}/")
    ]
    assert elsewhere == []
    assert complaints_of(browser) == []
