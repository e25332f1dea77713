"""What each part of the method gives: teacher, student alone, student with each term removed, full student; several seeds, one table.

    python benchmarks/ablation.py --data packs/fer2013                       # the table of docs/results/ablation.md
    python benchmarks/ablation.py --data sample --recipe sample --seeds 0    # the same on the bundled faces, to try it

Every row is a run of the command line, kept under --runs and never made twice: interrupt it and start it again. The student that is trained by contrast
alone gets the wall-clock time that the full student took, not its number of epochs. Only one thing may run on the machine while times are compared.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from asdcfer.files import write_json, written_whole

REMOVALS = {
    "without joint feature distillation": ["student.options.w_joint=0"],
    "without query imitation": ["student.options.w_query=0"],
    "without facial key feature guidance": ["student.options.w_key=0"],
    "without contrast": ["student.options.w_contrastive=0"],
}
KINDS = ("knn", "linear")


def main() -> None:
    """Run what is missing, then write the table from the JSON files of the probes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a pack with the splits train, public and private, or: sample")
    parser.add_argument("--recipe", default="fer2013_small")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--out", type=Path, default=Path("docs/results/ablation"), help="gets .md and .json")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--table-only", action="store_true", help="write the table from the runs that are there")
    options = parser.parse_args()
    for seed in [] if options.table_only else options.seeds:
        run_seed(options.recipe, options.data, options.runs / f"seed{seed}", seed)
    rows = gathered(options.runs, options.seeds)
    write_json(options.out.with_suffix(".json"), rows)
    with written_whole(options.out.with_suffix(".md")) as temporary:
        temporary.write_text(table(rows, options), encoding="utf-8")
    print(options.out.with_suffix(".md").read_text(encoding="utf-8"))


def run_seed(recipe: str, data: str, folder: Path, seed: int) -> None:
    """Train and probe every row of one seed."""
    full = folder / "full"
    asdcfer("run", "--recipe", recipe, "--data", data, "--out", full, "--resume", f"seed={seed}")
    teacher = full / "teacher" / "encoder.safetensors"
    for name, overrides in REMOVALS.items():
        out = folder / name.replace(" ", "_")
        asdcfer("distil", "--recipe", recipe, "--data", data, "--out", out, "--teacher", teacher, "--resume", f"seed={seed}", *overrides)
        asdcfer("probe", out, "--data", data, "--kinds", ",".join(KINDS), "--out", out / "probes")
    alone = folder / "student_by_contrast_alone"
    epochs = epochs_of_equal_time(recipe, data, folder, full, seed)
    asdcfer("distil", "--recipe", recipe, "--data", data, "--out", alone, "--resume", f"seed={seed}", "student.method=moco", f"student.epochs={epochs}")
    asdcfer("probe", alone, "--data", data, "--kinds", ",".join(KINDS), "--out", alone / "probes")
    patches = folder / "patches"
    fit = ["teacher.method=fit", "teacher.options={}", "teacher.encoder={name: patches, arguments: {centroids: 160, grid: 5}, pooling: grid, pooling_arguments: {cells: 5}}"]
    asdcfer("pretrain", "--recipe", recipe, "--data", data, "--out", patches, "--resume", f"seed={seed}", *fit)
    asdcfer("probe", patches / "teacher", "--data", data, "--kinds", ",".join(KINDS), "--out", patches / "probes")


def epochs_of_equal_time(recipe: str, data: str, folder: Path, full: Path, seed: int) -> int:
    """Return how many epochs of contrast alone take as long as the full student did, from one timed epoch."""
    trial = folder / "timing"
    asdcfer("distil", "--recipe", recipe, "--data", data, "--out", trial, "--resume", f"seed={seed}", "student.method=moco", "student.epochs=1", "student.resolution=[]")
    stages = [json.loads((place / "run.json").read_text(encoding="utf-8"))["stages"]["student"] for place in (full, trial)]
    settings = yaml.safe_load((full / "recipe.yaml").read_text(encoding="utf-8"))["student"]
    return math.ceil(stages[0]["seconds"] / (stages[1]["seconds"] * mean_area(settings)))


