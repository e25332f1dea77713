"""What each part of the method gives, over several seeds, in one table.

    # the table of docs/results/ablation.md
    python benchmarks/ablation.py --data packs/fer2013
    # the same on the bundled faces, to try it
    python benchmarks/ablation.py --data sample --recipe sample --seeds 0

The parts: teacher, student alone, student with each term removed, full student. Every row is a run,
kept under --runs and never made twice: interrupt it and start it again. The
student that is trained by contrast alone gets the time that the full student takes, not its number
of epochs; the two times are measured side by side (equal_time.py). The teacher is trained once,
with the first seed: the other seeds repeat the students. Rows that --out holds from earlier and
that are not under --runs stay in the table, where they were made under the same teacher, bit for
bit.
"""

import argparse
import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any

from equal_time import by_contrast_alone, seconds_ratio

from asdcfer import api
from asdcfer.cli.console_progress import ConsoleProgress
from asdcfer.evaluation.result import read_result
from asdcfer.files import atomic_write, write_json
from asdcfer.training.pretrain.recipe_files import load_recipe

REMOVALS = {
    "without joint feature distillation": ["student.options.w_joint=0"],
    "without query imitation": ["student.options.w_query=0"],
    "without facial key feature guidance": ["student.options.w_key=0"],
    "without contrast": ["student.options.w_contrastive=0"],
}
KINDS = ("knn", "linear")
PATCHES = (
    "teacher.method=fit",
    "teacher.options={}",
    (
        "teacher.encoder={name: patches, arguments: {centroids: 160, grid: 5}, pooling: grid, "
        "pooling_arguments: {cells: 5}}"
    ),
)
"""Overrides that make a recipe's teacher the k-means features of patches, in 8,000 dimensions."""


def main() -> None:
    """Run what is missing, then write the table from the JSON files of the probes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", required=True, help="a pack with the splits train, public and private, or: sample"
    )
    parser.add_argument("--recipe", default="fer2013_small")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument(
        "--out", type=Path, default=Path("docs/results/ablation"), help="gets .md and .json"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--rows",
        choices=["all", "main", "removals"],
        default="all",
        help=(
            "main: only the full student and the student by contrast alone; removals: only the "
            "others"
        ),
    )
    parser.add_argument(
        "--teacher",
        type=Path,
        help="take this teacher's weights (of an earlier run of this) and train none",
    )
    parser.add_argument(
        "--stronger-teacher",
        help=(
            "an encoder (a name of `asdcfer models`) that the full student learns under in a "
            "further row"
        ),
    )
    parser.add_argument(
        "--table-only", action="store_true", help="write the table from the runs that are there"
    )
    options = parser.parse_args()
    teacher = options.teacher
    for seed in [] if options.table_only else options.seeds:
        teacher = run_seed(
            options.recipe,
            options.data,
            options.runs / f"seed{seed}",
            seed,
            teacher,
            options.rows,
            options.stronger_teacher,
        )
    rows = gathered(options.runs)
    before = options.out.with_suffix(".json")
    if before.is_file() and options.teacher:
        card = json.loads(options.teacher.with_suffix(".json").read_text(encoding="utf-8"))
        rows = joined(
            rows, json.loads(before.read_text(encoding="utf-8")), card["hashes"]["weights"]
        )
    write_json(options.out.with_suffix(".json"), rows)
    with atomic_write(options.out.with_suffix(".md")) as temporary:
        temporary.write_text(table(rows, options), encoding="utf-8")
    print(options.out.with_suffix(".md").read_text(encoding="utf-8"))


def run_seed(
    recipe: str,
    data: str,
    folder: Path,
    seed: int,
    teacher: Path | None,
    rows: str,
    stronger: str | None,
) -> Path:
    """Train and probe every row of one seed; return the teacher's weights."""
    full = folder / "full"
    if rows == "removals" and teacher is None:
        sys.exit("--rows removals trains no teacher; give one with --teacher")

    def learnt(row: Path, taught_by: Path | str | None, *overrides: str) -> None:
        """Train and probe the student of one row."""
        settings = load_recipe(recipe, [f"seed={seed}", *overrides])
        with ConsoleProgress("steps") as progress:
            progress.message(f"{row}: {' '.join(overrides)}")
            api.distill(settings, data, row, teacher=taught_by, resume=True, progress=progress)
        measured(row, data)

    if rows != "removals":
        if teacher is None:
            with ConsoleProgress("") as progress:
                settings = load_recipe(recipe, [f"seed={seed}"])
                api.run(settings, data, full, resume=True, progress=progress)
            teacher = full / "teacher" / "encoder.safetensors"
        else:
            learnt(full, teacher)
        equal = f"student.epochs={epochs_of_equal_time(recipe, folder)}"
        learnt(folder / "student_by_contrast_alone", None, *by_contrast_alone(recipe), equal)
        if stronger:
            learnt(folder / f"full_ASDC_student_under_{stronger}", stronger)
    if rows != "main":
        for name, overrides in REMOVALS.items():
            learnt(folder / name.replace(" ", "_"), teacher, *overrides)
        patches = folder / "patches"
        with ConsoleProgress("steps") as progress:
            settings = load_recipe(recipe, [f"seed={seed}", *PATCHES])
            api.pretrain(settings, data, patches, resume=True, progress=progress)
        measured(patches, data, "teacher")
    return teacher


