"""The headline numbers from the shipped weights, each by one command of the package, in one table.

    # runs what is missing, then writes docs/results/headline.md
    python benchmarks/headline.py --data packs/fer2013
    # the table alone, from the files that are there
    python benchmarks/headline.py --data packs/fer2013 --table-only

Every row keeps the files that its command wrote under --runs, and is not measured twice: interrupt
it and start it again. A row whose files are of other weights than the package now holds is refused;
remove its folder. What is chosen is chosen on PublicTest.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablation import PATCHES, reported_list, verdicts

from asdcfer.cli.main import app
from asdcfer.evaluation.probes.features import repooled
from asdcfer.evaluation.result import read_result
from asdcfer.files import atomic_write, write_json
from asdcfer.models.weights import load_encoder, load_model, weights_hash

ROOT = Path(__file__).parents[1]
COLUMNS = {
    ("private", False): "PrivateTest",
    ("private", True): "without twins",
    ("union", False): "PublicTest + PrivateTest",
    ("ferplus", False): "FER+",
}
"""(Test set, whether its images with a twin in training are left out) -> heading."""


@dataclass(frozen=True)
class Row:
    """One row: its words, the weights, the command that measures them, and the kind of its results.

    The command is what comes after `asdcfer`, without data and folder. The weights are shipped, or
    made by the command `first`, into their name's folder under --runs.
    """

    title: str
    weights: str
    command: tuple[str, ...]
    kind: str
    folder: str
    first: tuple[str, ...] = ()


PLAIN = ("--kinds", "linear,knn", "--without-twins")
BOTH = ("--kinds", "linear,knn", "--tta", "features", "--without-twins")
FEW = (
    "--kinds",
    "few_labels",
    "--shares",
    "",
    "--labels-per-class",
    "250",
    "--draws",
    "3",
    "--tta",
    "features",
    "--without-twins",
)
ROWS = [
    Row(
        "`resnet18`, linear probe, mean feature of face and mirror image",
        "resnet18",
        ("probe", "resnet18", *BOTH),
        "linear",
        "resnet18_mirror",
    ),
    Row(
        "`resnet18`, linear probe, the face alone",
        "resnet18",
        ("probe", "resnet18", *PLAIN),
        "linear",
        "resnet18",
    ),
    Row(
        "`resnet18`, kNN, the face alone",
        "resnet18",
        ("probe", "resnet18", *BOTH),
        "knn",
        "resnet18_mirror",
    ),
    Row(
        "`resnet18`, globally pooled, linear probe, mean of face and mirror image",
        "resnet18",
        ("probe", "resnet18", "--pooling", "global", *BOTH),
        "linear",
        "resnet18_global",
    ),
    Row(
        "`resnet18`, globally pooled, kNN, the face alone",
        "resnet18",
        ("probe", "resnet18", "--pooling", "global", *BOTH),
        "knn",
        "resnet18_global",
    ),
    Row(
        "`resnet18`, linear probe with 250 labels a class, mean of face and mirror image",
        "resnet18",
        ("probe", "resnet18", *FEW),
        "few_labels",
        "resnet18_250",
    ),
    Row(
        "`light_encoder`, linear probe, mean feature of face and mirror image",
        "light_encoder",
        ("probe", "light_encoder", *BOTH),
        "linear",
        "light_mirror",
    ),
    Row(
        "`light_encoder`, linear probe, the face alone",
        "light_encoder",
        ("probe", "light_encoder", *PLAIN),
        "linear",
        "light",
    ),
    Row(
        "`light_encoder`, kNN, the face alone",
        "light_encoder",
        ("probe", "light_encoder", *BOTH),
        "knn",
        "light_mirror",
    ),
    Row(
        "`patches`: k-means features, 160 centroids, no network, linear probe",
        "patches",
        ("probe", "patches/teacher", *PLAIN),
        "linear",
        "patches",
        ("pretrain", "--recipe", "fer2013_small", *PATCHES),
    ),
    Row(
        "the same, kNN",
        "patches",
        ("probe", "patches/teacher", *PLAIN),
        "knn",
        "patches",
        ("pretrain", "--recipe", "fer2013_small", *PATCHES),
    ),
    Row(
        "`resnet18_finetuned`, all labels, one model, test-time flip",
        "resnet18_finetuned",
        ("evaluate", "resnet18_finetuned", "--without-twins"),
        "evaluate",
        "resnet18_finetuned",
    ),
    Row(
        "the same, no flip",
        "resnet18_finetuned",
        ("evaluate", "resnet18_finetuned", "--no-tta", "--without-twins"),
        "evaluate",
        "resnet18_finetuned_no_flip",
    ),
    Row(
        "`light` = `default`, all labels, one model, test-time flip",
        "light",
        ("evaluate", "light", "--without-twins"),
        "evaluate",
        "light_finetuned",
    ),
    Row(
        "the same, no flip",
        "light",
        ("evaluate", "light", "--no-tta", "--without-twins"),
        "evaluate",
        "light_finetuned_no_flip",
    ),
]


def main() -> None:
    """Measure what is missing, then write the table from the files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="a pack of FER-2013")
    parser.add_argument("--ferplus", type=Path, help="fer2013new.csv, for the column FER+")
    parser.add_argument("--runs", type=Path, default=Path("runs/headline"))
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "docs" / "results" / "headline",
        help="gets .md and .json",
    )
    parser.add_argument("--table-only", action="store_true", help="measure nothing")
    options = parser.parse_args()
    for row in ROWS:
        folder = options.runs / row.folder
        if not options.table_only and not any(folder.glob("*.json")):
            votes = ["--ferplus", str(options.ferplus)] if options.ferplus else []
            if row.first:
                type_command(
                    *row.first,
                    "--data",
                    options.data,
                    "--out",
                    options.runs / row.weights,
                    "--resume",
                )
            type_command(
                row.command[0],
                place_of(row, options.runs),
                *row.command[2:],
                "--data",
                options.data,
                *votes,
                "--out",
                folder,
            )
    found = [
        {
            "row": row.title,
            "weights": row.weights,
            "command": " ".join(("asdcfer", *row.command)),
            **value,
        }
        for row in ROWS
        for value in results_of(row, options.runs)
    ]
    write_json(options.out.with_suffix(".json"), found)
    with atomic_write(options.out.with_suffix(".md")) as temporary:
        temporary.write_text(
            table(found) + gain(options.out.parent / "ablation.json"), encoding="utf-8"
        )
    print(options.out.with_suffix(".md").read_text(encoding="utf-8"))


