r"""Measure how often a model is right on faces that are turned, blurred or small.

    python benchmarks/quality_bins.py --data packs/fer2013 --votes fer2013new.csv
    python benchmarks/quality_bins.py --data packs/fer2013 --votes fer2013new.csv --every 4 --card

It writes docs/results/quality.json and quality.md; with --card also the bins of PrivateTest into
the model's card.

Labels are the FER+ majority, answers are of the faces as they are, 48 pixels without an alignment,
as the card's accuracy is. Landmarks are looked for on the face at four times its size with a margin
of half its side; where none are found, the face counts in the bin "no landmarks". Faces of FER-2013
are nearly all of one size and sharp, so that blur and small faces are also made: by a Gaussian, and
by shrinking and enlarging again.
"""

import itertools
import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from ship_weights import ROOT, WEIGHTS

from asdcfer import __version__
from asdcfer.data.pack import Pack, load_pack
from asdcfer.evaluation.evaluate_model import BATCH_SIZE, predict_images
from asdcfer.evaluation.ferplus import ferplus_task
from asdcfer.files import atomic_write, write_json
from asdcfer.models.cards import card_text
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.find_weights import find_model
from asdcfer.models.weights import load_model
from asdcfer.recognition.detector import YuNet
from asdcfer.recognition.head_pose import head_pose
from asdcfer.recognition.sharpness import sharpness

RESULTS = ROOT / "docs" / "results"
ENLARGE, MARGIN = 4, 0.5
SPLITS = {"public": "PublicTest", "private": "PrivateTest"}
EDGES: dict[str, list[float]] = {
    "yaw": [0, 10, 20, 30, 40, 50, 90],
    "pitch": [-90, -20, -10, 0, 10, 20, 90],
    "roll": [0, 5, 10, 20, 30, 180],
    "sharpness": [0, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 2],
    "detection_score": [0.8, 0.85, 0.9, 0.93, 1],
}
"""Measure -> limits of its bins; yaw and roll to either side."""
WORDS = {
    "yaw": "yaw, degrees to either side",
    "pitch": "pitch, degrees up",
    "roll": "roll, degrees to either side",
    "sharpness": "sharpness",
    "detection_score": "score of the detector",
}
BLURS = (0, 0.5, 0.75, 1, 1.5, 2, 3)
"""Deviation of the Gaussian, pixels of 48."""
SIDES = (48, 36, 24, 18, 12, 8, 6)
"""Side to which the face is shrunk, pixels."""
LEAST = 50
"""Faces in a bin under which nothing is concluded from it."""
TOLERATED = 0.10
"""By how much accuracy may fall under that of all faces before a bound has a reason."""