def mean_area(settings: dict[str, Any]) -> float:
    """Return the mean cost of a step under progressive resolution, relative to the full size.

    >>> mean_area({"resolution": [[0.0, 24], [0.5, 48]], "views": {"size": 48}})
    0.625
    """
    marks = settings["resolution"] or [[0.0, settings["views"]["size"]]]
    ends = [start for start, _ in marks[1:]] + [1.0]
    return sum((end - start) * (size / settings["views"]["size"]) ** 2 for (start, size), end in zip(marks, ends, strict=True))


def asdcfer(*words: object) -> None:
    """Run one command of the package; stop where it fails."""
    command = [sys.executable, "-m", "asdcfer", *map(str, words)]
    print("$ asdcfer " + " ".join(map(str, words)), flush=True)
    done = subprocess.run(command, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def gathered(runs: Path, seeds: list[int]) -> list[dict[str, Any]]:
    """Return one entry a result: row, seed, kind, pooling, list, numbers and where they came from."""
    rows = []
    for seed in seeds:
        for place in sorted((runs / f"seed{seed}").glob("*/probes/*.json")):
            value = json.loads(place.read_text(encoding="utf-8"))
            name = place.parent.parent.name.replace("_", " ")
            if value.get("kind") not in KINDS or name == "timing":
                continue
            row = {"full": {"random": "random encoder", "teacher": "teacher", "student": "full ASDC student"}}.get(name, {}).get(value.get("encoder"), name)
            seconds = json.loads((place.parent.parent / "run.json").read_text(encoding="utf-8"))["stages"]
            rows.append({
                "row": row, "seed": seed, "kind": value["kind"], "pooling": value["feature"]["pooling"], "dim": value["feature"]["dim"],
                "evaluated_on": value["evaluated_on"], "accuracy": value["accuracy"], "mean_class_accuracy": value["mean_class_accuracy"],
                "recipe": value["recipe"], "commit": value["commit"], "protocol": value["protocol"], "weights_hash": value["weights_hash"],
                "training_seconds": {stage: round(told["seconds"], 1) for stage, told in seconds.items() if isinstance(told, dict) and "seconds" in told},
            })  # fmt: skip
    return rows


def table(rows: list[dict[str, Any]], options: argparse.Namespace) -> str:
    """Return the table as markdown: mean and deviation over the seeds, in per cent."""
    order = ["random encoder", "patches", "student by contrast alone", "teacher", *REMOVALS, "full ASDC student"]
    lists = sorted({r["evaluated_on"] for r in rows if "private" in r["evaluated_on"] and "+" not in r["evaluated_on"]}, key=len)[:1]
    lines = [
        f"# Ablation: recipe {options.recipe}",
        "",
        f"Made by `python benchmarks/ablation.py --data {Path(options.data).name} --recipe {options.recipe}`; raw numbers in {options.out.name}.json. "
        "Accuracy in per cent on PrivateTest, everything chosen on PublicTest; mean and deviation over the seeds.",
        "",
        "| encoder | feature | kNN | linear probe | mean-class (linear) | seeds |",
        "|---|---|---|---|---|---|",
    ]
    found = {(r["row"], r["pooling"], r["dim"]) for r in rows}
    for name in order:
        for _, pooling, dim in sorted(key for key in found if key[0] == name):
            chosen = [r for r in rows if (r["row"], r["pooling"], r["dim"]) == (name, pooling, dim) and r["evaluated_on"] in lists]
            cells = [spread([r["accuracy"] for r in chosen if r["kind"] == kind]) for kind in KINDS]
            cells.append(spread([r["mean_class_accuracy"] for r in chosen if r["kind"] == "linear"]))
            lines.append(f"| {name} | {pooling}, {dim} | {' | '.join(cells)} | {len({r['seed'] for r in chosen})} |")
    return "\n".join(lines) + "\n"


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