def type_command(*words: object) -> None:
    """Run a command in this process, as a reader of the table would type it.

    The command line, and not `asdcfer.api` below it: what is published is the command.
    """
    print("$ asdcfer " + " ".join(map(str, words)), flush=True)
    app([str(word) for word in words], standalone_mode=False)


def results_of(row: Row, runs: Path) -> list[dict[str, Any]]:
    """Return what a row's command wrote of the row's kind."""
    paths = sorted((runs / row.folder).glob("*.json"))
    if not paths:
        return []
    shipped = hash_of(row, runs)
    values = [value for value in map(read_result, paths) if value.kind == row.kind]
    tta = row.command[row.command.index("--tta") + 1] if "--tta" in row.command else "none"
    for value in values:
        flip = "none" if "--no-tta" in row.command else "probabilities"
        wanted = {"evaluate": flip, "knn": "none"}.get(row.kind, tta)
        if value.protocol.tta != wanted:
            sys.exit(
                f"{runs / row.folder} was not measured by the command of the row {row.title!r}; "
                "remove the folder and start again"
            )
        if value.weights_hash != shipped:
            sys.exit(
                f"{runs / row.folder} was measured with other weights than {row.weights} holds "
                "now; remove the folder and start again"
            )
    kept = (
        "kind",
        "evaluated_on",
        "twins_removed",
        "accuracy",
        "interval",
        "mean_class_accuracy",
        "macro_f1",
        "images",
        "feature",
        "protocol",
        "hyperparameters",
        "weights_hash",
        "commit",
        "seed",
        "labels_used",
    )
    plain = [value.as_json() for value in values]
    return [{key: value[key] for key in kept if key in value} for value in plain]


