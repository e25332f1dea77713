r"""Hours of video and 50 labels, in miniature: videos, faces, 50 picked labels, an adapted model.

    python benchmarks/story_videos.py --data fer2013 --work runs/story --out docs/results

Clips are made of FER-2013's faces (benchmarks/expression_clips.py): each a dim, cheap camera before
which still faces move and follow each other, so that the expression of every moment is known.
`prepare --detect --fps 2` makes a pack of them; 50 of its faces are picked; they get the labels
that are known; `adapt` makes a model of them. Measured is every face of other clips, which show
other people before other cameras. Three draws of picked faces and three of random ones; the shipped
model beside them. The encoder is adapted once, for all draws: it sees no labels.

Passes are counted and not minutes. Parts are kept in --work, and the script goes on from there.
"""

import argparse
import csv
import json
import shutil
import time
from collections import Counter
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from expression_clips import SHOWN, ClipSettings, shown_at, write_clips

from asdcfer import api
from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.resolve_data import resolve_data_path
from asdcfer.data.tracks import moment_of
from asdcfer.files import atomic_write, write_json
from asdcfer.models.feature_extraction import features_in_batches
from asdcfer.models.weights import load_model

LABELS, DRAWS, PASSES, FPS = 50, 3, 2, 2.0
WAYS = {"stratified": "picked", "central": "central", "random": "random"}
SHIPPED = "default:fer2013"
"""Under the labels that the clips have."""
TRIED = (
    "Tried before, with the shipped model of that day: nearer and lighter cameras (faces of 80 to "
    "130 pixels). There the shipped model had 64.4 %, and three draws of picked labels gave 63.1, "
    "64.4 and 64.4: in two of them `adapt` kept the shipped model. The cameras were then made "
    "poorer. On these clips three draws each from that model gave +1.2 (picked), -2.5 (central) "
    "and -4.7 points (random) beside it, which had 64.2 %."
)
"""Results of earlier trials, kept as they were."""


def truths(pack: Pack, shown: dict[str, list[list]]) -> list[str]:
    """Return the expression of each face of a pack, by its clip and its time."""
    found = []
    for name in pack.ids:
        moment = moment_of(name)
        assert moment is not None, name
        found.append(shown_at(shown[moment.video], moment.seconds))
    return found


def scores(weights: str | Path, pack: Pack, rows: np.ndarray, truth: list[str]) -> dict[str, Any]:
    """Return accuracy and mean recall of a model on faces in per cent, and which it got right."""
    model = load_model(weights).eval()
    said = []
    for _, features in features_in_batches(model.encoder, np.asarray(pack.images[rows])):
        said += model.classifier(features).argmax(1).tolist()
    answers = np.array([model.expressions[place] for place in said])
    wanted = np.array([truth[row] for row in rows])
    recalls = [(answers[wanted == name] == name).mean() for name in np.unique(wanted)]
    return {
        "accuracy": 100 * float((answers == wanted).mean()),
        "mean_recall": 100 * float(np.mean(recalls)),
        "right": (answers == wanted).astype(int).tolist(),
    }


def label(pack: Pack, truth: list[str], way: str, draw: int, folder: Path) -> Path:
    """Pick faces, write the labels that are known, and return their list.

    A class with one face is left out: `adapt` wants two of each, and somebody with 50 labels would
    rather leave that face out than label another fifty.
    """
    settings = api.PickSettings(
        count=LABELS, method=way, splits=["train"], seed=draw, device="cpu", force=True
    )
    picked = api.pick(pack, folder, settings)
    with atomic_write(folder / "labels.csv") as temporary, temporary.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "label"])
        said = [(one.id, truth[one.row]) for one in picked.faces]
        counts = Counter(word for _, word in said)
        table.writerows(row for row in said if counts[row[1]] > 1)
    return folder / "labels.csv"


def prepared(work: Path, data: str) -> tuple[Pack, dict[str, list[list]]]:
    """Return the pack of the clips, made where it is not there, and what they show."""
    clips = work / "clips"
    if not clips.with_suffix(SHOWN).is_file():
        write_clips(load_pack(resolve_data_path(data)), clips, ClipSettings())
    if not (work / "pack" / "pack.json").is_file():
        settings = api.PrepareSettings(detect=True, fps=FPS, size=48)
        api.prepare(clips, work / "pack", settings)
    shown = json.loads(clips.with_suffix(SHOWN).read_text(encoding="utf-8"))["shown"]
    return load_pack(work / "pack"), shown


