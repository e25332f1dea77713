"""Ask the web page's server a thousand things at once, good and bad, and look at what is left.

    python benchmarks/app_load.py --out docs/results
    python benchmarks/app_load.py --requests 100 --at-once 8

`asdcfer app` is started as a user does, with a temporary folder of its own. Requests of every kind
come in a drawn order, `--at-once` at a time, each over a connection of its own. A good one is
answered right when its answer is that of the same request alone, and a bad one when it has the
status that it is due. Memory, open files and the temporary folder are looked at after the first
fifth and at the end. With --out the numbers go into app_load.json there, and the page is drawn
anew.
"""

import argparse
import contextlib
import http.client
import io
import json
import os
import platform
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

PHOTOS = (
    ("skimage", "data/astronaut.png"),
    ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
)
"""Photos in the public domain that other packages carry."""


@dataclass(frozen=True)
class Ask:
    """A request, and the status that it is due."""

    kind: str
    path: str
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether it is to be answered with faces or facts."""
        return self.status == 200


def photo(number: int, side: int = 256) -> bytes:
    """Return a JPEG of a face, so many pixels wide, each a little different from the others."""
    package, name = PHOTOS[number % len(PHOTOS)]
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    with Image.open(Path(spec.origin).parent / name) as image:
        small = image.convert("RGB").resize((side, side + 4 * (number % 6)))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=90)
    return file.getvalue()


def film() -> bytes:
    """Return an MP4 of five frames of a face."""
    picture = np.asarray(Image.open(io.BytesIO(photo(0))).resize((192, 192)))
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 192
        stream.pix_fmt = "yuv420p"
        for shift in range(5):
            frame = av.VideoFrame.from_ndarray(np.roll(picture, 2 * shift, 1), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def kinds(side: int = 256) -> list[tuple[int, list[Ask]]]:
    """Return the kinds of requests with their weights; photos are so many pixels wide."""
    good = photo(0, side)
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../../x.jpg"\r\n\r\n'
        + good
        + b"\r\n--b--\r\n"
    )
    huge = bytearray(io_png())
    huge[16:24] = (60_000).to_bytes(4, "big") * 2
    huge[29:33] = zlib.crc32(huge[12:29]).to_bytes(4, "big")
    as_form = {"content-type": "multipart/form-data; boundary=b"}
    return [
        (40, [Ask("photo", "/recognize", photo(number, side)) for number in range(12)]),
        (6, [Ask("photo in a form", "/recognize", form, 200, as_form)]),
        (4, [Ask("video", "/recognize/video", film())]),
        (6, [Ask("health", "/health")]),
        (4, [Ask("text", "/recognize", b"this is no picture\n" * 50, 422)]),
        (4, [Ask("empty", "/recognize?", b"", 422)]),
        (6, [Ask("half a photo", "/recognize", good[: len(good) // 3], 422)]),
        (5, [Ask("60,000 x 60,000 pixels", "/recognize", bytes(huge), 413)]),
        (4, [Ask("too large", "/recognize", bytes(3_000_000), 413)]),
        (4, [Ask("a video as a photo", "/recognize", film(), 415)]),
        (4, [Ask("text as a video", "/recognize/video", b"no video" * 300, 422)]),
        (4, [Ask("half a form", "/recognize", form[:50], 400, as_form)]),
        (3, [Ask("another host", "/recognize", good, 403, {"host": "evil.example"})]),
        (3, [Ask("another page", "/recognize", good, 403, {"origin": "http://evil.example"})]),
        (3, [Ask("no such file", "/static/..%2f..%2fserver.py", b"", 404)]),
    ]


def io_png() -> bytes:
    """Return a small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


def drawn(count: int, seed: int = 0, side: int = 256) -> list[Ask]:
    """Return so many requests in a drawn order; photos are so many pixels wide."""
    draw, every = random.Random(seed), kinds(side)
    weights = [weight for weight, _ in every]
    return [draw.choice(asks) for _, asks in draw.choices(every, weights, k=count)]


class Server:
    """`asdcfer app` on a free port, in a process of its own.

    Args:
        folder: its temporary folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "asdcfer", "app", "--port", "0", "--max-upload-mb", "2"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if found is None:
            raise SystemExit(f"the server did not start: {line}")
        self.port = int(found.group(1))
        # What it says would fill its pipe and stop it.
        self.said: list[str] = []
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(self.process.stderr)

    def ask(self, ask: Ask) -> tuple[int, Any, float]:
        """Return status, answer without its time, and seconds."""
        began = time.monotonic()
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            method = "GET" if not ask.body and "?" not in ask.path else "POST"
            # One that is refused from its announced size is still being sent then.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                wire.request(method, ask.path, ask.body or None, ask.headers)
            answer = wire.getresponse()
            return answer.status, plain(answer.read()), time.monotonic() - began
        except (OSError, http.client.HTTPException) as error:
            return 0, repr(error), time.monotonic() - began
        finally:
            wire.close()

    def look(self) -> dict[str, int]:
        """Return its memory in megabytes, its open files, and what its temporary folder holds."""
        place = Path(f"/proc/{self.process.pid}")
        status = (place / "status").read_text()
        memory = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert memory is not None
        return {
            "memory_mb": int(memory.group(1)) // 1024,
            "open_files": len(list((place / "fd").iterdir())),
            "threads": len(list((place / "task").iterdir())),
            # Its own folder for uploads is there as long as it runs.
            "left_in_tmp": sum(path.is_file() for path in self.folder.rglob("*")),
        }

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        self.process.kill()
        self.process.wait()
        self.listener.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


def plain(body: bytes) -> Any:
    """Return an answer without what differs from time to time."""

    def without_time(value: Any) -> Any:
        return {k: v for k, v in value.items() if k != "seconds"} if type(value) is dict else value

    try:
        return [without_time(json.loads(line)) for line in body.splitlines() if line.strip()]
    except ValueError:
        return body


@contextlib.contextmanager
def served() -> Iterator[Server]:
    """Give a server; its temporary folder is empty when it has ended."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            yield server
        finally:
            server.stop()


