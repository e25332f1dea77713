"""The page of headline numbers: shipped weights, the run on a GPU behind them, the paper's row.

    python benchmarks/headline.py

It measures nothing: what was measured of the shipped weights stands on their cards, what the run
of headline_gpu.py measured in docs/results/headline_gpu.json and, later, in
headline_gpu_equal_time.json. Every row names the command that
measures it again. docs/results/headline.md is written.
"""

import argparse
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablation import reported_list, verdicts
from headline_gpu_table import (
    PORTS,
    arms,
    both_lists,
    details,
    encoders,
    few,
    number,
    singles,
    table,
    verdict,
)

from asdcfer.evaluation.card_results import card_results
from asdcfer.evaluation.result import Result
from asdcfer.files import atomic_write
from asdcfer.models.cards import read_card
from asdcfer.models.find_weights import WEIGHTS_FOLDER

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
DATA = ("--data", "packs/fer2013", "--ferplus", "fer2013new.csv", "--without-twins")
PAPER = ["the paper (its protocol is not stated)", "", "62.04", "", "", "", "", ""]
FORMS = {
    "plain": "the weights of the first run",
    "light_maps": "joint and key terms of weight 0.1",
    "heavy_maps": "joint term of weight 2, key term of 1",
    "both_views": "both views are shown to the student",
    "balanced": "terms scaled to equal gradients",
}
REMOVED = {
    "nothing": "all four terms",
    **{term: f"without {term}" for term in ("contrastive", "joint", "query", "key")},
}
SAMPLING = 100 * math.sqrt(0.63 * 0.37 / 7178)
"""Sampling error of 63 % over both test lists, in points."""
NAMES = {"ferplus": "FER+", "fer2013": "FER-2013"}


@dataclass(frozen=True)
class Row:
    """One row: its words, the weights, and the kind of result on their card.

    Attributes:
        title: in words.
        weights: a name of `asdcfer models`.
        kind: of the results.
        labels: label set of the weights; None for an encoder.
    """

    title: str
    weights: str
    kind: str
    labels: str | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """What comes after `asdcfer` to measure it again."""
        if self.kind == "evaluate":
            chosen = () if self.labels == "ferplus" else ("--labels", str(self.labels))
            return ("evaluate", self.weights, *chosen, *DATA)
        return ("probe", self.weights, "--kinds", self.kind, *DATA)


PROBED = [
    Row("`resnet18`, the ASDC student: linear probe of the face alone", "resnet18", "linear"),
    Row("the same, kNN", "resnet18", "knn"),
    Row("`light_encoder`: linear probe of the face alone", "light_encoder", "linear"),
    Row("the same, kNN", "light_encoder", "knn"),
]
MODELS = [
    Row(f"`{name}`{' = `default`' * (name == 'light')}", name, "evaluate", labels)
    for labels in NAMES
    for name in ("light", "resnet18_finetuned", "nano")
]


def results_of(row: Row) -> list[Result]:
    """Return the results of a row's kind, from the card of its weights."""
    card = read_card(WEIGHTS_FOLDER / f"{row.weights}.safetensors")
    if row.labels not in (None, card.get("labels")):
        card = card["label_sets"][row.labels]
    return [result for result in card_results(card) if result.kind == row.kind]


def cell(
    results: Iterable[Result],
    test_set: str,
    twins: bool = True,
    tta: str = "none",
    value: Callable[[Result], float] = lambda result: result.accuracy,
) -> str:
    """Return one number in percent, or nothing where it was not measured.

    Args:
        results: of a row.
        test_set: "private", "union" or "ferplus".
        twins: with the images that have a twin in training.
        tta: what was averaged over face and mirror image.
        value: which number of the result.
    """
    found = [
        value(result)
        for result in results
        if (result.evaluated_on, result.twins_removed is None, result.protocol.tta)
        == (test_set, twins, tta)
    ]
    return number(100 * found[0]) if found else ""