def measured(work: Path, pack: Pack, truth: list[str]) -> list[dict[str, Any]]:
    """Return the scores of the shipped model and of each draw of each way."""
    test = pack.rows("test")
    rows = [{"way": "shipped", "draw": 0, **scores(SHIPPED, pack, test, truth)}]
    settings = api.AdaptSettings(
        epochs=PASSES, finetune=False, splits=["train"], device="cpu", budget="4h"
    )
    encoder = work / "encoder"
    if not (encoder / "encoder.safetensors").is_file():
        resume = encoder.exists()
        api.adapt(pack, encoder, None, settings, resume=resume)
    for way in WAYS:
        for draw in range(DRAWS):
            done = work / f"{way}_{draw}.json"
            if not done.is_file():
                labels = label(pack, truth, way, draw, work / f"{way}_{draw}")
                model = work / f"{way}_{draw}_model"
                shutil.rmtree(model, ignore_errors=True)
                shutil.copytree(encoder, model)
                adapted = api.adapt(pack, model, labels, settings, resume=True)
                told = {result.encoder: 100 * result.accuracy for result in adapted.results}
                about = {"kept": adapted.kept, "cross_validated": told, "note": adapted.note}
                write_json(done, {"way": way, "draw": draw, **about})
            known = json.loads(done.read_text(encoding="utf-8"))
            weights = work / f"{way}_{draw}_model" / "model.safetensors"
            rows.append({**known, **scores(weights, pack, test, truth)})
            print({key: rows[-1][key] for key in ("way", "draw", "accuracy", "kept")}, flush=True)
    return rows


def as_markdown(result: dict[str, Any]) -> str:
    """Return the page."""
    shipped = next(row for row in result["rows"] if row["way"] == "shipped")
    lines = [
        "# Videos and 50 labels",
        "",
        f"Made by `{result['command']}`; every draw is in story.json. In miniature the story of "
        "hours of video and an afternoon: "
        f"{result['clips']} made clips ({result['minutes']:.0f} minutes; dim, blurred, noisy "
        f"cameras), {result['faces']['train']:,} faces found in those to learn from and "
        f"{result['faces']['test']:,} in those to measure on, {LABELS} labels, "
        f"{PASSES} passes of the encoder over the faces without labels.",
        "",
        "| model | labels | accuracy, % | mean recall, % | above shipped |",
        "|---|---|---|---|---|",
        f"| shipped (`{SHIPPED}`) | 0 | {shipped['accuracy']:.1f} | "
        f"{shipped['mean_recall']:.1f} | |",
    ]
    for way, word in WAYS.items():
        own = [row for row in result["rows"] if row["way"] == way]
        above = sum(row["accuracy"] > shipped["accuracy"] for row in own)
        lines.append(
            f"| adapted, {word} labels | {LABELS} | {_spread(own, 'accuracy')} | "
            f"{_spread(own, 'mean_recall')} | {above} of {len(own)} draws |"
        )
    lines += ["", *verdicts(result["rows"], result["clips_of_faces"]), ""]
    lines += [reading(result["rows"]), "", TRIED, ""]
    kept = "; ".join(
        f"{WAYS[row['way']]} {row['draw']}: {row['kept']}"
        for row in result["rows"]
        if "kept" in row
    )
    lines += [
        f"What `adapt` kept by cross-validation of the 50 labels: {kept}. The clips to learn from "
        "show faces of PublicTest and those to measure on of PrivateTest, since the shipped model "
        "has learnt the labels of the training faces. Each clip shows four faces of different "
        "people: what moves are still pictures, and no real recording. A face is measured at each "
        f"moment that `prepare --detect --fps {FPS:g}` keeps of it, so moments of one face are not "
        "independent; draws share the encoder and the test. Faces that were not found, or were "
        "left out, count for nobody: "
        f"{result['left_out'] or 'none'}.",
        "",
    ]
    return "\n".join(lines)


def _spread(rows: list[dict[str, Any]], key: str) -> str:
    found = [row[key] for row in rows]
    return f"{mean(found):.1f} ± {stdev(found):.1f}" if len(found) > 1 else f"{mean(found):.1f}"