def wrong(ask: Ask, status: int, answer: Any, due: Any) -> str:
    """Return what is wrong with an answer, "" where nothing is."""
    if status != ask.status:
        return f"{ask.kind}: status {status} where {ask.status} is due ({str(answer)[:200]})"
    if ask.good and answer != due:
        return f"{ask.kind}: another answer than alone"
    return ""


def load(server: Server, asks: list[Ask], at_once: int, looks: int = 5) -> dict[str, Any]:
    """Send requests, and return what came of them.

    Args:
        server: is asked.
        asks: in their order.
        at_once: connections.
        looks: how many parts the requests are sent in, with a look at the server after each.
    """
    alone = {ask.body: server.ask(ask)[1] for ask in asks if ask.good}
    faults: list[str] = []
    seconds: dict[str, list[float]] = {}
    seen, began = [server.look()], time.monotonic()
    rates = []
    for part in np.array_split(np.arange(len(asks)), looks):
        started = time.monotonic()
        with ThreadPoolExecutor(at_once) as pool:
            chosen = [asks[i] for i in part]
            for ask, (status, answer, took) in zip(
                chosen, pool.map(server.ask, chosen), strict=True
            ):
                seconds.setdefault(ask.kind, []).append(took)
                if fault := wrong(ask, status, answer, alone.get(ask.body)):
                    faults.append(fault)
        rates.append(round(len(part) / (time.monotonic() - started), 1))
        time.sleep(0.5)  # closed connections and deleted files are counted when they are
        seen.append(server.look())
    photos = seconds.get("photo", [0.0])
    return {
        "requests": len(asks),
        "at_once": at_once,
        "good": sum(ask.good for ask in asks),
        "bad": sum(not ask.good for ask in asks),
        "kinds": dict(Counter(f"{ask.kind} ({ask.status})" for ask in asks).most_common()),
        "wrong": faults[:20],
        "wrong_count": len(faults),
        "photo_seconds": {f"p{p}": round(float(np.percentile(photos, p)), 3) for p in (50, 95, 99)},
        "seconds": round(time.monotonic() - began, 1),
        "requests_per_second": rates,
        "looks": seen,
        "said": [line.strip() for line in server.said][:5],
    }


def page(found: dict[str, Any]) -> str:
    """Return the page of results."""
    first, last = found["looks"][1], found["looks"][-1]
    took = found["photo_seconds"]
    rows = "\n".join(f"| {kind} | {count:,} |" for kind, count in found["kinds"].items())
    right = found["requests"] - found["wrong_count"]
    busy = "; busy with other work, so that times say little" if found["load_before"] > 1 else ""
    return f"""# The server under load

Generated by `python benchmarks/app_load.py --out docs/results`; its head tells the protocol.

{found["requests"]:,} requests to `asdcfer app`, {found["good"]:,} good and {found["bad"]:,} bad
ones in a drawn order, {found["at_once"]} at once, each over a connection of its own:
**{right:,} were answered as they are due** (a good one as when it comes alone, a bad one by its
refusal), {found["wrong_count"]} were not.

| | after a fifth | at the end |
|---|---:|---:|
| memory, MB | {first["memory_mb"]} | {last["memory_mb"]} |
| open files | {first["open_files"]} | {last["open_files"]} |
| files left in the temporary folder | {first["left_in_tmp"]} | {last["left_in_tmp"]} |

A photo of 256 x 256 pixels was answered within {took["p50"]:.2f} s (half of them),
**{took["p95"]:.2f} s (95 of 100)** and {took["p99"]:.2f} s (99 of 100). Its wait behind the others
is in that: one recognition runs at a time, and {found["at_once"]} were always asking. All took
{found["seconds"]:.0f} s on {found["machine"]} (load of the machine before:
{found["load_before"]:.1f}{busy}).

| Request (status that it is due) | times |
|---|---:|
{rows}
"""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--out", type=Path, help="folder of app_load.json and app_load.md")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    with served() as server:
        found = load(server, drawn(options.requests), options.at_once)
    found |= {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "load_before": round(before, 1),
    }
    print(json.dumps(found, indent=1))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "app_load.json").write_text(json.dumps(found, indent=1) + "\n")
        (options.out / "app_load.md").write_text(page(found))
    raise SystemExit(found["wrong_count"] > 0)


if __name__ == "__main__":
    main()