def list_of(value: dict[str, Any]) -> tuple[str, bool]:
    """Return the test set of a result, and whether it is without twins: a key of `COLUMNS`."""
    return value["evaluated_on"], value.get("twins_removed") is not None


def place_of(row: Row, runs: Path) -> str:
    """Return the encoder or model that a row's command measures.

    It is a shipped name, or the folder under `runs` that the row's first command filled.
    """
    return str(runs / row.command[1]) if row.first else row.command[1]


def hash_of(row: Row, runs: Path) -> str:
    """Return the hash that a row's results must carry.

    It is that of its weights, under the pooling that its command asks for.
    """
    if row.command[0] == "evaluate":
        return weights_hash(load_model(row.weights))
    pooling = (
        row.command[row.command.index("--pooling") + 1] if "--pooling" in row.command else None
    )
    return weights_hash(repooled(load_encoder(place_of(row, runs)), pooling, None))


def table(found: list[dict[str, Any]]) -> str:
    """Return the table as markdown; several draws of labels become their mean and range."""
    lines = [
        "# Headline: the shipped weights on FER-2013",
        "",
        (
            "Made by `python benchmarks/headline.py --data packs/fer2013 --ferplus "
            "fer2013new.csv`; each row's command, protocol and interval are in headline.json. "
            "Accuracy in per"
        ),
        (
            "cent, one seed. `patches` has learnt no network at all. `resnet18` and "
            "`light_encoder` have learnt from the 28,709 training faces without labels and stay "
            "frozen under their"
        ),
        (
            "probes; `resnet18_finetuned` and `light` are these two trained further with all "
            "labels. Every choice is made on PublicTest. Twins: near duplicates of training faces"
        ),
        (
            "(`asdcfer audit`). Where a row says mirror image, training and test faces are seen "
            "with it; where it says flip, test faces are."
        ),
        "",
        "| | feature | " + " | ".join(COLUMNS.values()) + " | mean-class |",
        "|---|---|" + "---|" * (len(COLUMNS) + 1),
    ]
    for row in ROWS:
        values = [
            value
            for value in found
            if (value["row"], value["command"]) == (row.title, " ".join(("asdcfer", *row.command)))
            and value["kind"] == row.kind
        ]
        if not values:
            lines.append(f"| {row.title} | not measured |" + " |" * (len(COLUMNS) + 1))
            continue
        feature = values[0].get("feature") or {}
        cells = [
            cell([value["accuracy"] for value in values if list_of(value) == column])
            for column in COLUMNS
        ]
        cells.append(
            cell(
                [
                    value["mean_class_accuracy"]
                    for value in values
                    if list_of(value) == ("private", False)
                ]
            )
        )
        lines.append(
            f"| {row.title} | {feature.get('pooling', '')}, {feature.get('dim', 0):,} | "
            f"{' | '.join(cells)} |"
        )
    return "\n".join(lines) + "\n"


def gain(ablation: Path) -> str:
    """Return what the distilled student gains over the same student by contrast alone.

    It is read from the ablation's results, where there are any.
    """
    if not ablation.is_file():
        return ""
    rows = json.loads(ablation.read_text(encoding="utf-8"))
    told = verdicts(rows, reported_list(rows))
    return "\n".join(
        [
            "",
            "## The distilled student over the same student by contrast alone",
            "",
            "Recipe fer2013_small, PrivateTest, points of accuracy; all rows in ablation.md.",
            "",
            *told,
            "",
        ]
    )


def cell(values: list[float]) -> str:
    """Return one number in per cent, or mean and range of several.

    >>> cell([0.5]), cell([0.5, 0.52]), cell([])
    ('50.00', '51.00 (50.00 to 52.00)', '')
    """
    if not values:
        return ""
    mean = f"{100 * sum(values) / len(values):.2f}"
    return (
        mean if len(values) == 1 else f"{mean} ({100 * min(values):.2f} to {100 * max(values):.2f})"
    )


if __name__ == "__main__":
    main()