def pose_of(find: YuNet, face: np.ndarray) -> dict[str, float] | None:
    """Return yaw, pitch, roll, score and distance of the eyes of a face; None without landmarks."""
    side = face.shape[0]
    margin = round(MARGIN * side)
    wide = cv2.copyMakeBorder(face, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    found = find(cv2.resize(wide, None, fx=ENLARGE, fy=ENLARGE, interpolation=cv2.INTER_CUBIC))
    found = [one for one in found if one.landmarks is not None]
    if not found:
        return None
    best = max(found, key=lambda one: one.score)
    pose = head_pose(best.landmarks)
    if pose is None:
        return None
    eyes = float(np.linalg.norm(best.landmarks[1] - best.landmarks[0])) / ENLARGE
    return {**pose._asdict(), "detection_score": best.score, "interocular": eyes}


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Example:
        >>> [round(bound, 3) for bound in wilson(8, 10)]
        [0.49, 0.943]
    """
    if not count:
        return 0.0, 1.0
    z, share = 1.96, right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def summary(right: np.ndarray, confidence: np.ndarray) -> dict[str, Any]:
    """Return count, accuracy with its interval, and mean confidence of faces."""
    count, hits = len(right), int(right.sum())
    return {
        "faces": count,
        "accuracy": round(hits / count, 4) if count else None,
        "interval": [round(bound, 4) for bound in wilson(hits, count)],
        "confidence": round(float(confidence.mean()), 4) if count else None,
    }


def binned(
    values: np.ndarray, edges: Sequence[float], right: np.ndarray, confidence: np.ndarray
) -> list[dict[str, Any]]:
    """Return a summary of the faces in each bin, its lower limit included.

    Example:
        >>> yes = np.array([True, False])
        >>> rows = binned(np.array([1.0, 12.0]), [0, 10, 20], yes, np.ones(2))
        >>> [(row["from"], row["to"], row["accuracy"]) for row in rows]
        [(0, 10, 1.0), (10, 20, 0.0)]
    """
    rows = []
    for low, high in itertools.pairwise(edges):
        inside = (values >= low) & (values < high)
        rows.append({"from": low, "to": high, **summary(right[inside], confidence[inside])})
    return rows


def bound_of(rows: list[dict[str, Any]], whole: float, rising: bool) -> float | None:
    """Return the limit beyond which a model is clearly worse, or None.

    From the good side on, it is where the first bin of enough faces begins whose whole interval
    lies more than `TOLERATED` under the accuracy of all, and so do those behind it.

    Args:
        rows: bins of the split that chooses.
        whole: accuracy of all faces.
        rising: larger values are worse.

    Example:
        >>> rows = [{"from": 0, "to": 30, "faces": 900, "interval": [0.8, 0.84]},
        ...     {"from": 30, "to": 90, "faces": 100, "interval": [0.5, 0.7]}]
        >>> bound_of(rows, 0.82, True)
        30
    """
    bound = None
    for row in rows[::-1] if rising else rows:
        if row["faces"] < LEAST:
            continue
        if row["interval"][1] >= whole - TOLERATED:
            break
        bound = row["from"] if rising else row["to"]
    return bound


def answers(
    model: ExpressionModel, faces: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which faces (N,48,48) are answered rightly, and the confidences."""
    found = np.concatenate(
        [
            predict_images(model, faces[start : start + BATCH_SIZE])
            for start in range(0, len(faces), BATCH_SIZE)
        ]
    )
    return found.argmax(1) == labels, found.max(1)


def shrunk(face: np.ndarray, side: int) -> np.ndarray:
    """Return a face that was shrunk to a side and enlarged again."""
    if side == face.shape[0]:
        return face
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, face.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def measured(model: ExpressionModel, pack: Pack, rows: np.ndarray, labels: np.ndarray) -> dict:
    """Return everything that is measured on one split."""
    faces, find = np.asarray(pack.images[rows]), YuNet()
    right, confidence = answers(model, faces, labels)
    poses = [pose_of(find, face) for face in faces]
    known = np.array([pose is not None for pose in poses])
    told = [pose for pose in poses if pose is not None]
    sharp = np.array([sharpness(face) for face in faces])
    eyes = float(np.median([pose["interocular"] for pose in told]))
    found: dict[str, Any] = {
        "all": summary(right, confidence),
        "landmarks": summary(right[known], confidence[known]),
        "no landmarks": summary(right[~known], confidence[~known]),
        "landmarks_found": round(float(known.mean()), 4),
        "interocular_median": round(eyes, 2),
        "bins": {"sharpness": binned(sharp, EDGES["sharpness"], right, confidence)},
    }
    for name in ("yaw", "pitch", "roll", "detection_score"):
        values = np.array([pose[name] for pose in told])
        values = np.abs(values) if name in ("yaw", "roll") else values
        found["bins"][name] = binned(values, EDGES[name], right[known], confidence[known])
    found["blurred"], blurred = [], []
    for sigma in BLURS:
        soft = faces if not sigma else np.array([cv2.GaussianBlur(f, (0, 0), sigma) for f in faces])
        hits, sure = answers(model, soft, labels)
        values = np.array([sharpness(face) for face in soft])
        blurred.append((values, hits, sure))
        middle = round(float(np.median(values)), 3)
        found["blurred"].append({"sigma": sigma, "sharpness": middle, **summary(hits, sure)})
    values, hits, sure = (np.concatenate(parts) for parts in zip(*blurred, strict=True))
    found["bins"]["sharpness, blurred too"] = binned(values, EDGES["sharpness"], hits, sure)
    found["small"] = []
    for side in SIDES:
        small = np.array([shrunk(face, side) for face in faces])
        hits, sure = answers(model, small, labels)
        apart = round(eyes * side / faces.shape[1], 1)
        values = [sharpness(face) for face in small]
        row = {"side": side, "interocular": apart, "sharpness": round(float(np.median(values)), 3)}
        found["small"].append(row | summary(hits, sure))
    return found


def percent(row: dict[str, Any]) -> str:
    """Return the cells of a summary."""
    if not row["faces"]:
        return "0 | | |"
    low, high = (100 * bound for bound in row["interval"])
    accuracy, sure = 100 * row["accuracy"], 100 * row["confidence"]
    return f"{row['faces']:,} | {accuracy:.1f} ({low:.1f} to {high:.1f}) | {sure:.1f} |"


def page(told: dict[str, Any]) -> str:
    """Return docs/results/quality.md."""
    splits = told["splits"]
    head = "| | " + " | ".join(
        f"{words}: faces | right, % (95 %) | confidence, %" for words in SPLITS.values()
    )
    rule = "|---|" + "---|" * 6

    def table(label: str, rows: Sequence[tuple[str, Sequence[dict[str, Any]]]]) -> list[str]:
        return [
            head.replace("| |", f"| {label} |", 1) + " |",
            rule,
            *(f"| {name} | {' '.join(percent(row) for row in each)}" for name, each in rows),
            "",
        ]

    def bins_of(name: str, words: str) -> list[str]:
        each = [splits[split]["bins"][name] for split in SPLITS]
        rows = [
            (f"{pair[0]['from']:g} to {pair[0]['to']:g}", pair) for pair in zip(*each, strict=True)
        ]
        return table(words, rows)

    lines = [
        "# How right the default model is, by the quality of a face",
        "",
        f"Made by `{told['command']}` (asdcfer {told['version']}, model {told['model']}). Labels: "
        f"FER+ majority of {told['expressions']} expressions. Faces as they are, 48 pixels.",
        "",
        f"The detector finds landmarks on {100 * splits['public']['landmarks_found']:.1f} % of "
        f"PublicTest and {100 * splits['private']['landmarks_found']:.1f} % of PrivateTest, "
        f"enlarged {ENLARGE} times with a margin of {MARGIN:g} sides; its eyes are "
        f"{splits['private']['interocular_median']:g} pixels apart (median). Angles are of what "
        "these landmarks say, not of a measured head: bins far from 0 hold wrong landmarks as "
        "well.",
        "",
        *table(
            "faces",
            [
                (name, [splits[split][name] for split in SPLITS])
                for name in ("all", "landmarks", "no landmarks")
            ],
        ),
    ]
    for name in ("yaw", "pitch", "roll", "detection_score"):
        lines += bins_of(name, WORDS[name])
    lines += bins_of("sharpness", "sharpness, faces as they are")
    lines += bins_of("sharpness, blurred too", "sharpness, faces as they are and blurred")
    each = [splits[split]["blurred"] for split in SPLITS]
    lines += table(
        "Gaussian, pixels of 48 (median sharpness)",
        [(f"{p[0]['sigma']:g} ({p[0]['sharpness']:g})", p) for p in zip(*each, strict=True)],
    )
    each = [splits[split]["small"] for split in SPLITS]
    lines += table(
        "eyes apart, pixels (side of the face, pixels)",
        [(f"{p[0]['interocular']:g} ({p[0]['side']})", p) for p in zip(*each, strict=True)],
    )
    return "\n".join([*lines, "## Bounds", "", *told["bounds"]["words"], ""])


def bounds(public: dict[str, Any]) -> dict[str, Any]:
    """Return the bounds that PublicTest gives a reason for, and the words for them."""
    whole = public["all"]["accuracy"]
    found: dict[str, Any] = {
        "max_yaw": bound_of(public["bins"]["yaw"], whole, True),
        "min_sharpness": bound_of(public["bins"]["sharpness, blurred too"], whole, False),
        "max_roll": bound_of(public["bins"]["roll"], whole, True),
    }
    rule = (
        f"A bound has a reason where PublicTest shows it: beyond it, the whole 95 % interval of "
        f"every bin of at least {LEAST} faces lies more than {100 * TOLERATED:.0f} points under "
        f"the accuracy of all ({100 * whole:.1f} %). A face counts once for each blur of it, so "
        "that these intervals are a little too narrow."
    )
    words = [rule, ""]
    for name, value in found.items():
        words.append(f"* `{name}`: {'none' if value is None else f'{value:g}'}")
    sizes = [row for row in public["small"] if row["accuracy"] >= whole - TOLERATED]
    words += [
        "",
        "Blur is not seen by the model itself: its confidence falls far less than its accuracy. "
        f"Small faces lose less than {100 * TOLERATED:.0f} points down to eyes "
        f"{sizes[-1]['interocular']:g} pixels apart; `--min-face 24` is eyes about 11.6 pixels "
        "apart.",
    ]
    return {**found, "words": words}


def main(
    data: Annotated[Path, typer.Option(help="FER-2013 as `asdcfer prepare` writes it.")],
    votes: Annotated[Path, typer.Option(help="fer2013new.csv, the FER+ votes.")],
    name: Annotated[str, typer.Option("--model", help="Model to measure.")] = "default",
    every: Annotated[int, typer.Option(help="Take every nth face.")] = 1,
    card: Annotated[bool, typer.Option(help="Write the bins into the model's card.")] = False,
    out: Annotated[Path, typer.Option(help="Folder of the two files.")] = RESULTS,
) -> None:
    """Measure, and write what was found."""
    cv2.setNumThreads(1)
    pack, model = load_pack(data), load_model(name).eval()
    task = ferplus_task(pack, votes)
    if task is None or tuple(task.expressions) != tuple(model.expressions):
        raise typer.BadParameter("the model must answer under FER+ labels, and votes be known")
    splits = {}
    for split in SPLITS:
        rows = pack.rows(split)
        rows = rows[task.labels[rows] >= 0][::every]
        splits[split] = measured(model, pack, rows, task.labels[rows])
        print(split, splits[split]["all"], flush=True)
    told = {
        "command": "python benchmarks/quality_bins.py --data packs/fer2013 "
        f"--votes fer2013new.csv{f' --every {every}' if every > 1 else ''}",
        "version": __version__,
        "machine": platform.machine(),
        "model": Path(find_model(name)).stem,
        "weights": model.card["hashes"]["weights"],
        "every": every,
        "expressions": len(model.expressions),
        "bounds": bounds(splits["public"]),
        "splits": splits,
    }
    write_json(out / "quality.json", told)
    with atomic_write(out / "quality.md") as temporary:
        temporary.write_text(page(told), encoding="utf-8")
    if card:
        write_into_card(told)


def write_into_card(told: dict[str, Any]) -> None:
    """Put the bins of PrivateTest, and the bounds, into the card of the measured model."""
    path = WEIGHTS / f"{told['model']}.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    if known["hashes"]["weights"] != told["weights"]:
        raise ValueError(f"{path} describes other weights than were measured")
    private = told["splits"]["private"]
    known["quality"] = {
        "labels": "ferplus",
        "evaluated_on": "private",
        "chosen_on": "public",
        "script": "benchmarks/quality_bins.py",
        "bounds": {key: value for key, value in told["bounds"].items() if key != "words"},
        **private,
    }
    with atomic_write(path) as temporary:
        temporary.write_text(card_text(known), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
