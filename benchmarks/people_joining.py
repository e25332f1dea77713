r"""Measure how well tracks of faces are joined into persons, on made clips and on real photos.

    python benchmarks/people_joining.py --tune portraits/house --test portraits/senate \
        --photos portraits/several

It writes docs/results/people.json and people.md. Each folder holds photos of one person each,
NAME.jpg; in the last, NAME__0.jpg, NAME__1.jpg, ... are different photos of one person.

A clip is made of one photo: four scenes, each with its own light (gamma, gain, from a side, color),
size (50 to 140 pixels), pose, blur, noise and compression; in each six frames in which the face
moves, turns a little, and changes its expression (mouth corners, mouth, brows and eyes are warped).
Each scene becomes a track by the code that `asdcfer predict --people` runs. Clothes, hair and the
moment of the photo are the same in all scenes of a person, as they are in one recording; so nothing
here says how faces of other days are joined. The real photos say that.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import typer
from ship_weights import ROOT

from asdcfer import __version__
from asdcfer.data.image_io import read_image
from asdcfer.errors import InputError
from asdcfer.files import atomic_write, write_json
from asdcfer.predict.people.average_linkage import average_linkage
from asdcfer.predict.people.find_people import JOINED_UNDER
from asdcfer.predict.people.track_features import TrackFeatures, feature_of
from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition.detector import YuNet
from asdcfer.recognition.face_likeness import FaceLikeness

RESULTS = ROOT / "docs" / "results"
SCENES, FRAMES, CANVAS = 4, 6, 320
THRESHOLDS = [round(0.05 * step, 2) for step in range(2, 20)]
WANTED = 0.99
"""Precision that a threshold must have on the clips that choose: a wrong join cannot be undone in
the names file, a missing one can be made there.
"""
GROUPS = (3, 10)
"""Persons of a small recording; also measured is one with all persons."""
DRAWS = 50


def expression(landmarks: np.ndarray, rng: np.random.Generator) -> list[tuple]:
    """Return what moves in a face: (center, reach, shift) in pixels."""
    eyes = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    across = (landmarks[1] - landmarks[0]) / eyes
    down = np.array([-across[1], across[0]])
    mouth = (landmarks[3] + landmarks[4]) / 2
    smile, brows, lids = rng.uniform(-1, 1, 3)
    opened = max(0.0, rng.uniform(-0.6, 1))
    found = [
        (landmarks[3], 0.22, -0.09 * smile * (across + down)),
        (landmarks[4], 0.22, 0.09 * smile * (across - down)),
        (mouth + 0.22 * eyes * down, 0.3, 0.09 * opened * down),
        (mouth - 0.08 * eyes * down, 0.2, -0.05 * opened * down),
    ]
    for eye in landmarks[:2]:
        found.append((eye - 0.28 * eyes * down, 0.2, -0.10 * brows * down))
        found.append((eye - 0.06 * eyes * down, 0.12, 0.05 * lids * down))
    return [(center, reach * eyes, shift * eyes) for center, reach, shift in found]


def moved(
    photo: np.ndarray, landmarks: np.ndarray, rng: np.random.Generator, yaw: float, pitch: float
) -> np.ndarray:
    """Return a photo with another expression, its face turned a little as an ellipsoid turns."""
    y, x = np.mgrid[: photo.shape[0], : photo.shape[1]].astype(np.float32)
    right, lower = np.zeros_like(x), np.zeros_like(x)
    for center, reach, shift in expression(landmarks, rng):
        near = np.exp(-((x - center[0]) ** 2 + (y - center[1]) ** 2) / (2 * reach**2))
        right += near * shift[0]
        lower += near * shift[1]
    eyes = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    middle = (landmarks[:2].mean(0) + landmarks[3:].mean(0)) / 2
    away = ((x - middle[0]) / (1.2 * eyes)) ** 2 + ((y - middle[1]) / (1.6 * eyes)) ** 2
    depth = 0.8 * eyes * np.sqrt(np.clip(1 - away, 0, None))
    nose = (x - landmarks[2][0]) ** 2 + (y - landmarks[2][1]) ** 2
    depth += 0.25 * eyes * np.exp(-nose / (2 * (0.15 * eyes) ** 2))
    right += depth * np.sin(np.radians(yaw))
    lower -= depth * np.sin(np.radians(pitch))
    return cv2.remap(photo, x - right, y - lower, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def lit(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a photo in another light."""
    value = (photo.astype(np.float32) / 255) ** rng.uniform(0.6, 1.6)
    height, width = photo.shape[:2]
    side = 1 + rng.uniform(-0.5, 0.5) * np.linspace(-1, 1, width)[None, :, None]
    top = rng.uniform(-0.3, 0.3) * np.linspace(-1, 1, height)[:, None, None]
    value *= rng.uniform(0.6, 1.2) * (side + top) * rng.uniform(0.85, 1.15, 3)
    return np.clip(255 * value, 0, 255).astype(np.uint8)