def probed() -> str:
    """Return the table of the frozen encoders, from their cards."""
    rows = [PAPER]
    for row in PROBED:
        found = results_of(row)
        lists = [
            cell(found, test_set, twins)
            for test_set in ("private", "union", "ferplus")
            for twins in (True, False)
        ]
        if any(lists):
            dim = found[0].feature.dim if found[0].feature else 0
            rows.append([row.title, f"{dim:,}", *lists])
    head = ["frozen encoder", "numbers", "PrivateTest", "without twins", "both test lists"]
    return table(rows, [*head, "without twins", "FER+", "without twins"])


def own_list(row: Row) -> str:
    """Return the name of the test list under a row's own labels."""
    return "ferplus" if row.labels == "ferplus" else "private"


def models() -> str:
    """Return the table of the shipped models, each under its own labels."""
    rows = []
    for row in MODELS:
        found, own = results_of(row), own_list(row)
        rows.append(
            [
                row.title,
                NAMES[str(row.labels)],
                cell(found, own),
                cell(found, own, twins=False),
                cell(found, own, tta="probabilities"),
                cell(found, own, twins=False, tta="probabilities"),
                cell(found, own, value=lambda result: result.mean_class_accuracy),
                cell(found, own, value=lambda result: result.calibration_error),
            ]
        )
    head = ["model", "labels", "one pass", "without twins", "with mirror", "without twins"]
    return table(rows, [*head, "mean-class, one pass", "calibration error"])


def recall() -> str:
    """Return the share of each expression's faces that were recognized."""
    rows, names = [], []
    for row in MODELS:
        (found,) = [
            result
            for result in results_of(row)
            if (result.evaluated_on, result.twins_removed, result.protocol.tta)
            == (own_list(row), None, "none")
        ]
        names = names or found.expressions
        shares = [found.per_class_recall.get(name) for name in names]
        values = [number(None if share is None else 100 * share) for share in shares]
        rows.append([row.title, NAMES[str(row.labels)], *values])
    return table(rows, ["model, one pass", "labels", *names])


def commands() -> str:
    """Return the commands of all rows."""
    lines = {" ".join(("asdcfer", *row.command)) for row in [*PROBED, *MODELS]}
    return "\n".join(f"    {line}" for line in sorted(lines))


def worth(told: dict[str, Any]) -> str:
    """Return what the stage with all four terms adds to its start, on either list."""
    private, public = (
        told["asdc"][split] - told["imitation"][split] for split in ("private", "public")
    )
    return (
        f"Over its start the stage with all four terms is worth {private:+.2f} points on "
        f"PrivateTest and {public:+.2f} on PublicTest: {(private + public) / 2:+.1f} over both, "
        "less than one deviation. The start by imitation carries the number."
    )


def gain(ablation: Path) -> str:
    """Return what the distilled student gains over contrast alone, from the ablation's results."""
    rows = json.loads(ablation.read_text(encoding="utf-8"))
    return "\n".join(verdicts(rows, reported_list(rows)))


def taught_by(teacher: str, weights: str, of: str) -> str:
    """Return a teacher in words; its weights may since have been replaced in the package.

    Example:
        >>> taught_by("light-8a0c2b0", "", of="light")
        'itself as it was in commit 8a0c2b0'
    """
    teacher, _, version = teacher.partition("-")
    if version:
        told = "itself" if teacher == of else f"`{teacher}`"
        return f"{told} as it was in commit {version}"
    now = read_card(WEIGHTS_FOLDER / f"{teacher}.safetensors")["hashes"]["weights"]
    told = "itself" if teacher == of else f"`{teacher}`"
    return told if now == weights else f"{told} as it was before"