def reading(rows: list[dict[str, Any]]) -> str:
    """Return what the table means, its numbers from the draws."""
    own = [row for row in rows if row["way"] in WAYS and row["kept"] in ("refreshed", "adapted")]
    told = [row["cross_validated"]["shipped"] for row in rows if row["way"] == "stratified"]
    shipped = next(row["accuracy"] for row in rows if row["way"] == "shipped")
    best = ", ".join(sorted({f"{row['accuracy']:.1f}" for row in own})) or "none"
    return (
        "In brackets: the 95 % interval over clips, for these draws of labels; where it holds 0 "
        "the gain is not sure. Most of it comes from the faces without labels: in "
        f"{len(own)} of {len(rows) - 1} draws `adapt` kept the shipped head on an encoder that had "
        f"seen them ({best} % each). Labels choose, and 50 choose badly: their cross-validated "
        "accuracies differ by chance as much as the candidates do, so that `adapt` keeps a head "
        "that learnt from them only where it proved better. A class without a label is unknown to "
        "whatever is kept; that is what random labels lose by. Cross-validation on picked "
        f"labels gives the shipped model {min(told):.0f} to {max(told):.0f} %, and it has "
        f"{shipped:.1f} % on the clips measured here (in the trials below 64 to 86 %, where it had "
        "64: faces of which a model is sure may say too well of it)."
    )


def verdicts(rows: list[dict[str, Any]], clips: list[str]) -> list[str]:
    """Return whether adapted beats shipped and picked beats random, in words.

    Args:
        rows: with the answers that were right, of the same faces each.
        clips: of each face: those of one are drawn together for the interval.
    """
    of = {way: [row["right"] for row in rows if row["way"] == way] for way in ("shipped", *WAYS)}
    compared = [
        (f"Adapted on {word} labels less shipped", of[way], of["shipped"] * DRAWS)
        for way, word in WAYS.items()
    ]
    compared += [
        (f"{word.capitalize()} less random labels", of[way], of["random"])
        for way, word in WAYS.items()
        if way != "random"
    ]
    lines = []
    for words, ours, theirs in compared:
        gaps = 100 * (np.array(ours) - np.array(theirs[: len(ours)]))
        above = int((gaps.mean(1) > 0).sum())
        low, high = interval(gaps.mean(0), clips)
        lines.append(
            f"* {words}: {gaps.mean():+.1f} points ({low:+.1f} to {high:+.1f}; above in {above} of "
            f"{len(gaps)} draws)."
        )
    return lines


def interval(values: np.ndarray, groups: list[str], draws: int = 2000) -> tuple[float, float]:
    """Return the 95 % interval of a mean whose groups are drawn anew, again and again.

    Example:
        >>> interval(np.ones(4), ["a", "a", "b", "c"])
        (1.0, 1.0)
    """
    names, places = np.unique(groups, return_inverse=True)
    sums = np.bincount(places, values, len(names))
    counts = np.bincount(places, minlength=len(names))
    drawn = np.random.default_rng(0).integers(0, len(names), (draws, len(names)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def main() -> None:
    """Tell the story, and write its page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="fer2013")
    parser.add_argument("--work", type=Path, default=Path("runs/story"))
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    begun = time.process_time()
    pack, shown = prepared(asked.work, asked.data)
    truth = truths(pack, shown)
    settings = ClipSettings()
    left_out = pack.info["source"].get("left_out", {})
    result = {
        "command": f"python benchmarks/story_videos.py --data {Path(asked.data).name}",
        "clips": len(shown),
        "minutes": len(shown) * settings.faces * settings.seconds / 60,
        "faces": {split: len(pack.rows(split)) for split in ("train", "test")},
        "left_out": "; ".join(f"{count:,} {reason}" for reason, count in left_out.items()),
        "clips_of_faces": [pack.ids[row].rpartition("#")[0] for row in pack.rows("test")],
        "rows": measured(asked.work, pack, truth),
        "processor_seconds": round(time.process_time() - begun),
    }
    page = as_markdown(result)
    print(page)
    if asked.out:
        write_json(asked.out / "story.json", result)
        with atomic_write(asked.out / "story.md") as temporary:
            temporary.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