def scene(photo: np.ndarray, face: Any, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the frames of one scene, uint8 (320,320,3)."""
    x, y, width, height = face.box
    center = (float(x + width / 2), float(y + height / 2))
    light = int(rng.integers(2**31))
    size, noise, blur = rng.uniform(50, 140), rng.uniform(0, 6), rng.uniform(0, 1.2)
    quality = int(rng.uniform(40, 90))
    yaw, pitch, roll = rng.uniform(-15, 15), rng.uniform(-8, 8), rng.uniform(-10, 10)
    for _ in range(FRAMES):
        turned = yaw + rng.uniform(-8, 8), pitch + rng.uniform(-4, 4)
        seen = lit(moved(photo, face.landmarks, rng, *turned), np.random.default_rng(light))
        scale = size / width * rng.uniform(0.9, 1.1)
        matrix = cv2.getRotationMatrix2D(center, float(roll + rng.uniform(-5, 5)), float(scale))
        matrix[:, 2] += CANVAS / 2 + rng.uniform(-20, 20, 2) - center
        soft = cv2.GaussianBlur(seen, (0, 0), max(0.3, 0.5 / scale))
        frame = cv2.warpAffine(soft, matrix, (CANVAS, CANVAS), borderValue=(128, 128, 128))
        frame = frame if blur < 0.3 else cv2.GaussianBlur(frame, (0, 0), blur)
        frame = np.clip(frame + rng.normal(0, noise, frame.shape), 0, 255).astype(np.uint8)
        _, data = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        yield np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


class SeenFaces:
    """Aligned faces of every look, kept beside the features for the comparison of features."""

    def __init__(self, likeness: FaceLikeness) -> None:
        self.likeness, self.size, self.crops = likeness, likeness.size, []

    def features(self, crops: np.ndarray) -> np.ndarray:
        """Return the features, and keep the crops."""
        self.crops.append(crops)
        return self.likeness.features(crops)


def tracks_of(
    files: dict[str, list[np.ndarray]], likeness: FaceLikeness, recognizer: Recognizer
) -> tuple[list[str], np.ndarray, list[np.ndarray]]:
    """Return the names, mean features and crops of the largest track of each file of frames."""
    names, means, crops = [], [], []
    for name, frames in files.items():
        seen = SeenFaces(likeness)
        tracks = TrackFeatures(seen)
        for number, (frame, faces) in enumerate(zip(frames, recognizer(iter(frames)), strict=True)):
            tracks.add(name, number / 2, frame, faces[:1])
        lines = tracks.finish()
        if lines:
            names.append(name.split("__")[0])
            means.append(feature_of(max(lines, key=lambda line: line["frames"])))
            crops.append(np.concatenate(seen.crops))
    return names, np.array(means), crops


def portraits(folder: Path, most: int | None) -> dict[str, np.ndarray]:
    """Return name -> photo, so many of a folder, drawn with a fixed seed."""
    files = sorted(folder.glob("*.jpg"))
    if most is not None:
        files = [files[i] for i in np.random.default_rng(5).permutation(len(files))[:most]]
    found = {}
    for file in files:
        try:
            found[file.stem] = read_image(file)
        except InputError:
            print(f"{file} cannot be read")
    return found


def clips(folder: Path, people: int) -> dict[str, list[np.ndarray]]:
    """Return the frames of each scene of each person."""
    find, made = YuNet(), {}
    for number, (name, photo) in enumerate(portraits(folder, people).items()):
        faces = find(photo)
        if not faces:
            continue
        face = max(faces, key=lambda one: one.box[2] * one.box[3])
        for place in range(SCENES):
            rng = np.random.default_rng([number, place])
            made[f"{name}__{place}"] = list(scene(photo, face, rng))
    return made


def counts(names: list[str], groups: np.ndarray) -> tuple[int, int, int]:
    """Return pairs rightly joined, joined, and of one person.

    Example:
        >>> counts(["a", "a", "b"], np.array([0, 0, 0]))
        (1, 3, 1)
    """
    own = np.unique(names, return_inverse=True)[1]
    first, second = np.triu_indices(len(names), 1)
    same, joined = own[first] == own[second], groups[first] == groups[second]
    return int((same & joined).sum()), int(joined.sum()), int(same.sum())


def joined(
    names: list[str], vectors: np.ndarray, threshold: float, people: int | None
) -> dict[str, float | None]:
    """Return precision and recall of joining, over random recordings of so many persons."""
    by = defaultdict(list)
    for place, name in enumerate(names):
        by[name].append(place)
    rng, total = np.random.default_rng(0), np.zeros(3, int)
    for _ in range(1 if people is None else DRAWS):
        chosen = list(by) if people is None else rng.permutation(list(by))[:people]
        places = [place for name in chosen for place in by[name]]
        part = vectors[places]
        groups = average_linkage(1 - part @ part.T, threshold)
        total += counts([names[place] for place in places], groups)
    right, all_joined, same = total.tolist()
    return {
        "precision": round(right / all_joined, 4) if all_joined else None,
        "recall": round(right / same, 4),
    }


def gradients(crops: np.ndarray, cells: int = 8, bins: int = 8) -> np.ndarray:
    """Return histograms of gradients of faces, (N, cells*cells*bins), for comparison."""
    found = []
    for crop in crops.astype(np.float32):
        soft = cv2.GaussianBlur(crop, (0, 0), 0.7)
        x, y = (cv2.Sobel(soft, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
        turn = (np.arctan2(y, x) % (2 * np.pi)) * bins / (2 * np.pi)
        low = np.floor(turn).astype(int) % bins
        step = len(crop) // cells
        histogram = np.zeros((cells, cells, bins), np.float32)
        for one in range(bins):
            share = np.where(
                low == one, 1 - turn % 1, np.where((low + 1) % bins == one, turn % 1, 0)
            )
            part = (np.hypot(x, y) * share).reshape(cells, step, cells, step)
            histogram[..., one] = part.sum((1, 3))
        near = cv2.blur((histogram**2).sum(-1), (3, 3), borderType=cv2.BORDER_REFLECT)
        found.append(np.sqrt(np.minimum(histogram / np.sqrt(9 * near[..., None] + 1e-6), 0.2)))
    return np.array(found).reshape(len(crops), -1)


def compared(likeness: FaceLikeness) -> dict[str, Any]:
    """Return name -> function from crops to features, of everything that was tried."""
    encoder = likeness.encoder

    def of_map(number: int, crops: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            x = encoder.preprocessing.batch(crops)
            return encoder.forward_maps(x)[number].flatten(1).numpy()

    def pooled(crops: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return encoder(encoder.preprocessing.batch(crops)).numpy()

    found: dict[str, Any] = {"light_encoder, pooled": pooled}
    for number in range(len(encoder.map_channels)):
        found[f"light_encoder, map {number}"] = lambda crops, n=number: of_map(n, crops)
    found["histograms of gradients"] = gradients
    found["gray values"] = lambda crops: (lambda flat: flat - flat.mean(1, keepdims=True))(
        crops.reshape(len(crops), -1).astype(np.float32)
    )
    return found


def separation(names: list[str], vectors: np.ndarray) -> dict[str, float]:
    """Return how well distances tell pairs of one person from others."""
    own = np.unique(names, return_inverse=True)[1]
    first, second = np.triu_indices(len(names), 1)
    distance = (1 - vectors @ vectors.T)[first, second]
    same = own[first] == own[second]
    order = distance.argsort()
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    inside, outside = int(same.sum()), int((~same).sum())
    area = 1 - (ranks[same].sum() - inside * (inside + 1) / 2) / inside / outside
    least = np.quantile(distance[~same], 0.01)
    return {
        "auc": round(float(area), 4),
        "recall_at_1_percent": round(float((distance[same] < least).mean()), 4),
    }


def unit(values: np.ndarray) -> np.ndarray:
    """Return rows of length 1."""
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)


def table_of_features(
    likeness: FaceLikeness, sets: dict[str, tuple[list[str], list[np.ndarray]]]
) -> dict[str, Any]:
    """Return how well each kind of features separates persons in each set."""
    from asdcfer.data.sample import sample_pack

    pack = sample_pack()
    reference = np.asarray(pack.images[pack.rows("train")[:200]])
    rows: dict[str, Any] = {}
    for name, features in compared(likeness).items():
        middle = unit(features(reference)).mean(0)
        rows[name] = {}
        for which, (people, crops) in sets.items():
            means = np.array([unit(features(each)).mean(0) for each in crops])
            rows[name][which] = separation(people, unit(means - middle))
        print(name, rows[name], flush=True)
    return rows


def page(told: dict[str, Any]) -> str:
    """Return docs/results/people.md."""

    def percent(value: float | None) -> str:
        return "" if value is None else f"{100 * value:.1f}"

    sizes = list(told["joining"]["test"])
    at = told["threshold"]
    photos = told["photos"]
    lines = [
        "# How well tracks are joined into persons",
        "",
        f"Made by `{told['command']}` (asdcfer {told['version']}).",
        "",
        *(line.strip() for line in told["data"]),
        "",
        f"Pairs of tracks, joined by average linkage under a mean cosine distance of {at:g}. That "
        f"is the largest of {len(THRESHOLDS)} with a precision of {100 * WANTED:g} % and more on "
        "the clips that choose, at every size; the others are measured once.",
        "",
        "| persons in the recording | choosing: precision, % | recall, % | test: precision, % | "
        "recall, % |",
        "|---|---|---|---|---|",
    ]
    for size in sizes:
        cells = [
            percent(told["joining"][part][size][f"{at:g}"][key])
            for part in ("tune", "test")
            for key in ("precision", "recall")
        ]
        lines.append(f"| {size} | {' | '.join(cells)} |")
    lines += [
        "",
        "## Other photos of the same persons",
        "",
        f"{photos['photos']} photos of {photos['people']} persons, {photos['pairs']} pairs of "
        "different photos of one person, mostly years apart: "
        f"precision {percent(photos['joined']['precision'])} %, recall "
        f"{percent(photos['joined']['recall'])} %. **Across photos and days it does not know "
        "persons again**: use it within a recording, and join the rest in the names file.",
        "",
        "## Which features",
        "",
        "Area under the ROC curve over pairs of tracks, and share of a person's pairs that are "
        "nearer than all but 1 % of the pairs of two persons. Each is centered on the mean of 200 "
        "faces of the bundled sample.",
        "",
        "| features | clips: area | found, % | photos: area | found, % |",
        "|---|---|---|---|---|",
    ]
    for name, row in told["features"].items():
        cells = [
            f"{row[which]['auc']:.4f} | {percent(row[which]['recall_at_1_percent'])}"
            for which in ("clips", "photos")
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += [
        "",
        "## Every threshold, test clips",
        "",
        "| mean distance | "
        + " | ".join(f"{size}: precision, % | recall, %" for size in sizes)
        + " |",
        "|---|" + "---|---|" * len(sizes),
    ]
    for threshold in told["joining"]["test"][sizes[0]]:
        cells = [
            percent(told["joining"]["test"][size][threshold][key])
            for size in sizes
            for key in ("precision", "recall")
        ]
        lines.append(f"| {threshold} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def chosen(tuned: dict[str, dict[str, Any]]) -> float:
    """Return the largest threshold that is precise enough at every size.

    Example:
        >>> rows = {"0.1": {"precision": 1.0}, "0.2": {"precision": 0.9}}
        >>> chosen({"3": rows})
        0.1
    """
    good = [
        float(name)
        for name in next(iter(tuned.values()))
        if all((rows[name]["precision"] or 1.0) >= WANTED for rows in tuned.values())
    ]
    return max(good)


def main(
    tune: Annotated[Path, typer.Option(help="Folder of portraits that choose the threshold.")],
    test: Annotated[Path, typer.Option(help="Folder of portraits of other persons.")],
    photos: Annotated[Path, typer.Option(help="Folder of NAME__0.jpg, NAME__1.jpg, ...")],
    people: Annotated[int, typer.Option(help="Persons of each folder of portraits.")] = 70,
    data: Annotated[list[str] | None, typer.Option(help="A sentence on the data.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the two files.")] = RESULTS,
) -> None:
    """Measure, and write what was found."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    likeness, recognizer = FaceLikeness(), Recognizer("nano")
    joining: dict[str, Any] = {}
    for part, folder in (("tune", tune), ("test", test)):
        names, means, crops = tracks_of(clips(folder, people), likeness, recognizer)
        vectors = likeness.vectors(means)
        joining[part] = {
            str(size or len(set(names))): {
                f"{one:g}": joined(names, vectors, one, size) for one in THRESHOLDS
            }
            for size in (*GROUPS, None)
        }
        print(part, len(names), "tracks", flush=True)
    threshold = chosen(joining["tune"])
    files = {name: [photo] for name, photo in portraits(photos, None).items()}
    owners, own_means, own_crops = tracks_of(files, likeness, recognizer)
    pairs = counts(owners, np.arange(len(owners)))[2]
    features = table_of_features(likeness, {"clips": (names, crops), "photos": (owners, own_crops)})
    told = {
        "command": "python benchmarks/people_joining.py --tune portraits/house "
        "--test portraits/senate --photos portraits/several",
        "version": __version__,
        "data": data or [],
        "threshold": threshold,
        "joining": joining,
        "photos": {
            "photos": len(owners),
            "people": len(set(owners)),
            "pairs": pairs,
            "joined": joined(owners, likeness.vectors(own_means), threshold, None),
        },
        "features": features,
    }
    write_json(out / "people.json", told)
    with atomic_write(out / "people.md") as temporary:
        temporary.write_text(page(told), encoding="utf-8")
    if threshold != JOINED_UNDER:
        print(f"find_people.JOINED_UNDER is {JOINED_UNDER}, and {threshold} was chosen")


if __name__ == "__main__":
    typer.run(main)