def taught() -> list[str]:
    """Return a paragraph for each model that taught_model.py trained, from what it wrote."""
    parts = []
    for file in sorted(RESULTS.glob("taught_*.json")):
        name, told = file.stem.removeprefix("taught_"), json.loads(file.read_text(encoding="utf-8"))
        about = told.pop("about")
        ((stage, facts),) = told.items()
        if read_card(WEIGHTS_FOLDER / f"{name}.safetensors")["recipe"] != "taught_model":
            continue  # Its weights are from another training by now.
        last = facts["curve"][-1]
        teachers = facts.get("teachers", ["resnet18_finetuned"])
        hashes = read_card(WEIGHTS_FOLDER / f"{name}.safetensors").get("teachers", [])
        by = " and ".join(taught_by(*pair, of=name) for pair in zip(teachers, hashes, strict=True))
        words = [stage, "packs/fer2013", "--votes fer2013new.csv", f"--epochs {last['epoch']}"]
        words += [f"--views {facts['views']}"]
        # One teacher alone, asked for the view as it is, is what the script does unless told.
        files = [f"runs/{each}.safetensors" if "-" in each else each for each in teachers]
        words += [f"--teacher {each}" for each in files if len(files) > 1]
        words += ["--mirror"] if facts.get("mirror") else []
        words += [f"--out runs/{stage}"]
        parts.append(
            f"`{name}` ({facts['parameters']:,} numbers) is taught by {by} on a "
            f"CPU: {facts['steps']:,} updates, {last['seconds'] / 60:.0f} minutes on a machine of "
            f"{about['cores']} cores that did other work too, source {about['commit'][:7]}, seed 0 "
            f"(`python benchmarks/taught_model.py {' '.join(words)}`); its curve on "
            f"PublicTest is in {file.name}."
        )
    return parts


def ran(told: dict[str, Any]) -> list[str]:
    """Return how long a run was, on what, of which source, and its command."""
    about = told["about"]
    port = PORTS.get(about["commit"])
    same = f" (the code of {port[:7]} before the files moved)" if port else ""
    return [
        f"{about['minutes']:g} minutes ({told['finished']['seconds']:.0f} s with all measurements) "
        f"on one {about['machine']}, torch {about['torch']}, source {about['commit']}{same}, "
        "seed 0 where none is named:",
        "    python benchmarks/headline_gpu.py packs/fer2013 --votes fer2013new.csv "
        f"--minutes {about['minutes']:g} --seeds 3",
    ]


def second(told: dict[str, Any], first: dict[str, Any]) -> list[str]:
    """Return the part of the page about the second run.

    Args:
        told: headline_gpu_equal_time.json.
        first: headline_gpu.json, whose student is shipped.
    """
    wide, model = told["wide_finetuned"], told["finetuned"]
    apart = both_lists(told["asdc"]) - both_lists(first["asdc"])
    card = read_card(WEIGHTS_FOLDER / "resnet18_finetuned.safetensors")
    later = card["recipe"] == "taught_model"
    since = "was, before it was taught further (above), from" if later else "is from"
    return [
        *ran(told),
        "Every result, with its curve, is in headline_gpu_equal_time.json. Changed since the first "
        "run: the teacher's maps and queries of each face are kept and sampled in the geometry of "
        "a view, only the first view asks the student, the start has imitated the deep teacher "
        "already, and the heads begin fitted; imitation alone begins with the same head.",
        encoders(told),
        "Forms of the method were tried for a short time each with seed 9; "
        f"`{told['form']['chosen']}` is best on PublicTest and was taken for the arms, so that "
        "PublicTest favors them; imitation had no such search:",
        singles(told, "form_", FORMS),
        f"{verdict(told)} Their common start has {number(both_lists(told['teacher_imitation']))}, "
        f"the teacher {number(both_lists(told['deep_teacher']))}. The time of the four terms "
        "holds the teacher's answers and the fitting of heads; imitation's does not.",
        arms(told),
        "One term removed, for a few seconds each, seed 0; the sampling error of a number over "
        f"both lists is {SAMPLING:.2f}.",
        singles(told, "arm_without_", REMOVED),
        "The student of the arms that is best on PublicTest:",
        details(told["asdc"]),
        f"It is {apart:+.2f} points from the shipped one over both test lists (PrivateTest "
        f"{told['asdc']['private'] - first['asdc']['private']:+.2f}, PublicTest "
        f"{told['asdc']['public'] - first['asdc']['public']:+.2f}), where the sampling error is "
        f"{SAMPLING:.2f}. It is not shipped: one large file more for a difference that cannot be "
        "seen.",
        few(told),
        f"`resnet18_finetuned` ({model['parameters']:,} numbers) {since} this run: from its own "
        f"end, {model['steps']:,} updates in {model['seconds']:.0f} s under the mean answer of a "
        f"fine-tuned deep teacher (width 96, {wide['parameters']:,} numbers, "
        f"{number(wide['private']['ferplus'])} under FER+ labels and "
        f"{number(wide['private']['fer2013'])} under FER-2013's, one pass; half of what taught it "
        "was said by the other three; too large to ship), itself as it was before, `light` and "
        "`nano`.",
    ]