def measured(run: Path, data: str, section: str = "student") -> None:
    """Probe what a run has trained."""
    with ConsoleProgress() as progress:
        settings = api.ProbeSettings(kinds=KINDS)
        api.probe(run / section, data, settings, out=run / "probes", progress=progress)


def epochs_of_equal_time(recipe: str, folder: Path) -> int:
    """Return how many epochs of contrast alone take as long as the full student.

    Steps of both alternate in one process; they are measured once for all seeds.
    """
    place = folder.parent / "equal_time.json"
    if not place.is_file():
        full, alone = load_recipe(recipe, []), load_recipe(recipe, by_contrast_alone(recipe))
        write_json(
            place,
            {
                "recipe": recipe,
                "full_over_alone": seconds_ratio(full, alone),
                "epochs": full.student.epochs,
            },
        )
    told = json.loads(place.read_text(encoding="utf-8"))
    return math.ceil(told["full_over_alone"] * told["epochs"])


def gathered(runs: Path) -> list[dict[str, Any]]:
    """Return one entry a result: row, seed, kind, pooling, list, numbers and their origin."""
    rows = []
    for folder in sorted(runs.glob("seed*")):
        seed = int(folder.name.removeprefix("seed"))
        for place in sorted(folder.glob("*/probes/*.json")):
            value = read_result(place)
            name = title_of(place.parent.parent.name)
            if value.kind not in KINDS or value.feature is None:
                continue
            row = {
                "full": {
                    "random": "random encoder",
                    "teacher": "teacher",
                    "student": "full ASDC student",
                }
            }.get(name, {}).get(value.encoder, name)
            run = json.loads((place.parent.parent / "run.json").read_text(encoding="utf-8"))
            seconds = run["stages"]
            rows.append(
                {
                    "row": row,
                    "seed": seed,
                    "kind": value.kind,
                    "pooling": value.feature.pooling,
                    "dim": value.feature.dim,
                    "evaluated_on": value.test_set,
                    "accuracy": value.accuracy,
                    "mean_class_accuracy": value.mean_class_accuracy,
                    "recipe": value.recipe,
                    "commit": value.commit,
                    "protocol": value.protocol.model_dump(mode="json"),
                    "weights_hash": value.weights_hash,
                    "command": run["command"],
                    "steps": {
                        stage: told["effective"]["total_steps"]
                        for stage, told in seconds.items()
                        if isinstance(told, dict) and told.get("effective", {}).get("total_steps")
                    },
                    "training_seconds": {
                        stage: round(told["seconds"], 1)
                        for stage, told in seconds.items()
                        if isinstance(told, dict) and "seconds" in told
                    },
                }
            )
    return rows


def joined(
    rows: list[dict[str, Any]], before: list[dict[str, Any]], teacher: str
) -> list[dict[str, Any]]:
    """Return results, and earlier ones that belong to a teacher of this hash.

    Earlier results are those of rows and seeds that are not among the new ones.

    >>> old = [
    ...     {"row": "teacher", "seed": 0, "weights_hash": "abc"},
    ...     {"row": "without contrast", "seed": 0, "weights_hash": "xyz"},
    ... ]
    >>> new = [{"row": "without contrast", "seed": 0, "weights_hash": "123"}]
    >>> [(r["row"], r["weights_hash"]) for r in joined(new, old, "abc")]
    [('teacher', 'abc'), ('without contrast', '123')]
    >>> joined(new, old, "other") == new
    True
    """
    if teacher not in {r["weights_hash"] for r in before if r["row"] == "teacher"}:
        return rows
    made = {(r["row"], r["seed"]) for r in rows}
    return sorted(
        [r for r in before if (r["row"], r["seed"]) not in made] + rows,
        key=lambda r: (r["seed"], r["row"]),
    )


def title_of(folder: str) -> str:
    """Return a row's words for the folder of its run; the name of an encoder stays a name.

    >>> title_of("without_contrast"), title_of("full_ASDC_student_under_light_encoder")
    ('without contrast', 'full ASDC student under `light_encoder`')
    """
    words, under, encoder = folder.partition("_under_")
    return words.replace("_", " ") + (f" under `{encoder}`" if under else "")


