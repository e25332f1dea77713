"""Measure how fast videos and folders of photos are recognized, and whether memory stays flat.

    python benchmarks/video_speed.py --out docs/results
    python benchmarks/video_speed.py --only speed --seconds 2 --rounds 1    # the shortest

Three parts; with --out each is put into video_speed.json there, and the page is drawn anew.

* speed: made films of 1280 x 720 pixels with one and with five faces of public-domain photos that
  move over a still background; frames a second from the file to rows, with every frame searched for
  faces (also as version 0.1.0 did it), and with windows around known faces in between. In each
  round every variant reads the film once, in turning order; the ratio to "every frame" within a
  round counts. The rows are compared with those of "every frame".
* memory: a made film of one hour, small and with few frames a second; the most memory that the
  process had after 5 minutes of it and at the end, rows written to a table.
* photos: a folder of 2,000 photos, against decoding them.

A busy machine is told of: ratios say something then, frames a second little.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

AIM = 3.0
"""Frames a second with windows in between, over those of version 0.1.0."""
SPEED_OF_0_1_0 = "every frame, as 0.1.0"
EVERY = "every frame"
VARIANTS = {EVERY: 1, "every 5th frame": 5, "every 10th frame": 10, "by what changes": None}
"""Name -> `detect_every`; the last is the default."""


def public_faces() -> list[np.ndarray]:
    """Return the faces of two photos in the public domain, with some of what is around them."""
    places = (
        ("skimage", "data/astronaut.png", (slice(20, 260), slice(110, 330))),
        ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", (slice(60, 400), slice(110, 430))),
    )
    faces = []
    for package, name, part in places:
        picture = cv2.imread(str(Path(find_spec(package).origin).parent / name))
        faces.append(np.ascontiguousarray(picture[part][..., ::-1]))
    return faces


def moving(
    count: int, frames: int, size: tuple[int, int] = (1280, 720), rate: float = 25
) -> Iterator[np.ndarray]:
    """Yield frames in which some faces move over a still background.

    Example:
        >>> next(moving(2, 1, (320, 180))).shape
        (180, 320, 3)
    """
    width, height = size
    rough = np.random.default_rng(0).integers(60, 180, (9, 16, 3), np.uint8)
    background = cv2.resize(rough, size, interpolation=cv2.INTER_CUBIC)
    photos = public_faces()
    patches = []
    for number in range(count):
        photo = photos[number % len(photos)]
        tall = round(height * (0.3 if count == 1 else 0.22 + 0.02 * number))
        wide = round(tall * photo.shape[1] / photo.shape[0])
        patches.append(cv2.resize(photo, (wide, tall), interpolation=cv2.INTER_AREA))
    for index in range(frames):
        now, image = index / rate, background.copy()
        for number, patch in enumerate(patches):
            tall, wide = patch.shape[:2]
            across = width * (number + 0.5) / count + 0.05 * width * np.sin(now + number)
            down = height * (0.5 + 0.15 * (number % 2 * 2 - 1) * (count > 1))
            down += 0.06 * height * np.cos(0.9 * now + 2 * number)
            left = int(np.clip(across - wide / 2, 0, width - wide))
            top = int(np.clip(down - tall / 2, 0, height - tall))
            image[top : top + tall, left : left + wide] = patch
        yield image


def write_film(path: Path, frames: Iterator[np.ndarray], rate: int) -> Path:
    """Encode frames as H.264."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"preset": "veryfast"})
        stream.pix_fmt = "yuv420p"
        for number, image in enumerate(frames):
            if number == 0:
                stream.height, stream.width = image.shape[:2]
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def speed(folder: Path, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Return frames a second and the agreement of rows, for films of one and of five faces."""
    from asdcfer.predict.recognizer import Recognizer
    from asdcfer.recognition.options import TrackingOptions
    from asdcfer.recognition.video import read_frames

    rate, result = 25, []
    for count in (1, 5):
        film = folder / f"{count}.mp4"
        write_film(film, moving(count, round(seconds * rate)), rate)
        runs: dict[str, Callable[[], list[list[Any]]]] = {
            "decoding alone": lambda f=film: [[] for _ in read_frames(f)],
            SPEED_OF_0_1_0: lambda f=film: as_0_1_0(f),
        }
        for name, every in VARIANTS.items():
            recognizer = Recognizer(tracking=TrackingOptions(detect_every=every))
            runs[name] = lambda f=film, r=recognizer: [frame.faces for frame in r.video(f)]
        times: dict[str, list[float]] = {name: [] for name in runs}
        rows: dict[str, list[list[Any]]] = {}
        for number in range(rounds + 1):
            names = list(runs)
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                begin = time.perf_counter()
                rows[name] = runs[name]()
                if number:  # the first round warms up
                    times[name].append(time.perf_counter() - begin)
        for name, measured in times.items():
            ratios = [a / b for a, b in zip(times[SPEED_OF_0_1_0], measured, strict=True)]
            entry = {
                "faces": count,
                "variant": name,
                "frames_per_second": len(rows[name]) / statistics.median(measured),
                "over_0_1_0": statistics.median(ratios),
                "over_every_frame": statistics.median(
                    a / b for a, b in zip(times[EVERY], measured, strict=True)
                ),
            }
            if name in VARIANTS and name != EVERY:
                entry |= agreement(rows[EVERY], rows[name])
            result.append(entry)
    return result


def as_0_1_0(film: Path) -> list[list[Any]]:
    """Recognize a film as version 0.1.0 did: one network for all sizes, one thread for all."""
    from asdcfer.predict.recognizer import Recognizer
    from asdcfer.recognition import yunet_networks
    from asdcfer.recognition.options import TrackingOptions
    from asdcfer.recognition.video import read_frames

    copies, yunet_networks.MOST = yunet_networks.MOST, 1
    try:
        recognizer = _KEPT.setdefault("0.1.0", Recognizer(tracking=TrackingOptions(detect_every=1)))
        return [frame.faces for frame in recognizer.follow(read_frames(film))]
    finally:
        yunet_networks.MOST = copies


_KEPT: dict[str, Any] = {}


def agreement(ones: list[list[Any]], others: list[list[Any]]) -> dict[str, float]:
    """Return how far the rows of two runs agree, faces paired by their number.

    Returns:
        same_faces: share of frames with the same face numbers; same_expression: of pairs;
        iou_5_percent, iou_median: of their boxes; score_95_percent, score_most: the largest
        difference of a pair's scores.
    """
    from asdcfer.recognition.tracking import overlap

    same = sum({f.id for f in a} == {f.id for f in b} for a, b in zip(ones, others, strict=True))
    pairs = []
    for a, b in zip(ones, others, strict=True):
        by_id = {face.id: face for face in b}
        pairs += [(face, by_id[face.id]) for face in a if face.id in by_id]
    boxes = [overlap(face.box, other.box) for face, other in pairs]
    scores = [
        max(abs(face.scores[name] - other.scores[name]) for name in face.scores)
        for face, other in pairs
    ]
    return {
        "same_faces": same / len(ones),
        "same_expression": sum(a.expression == b.expression for a, b in pairs) / len(pairs),
        "iou_5_percent": float(np.quantile(boxes, 0.05)),
        "iou_median": float(np.median(boxes)),
        "score_95_percent": float(np.quantile(scores, 0.95)),
        "score_most": max(scores),
    }


def memory(folder: Path, minutes: float) -> dict[str, Any]:
    """Return the most memory of a process after 5 minutes of a long film, and at its end."""
    rate, size = 5, (320, 180)
    film = folder / "hour.mp4"
    write_film(film, moving(1, round(minutes * 60 * rate), size, rate), rate)
    # A process of its own: what was measured before is not in its memory.
    command = [sys.executable, str(Path(__file__)), "--memory-of", str(film)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {"minutes": minutes, "rate": rate, "size": list(size), **json.loads(found)}


def peak_memory() -> float:
    """Return the most memory that this process ever held, MB (Linux).

    `ru_maxrss` begins with what the parent held.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def memory_of(film: Path) -> dict[str, Any]:
    """Recognize a film into a table, and return the most memory of this process on the way."""
    from asdcfer import api
    from asdcfer.recognition.video_source import read_header

    seconds = read_header(film).seconds or 0.0
    peaks: dict[str, float] = {}

    class Watch:
        def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
            most = peak_memory()
            if done * seconds <= min(300, seconds / 2):
                peaks["early_mb"] = most
            peaks["end_mb"] = most

        def message(self, text: str) -> None:
            pass

    table = film.with_suffix(".csv")
    begin = time.perf_counter()
    api.predict(film, outputs=api.PredictOutputs(table=table), progress=Watch())
    taken = time.perf_counter() - begin
    with table.open() as lines:
        rows = sum(1 for _ in lines) - 1
    peaks["early_seconds"] = min(300, seconds / 2)
    return {**peaks, "rows": rows, "frames_per_second": rows / taken}


def photos(folder: Path, count: int) -> dict[str, Any]:
    """Return photos a second of a folder, and of decoding it."""
    from asdcfer import api
    from asdcfer.data.image_io import read_image

    made = folder / "photos"
    made.mkdir()
    different = min(count, 100)
    for number, image in enumerate(moving(2, different, (1024, 768), rate=1)):
        cv2.imwrite(str(made / f"{number:05d}.jpg"), image[..., ::-1])
    for number in range(different, count):
        os.link(made / f"{number % different:05d}.jpg", made / f"{number:05d}.jpg")
    begin = time.perf_counter()
    for file in sorted(made.iterdir()):
        read_image(file)
    decoding = time.perf_counter() - begin
    begin = time.perf_counter()
    answer = api.predict(made, outputs=api.PredictOutputs(table=folder / "photos.csv"))
    taken = time.perf_counter() - begin
    return {
        "photos": answer.files,
        "size": [1024, 768],
        "photos_per_second": count / taken,
        "decoding_per_second": count / decoding,
        "time_over_decoding": taken / decoding,
    }


def as_markdown(result: dict[str, Any]) -> str:
    """Return the page of a result; parts that were not measured are left out."""
    lines = ["# Speed of video and of folders", ""]
    if "speed" in result:
        lines += _speed_lines(result["speed"])
    if "memory" in result:
        m = result["memory"]["found"]
        width, height = m["size"]
        lines += [
            f"A made film of {m['minutes']:g} minutes ({width} x {height} pixels, {m['rate']} "
            f"frames a second, one face; {m['rows']:,} rows to a table): at most "
            f"{m['early_mb']:,.0f} MB after {m['early_seconds'] / 60:g} minutes of it, "
            f"{m['end_mb']:,.0f} MB at the end ({_where(result['memory'])}).",
            "",
        ]
    if "photos" in result:
        p = result["photos"]["found"]
        width, height = p["size"]
        lines += [
            f"A folder of {p['photos']:,} photos ({width} x {height} pixels, two faces): "
            f"{p['photos_per_second']:.1f} a second, decoding alone "
            f"{p['decoding_per_second']:.1f} ({p['time_over_decoding']:.1f} times its time; "
            f"{_where(result['photos'])}).",
            "",
        ]
    return "\n".join(lines)


def _where(part: dict[str, Any]) -> str:
    about = part["about"]
    busy = "; **busy, so that only ratios say something**" if about["busy"] else ""
    return (
        f"{about['machine']}, {about['cores']} cores, load before {about['load_before']:.1f}{busy}"
    )


def _speed_lines(part: dict[str, Any]) -> list[str]:
    rows = part["found"]
    lines = [
        f"Made by `benchmarks/video_speed.py` ({_where(part)}). Films of 1280 x 720 pixels, from "
        "the file to rows; the ratio within a round counts, its median over "
        f"{part['about']['rounds']} rounds.",
        "",
        "| faces | whole frames searched | frames / s | over 0.1.0 | over every frame | frames "
        "with the same faces | same expression | IoU of boxes, 5 % and median | largest "
        "difference of a score, 95 % and most |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        told = ["", "", "", ""]
        if "same_faces" in r:
            told = [
                f"{r['same_faces']:.1%}",
                f"{r['same_expression']:.1%}",
                f"{r['iou_5_percent']:.2f}, {r['iou_median']:.2f}",
                f"{r['score_95_percent']:.3f}, {r['score_most']:.3f}",
            ]
        lines.append(
            f"| {r['faces']} | {r['variant']} | {r['frames_per_second']:.0f} | "
            f"{r['over_0_1_0']:.1f} | {r['over_every_frame']:.1f} | {' | '.join(told)} |"
        )
    best = min(r["over_0_1_0"] for r in rows if r["variant"] == "every 10th frame")
    return [
        *lines,
        "",
        f"Aim: {AIM:g} times the frames a second of 0.1.0 with every 10th frame searched; it is "
        f"{'reached' if best >= AIM else 'not reached for every film'}.",
        "",
    ]


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("speed", "memory", "photos"))
    parser.add_argument("--seconds", type=float, default=12, help="of a film of the speed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=60, help="of the long film")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        print(json.dumps(memory_of(options.memory_of)))
        return
    from asdcfer.files import atomic_write, write_json

    parts: dict[str, Callable[[Path], Any]] = {
        "speed": lambda folder: speed(folder, options.seconds, options.rounds),
        "memory": lambda folder: memory(folder, options.minutes),
        "photos": lambda folder: photos(folder, options.photos),
    }
    file = None if options.out is None else options.out / "video_speed.json"
    result = json.loads(file.read_text(encoding="utf-8")) if file and file.is_file() else {}
    for name in [options.only] if options.only else parts:
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        about = {
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "load_before": load,
            "busy": load > 0.5 * (os.cpu_count() or 1),
            "rounds": options.rounds,
        }
        with tempfile.TemporaryDirectory() as folder:
            result[name] = {"about": about, "found": parts[name](Path(folder))}
        if file is not None:
            write_json(file, result)
            with atomic_write(file.with_suffix(".md")) as temporary:
                temporary.write_text(as_markdown(json.loads(file.read_text())), encoding="utf-8")
    print(as_markdown(result))


if __name__ == "__main__":
    main()