def page(told: dict[str, Any], later: dict[str, Any]) -> str:
    """Return the page as Markdown.

    Args:
        told: headline_gpu.json.
        later: headline_gpu_equal_time.json.
    """
    parts = [
        "# Headline",
        "FER-2013, accuracy in percent; one number on PrivateTest has a sampling error of 0.8 "
        "points. Nothing is chosen on PrivateTest: penalties, k and temperatures are chosen on "
        "PublicTest. Twins: near duplicates of training faces (`asdcfer audit`). This page is made "
        "by `python benchmarks/headline.py`.",
        "## The shipped weights",
        "Measured from the files in the package on a CPU, seed 0; intervals and confusions are on "
        "their cards (`asdcfer models --json`).",
        probed(),
        "Each model below is one encoder with a linear classifier for each label set, learnt from "
        "all training labels. The default answer is that of ten people's votes (FER+: the majority "
        "of them, eight expressions); `--labels fer2013` asks for FER-2013's own. One pass is what "
        "`predict` does; a second one over the mirror image adds about half a point. Mean-class is "
        "lower because disgust and contempt are rare.",
        models(),
        "The share of each expression's faces that is recognized:",
        recall(),
        "Each is measured again by one of",
        commands(),
        "What int8 costs is in [int8_accuracy.md](int8_accuracy.md), how fast it is in "
        "[recognition_speed.md](recognition_speed.md), and beside other tools in "
        "[beside_tools.md](beside_tools.md) (`resnet18_finetuned` there as it was in commit "
        "981d30c). What 250 labels an expression come to by the protocol of published "
        "semi-supervised work is in [few_labels.md](few_labels.md).",
        "## The first run",
        *ran(told),
        "Every result, with its curve, is in headline_gpu.json.",
        *taught(),
        encoders(told),
        worth(told),
        details(told["asdc"]),
        "### Equal time from one start",
        verdict(told),
        arms(told),
        "### Few labels",
        few(told),
        "## The second run: equal time again",
        *second(later, told),
        "## The distilled student over the same student by contrast alone",
        "Recipe fer2013_small, PrivateTest, points of accuracy; each term removed once, and all "
        "rows, in [ablation.md](ablation.md); `light_encoder` is there that of version 0.1.0.",
        gain(RESULTS / "ablation.json"),
    ]
    return "\n\n".join(parts) + "\n"


def runs() -> list[dict[str, Any]]:
    """Return what both runs on a GPU measured, the first first."""
    return [
        json.loads((RESULTS / name).read_text(encoding="utf-8"))
        for name in ("headline_gpu.json", "headline_gpu_equal_time.json")
    ]


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=RESULTS / "headline.md")
    options = parser.parse_args()
    with atomic_write(options.out) as temporary:
        temporary.write_text(page(*runs()), encoding="utf-8")
    print(options.out)


if __name__ == "__main__":
    main()