def table(rows: list[dict[str, Any]], options: argparse.Namespace) -> str:
    """Return the table as markdown: mean and deviation over the seeds, in per cent."""
    order = [
        "random encoder",
        "patches",
        "student by contrast alone",
        "teacher",
        *REMOVALS,
        "full ASDC student",
    ]
    order += sorted({r["row"] for r in rows} - set(order))
    test_sets = reported_list(rows)
    stronger = "".join(f" --stronger-teacher {row.split('`')[1]}" for row in order if "`" in row)
    lines = [
        f"# Ablation: recipe {options.recipe}",
        "",
        f"Made by `python benchmarks/ablation.py --data {Path(options.data).name} --recipe "
        f"{options.recipe}{stronger}`; raw numbers in {options.out.name}.json. "
        "Accuracy in per cent on PrivateTest, everything chosen on PublicTest; "
        "mean and deviation over the seeds.",
        "",
        "| encoder | feature | kNN | linear probe | mean-class (linear) | seeds |",
        "|---|---|---|---|---|---|",
    ]
    found = {(r["row"], r["pooling"], r["dim"]) for r in rows}
    for name in order:
        for _, pooling, dim in sorted(key for key in found if key[0] == name):
            chosen = [
                r
                for r in rows
                if (r["row"], r["pooling"], r["dim"]) == (name, pooling, dim)
                and r["evaluated_on"] in test_sets
            ]
            cells = [spread([r["accuracy"] for r in chosen if r["kind"] == kind]) for kind in KINDS]
            cells.append(
                spread([r["mean_class_accuracy"] for r in chosen if r["kind"] == "linear"])
            )
            lines.append(
                f"| {name} | {pooling}, {dim} | {' | '.join(cells)} | "
                f"{len({r['seed'] for r in chosen})} |"
            )
    return (
        "\n".join(
            [
                *lines,
                "",
                *verdicts(rows, test_sets),
                *conditions(rows, options.runs / "equal_time.json"),
            ]
        )
        + "\n"
    )


def conditions(rows: list[dict[str, Any]], equal_time: Path) -> list[str]:
    """Return under which conditions the rows were made.

    They are steps of the students, the time of one against the other, and the teacher they share.
    """
    names, lines = ("full ASDC student", "student by contrast alone"), []
    for seed in sorted({r["seed"] for r in rows}):
        full, alone = (
            {
                r["steps"]["student"]
                for r in rows
                if (r["row"], r["seed"]) == (name, seed) and r.get("steps", {}).get("student")
            }
            for name in names
        )
        if len(full) == len(alone) == 1:
            lines.append(
                f"* Steps with seed {seed}: {min(full):,} of the full student, {min(alone):,} of "
                "contrast alone."
            )
    if equal_time.is_file():
        told = json.loads(equal_time.read_text(encoding="utf-8"))
        lines.append(
            "* Equal time: a step of the full student, its frozen teacher's passes included, "
            f"takes {told['full_over_alone']:.2f} steps of contrast alone (both in turns in one "
            "process); "
            "epochs are rounded up in favour of contrast alone. The seconds in the JSON file are "
            "those of a machine that did other work as well. The teacher's own training counts "
            "for no student."
        )
    if (
        len({r["weights_hash"] for r in rows if r["row"] == "teacher" and r["pooling"] == "stages"})
        == 1
    ):
        lines.append(
            "* All students of this table have learnt from one teacher: the deviations hold the "
            "students' seeds, and nothing of what another teacher would change."
        )
    return lines


def reported_list(rows: list[dict[str, Any]]) -> list[str]:
    """Return the name of the list of images that tables report, PrivateTest, as a list of one.

    The list is empty where no row has it.
    """
    return sorted(
        {
            r["evaluated_on"]
            for r in rows
            if "private" in r["evaluated_on"] and "+" not in r["evaluated_on"]
        },
        key=len,
    )[:1]


def verdicts(rows: list[dict[str, Any]], test_sets: list[str]) -> list[str]:
    """Return what the full students gain over contrast alone in the students' own pooling.

    The deviations over the seeds stand beside it.
    """

    def values(name: str, kind: str) -> list[float]:
        return [
            100 * r["accuracy"]
            for r in rows
            if (r["row"], r["kind"]) == (name, kind)
            and r["evaluated_on"] in test_sets
            and r["pooling"] in own
        ]

    alone = "student by contrast alone"
    own, lines = {r["pooling"] for r in rows if r["row"] == alone}, []
    for name in sorted({r["row"] for r in rows if r["row"].startswith("full ASDC student")}):
        for kind, words in zip(KINDS, ("kNN", "linear probe"), strict=True):
            mine, theirs = values(name, kind), values(alone, kind)
            if min(len(mine), len(theirs)) < 2:
                continue
            gain, spreads = (
                statistics.mean(mine) - statistics.mean(theirs),
                (statistics.stdev(mine), statistics.stdev(theirs)),
            )
            word = "beyond" if gain > max(spreads) else "not beyond"
            lines.append(
                f"* {name}, {words}: {gain:+.1f} over contrast alone for equal time, {word} the "
                f"seeds' deviations ({spreads[0]:.1f} and {spreads[1]:.1f})."
            )
    return lines


def spread(values: list[float]) -> str:
    """Return mean and deviation in per cent.

    >>> spread([0.5, 0.52]), spread([])
    ('51.0 +- 1.4', '')
    """
    if not values:
        return ""
    deviation = f" +- {100 * statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * statistics.mean(values):.1f}{deviation}"


if __name__ == "__main__":
    main()
