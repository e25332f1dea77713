"""The field in one table: every method of the package under one budget.

    # docs/results/field.md: 15 minutes a method; about 6.5 hours, and 5 more for the second round
    python benchmarks/field.py --data packs/fer2013
    # with encoders that benchmarks/peers.py trained, each in a folder of its own in runs/peers
    python benchmarks/field.py --data packs/fer2013 --peers runs/peers
    # to try it, in minutes, on the bundled faces
    python benchmarks/field.py --data sample --steps 10 --out runs/field/table

benchmarks/field.py first trains every method with seed 0, then the best five, ASDC, momentum
contrast and plain distillation with two further seeds. Rows are kept under --runs and never made
twice: interrupt it and start it again. Where the budget is time the machine must do nothing else
meanwhile. Where it is `--steps` other work may go on, and `--busy` says so on the page; what an
update costs is measured apart, by benchmarks/field_pace.py, and shown below the table.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from headline_gpu_table import number, table

from asdcfer import api
from asdcfer.cli.console_progress import ConsoleProgress
from asdcfer.files import atomic_write
from asdcfer.methods.registry import METHODS
from asdcfer.reporting.comparison_files import JSON, as_markdown
from asdcfer.reporting.comparison_summary import LINEAR, Summary

ALWAYS = ("asdc", "moco", "distillation")
"""Methods that get three seeds wherever they end."""
BEST = 5
PACE = "field_pace.json"
BUSY = (
    "The machine did other work meanwhile, so minutes and images a second are left out. "
    "All methods made the same number of updates."
)


def finalists(summaries: Sequence[Summary]) -> list[str]:
    """Return the methods that get further seeds: the best five, and `ALWAYS`.

    Args:
        summaries: of the first round, best first.
    """
    trained = [
        each.name for each in summaries if each.kind == "trained" and LINEAR in each.measures
    ]
    return [name for name in trained if name in ALWAYS or name in trained[:BEST]]


def pace_words(file: Path) -> str:
    """Return what benchmarks/field_pace.py measured as a section of the page, or nothing."""
    if not file.is_file():
        return ""
    told = json.loads(file.read_text(encoding="utf-8"))
    paces: dict[str, dict[str, float]] = told["seconds_an_update"]
    sides = sorted({int(side) for each in paces.values() for side in each})
    rows = [
        [name, *(number(each.get(str(side))) for side in sides)]
        for name, each in sorted(paces.items(), key=lambda item: item[1][str(sides[0])])
    ]
    shown = table(rows, ["method", *(f"{side} pixels" for side in sides)])
    machine = told["hardware"]
    return (
        "\n## What an update costs\n\nSeconds, one method after the other on an idle machine "
        f"({machine['cpu']}, {machine['cores']} cores), by `{told['command']}`.\n\n"
        f"{shown}\n"
    )


def peer_words(folder: Path | None) -> str:
    """Return how other libraries' encoders were trained as a section of the page, or nothing.

    Args:
        folder: of `--peers`; each encoder's card says its recipe and its updates.
    """
    if folder is None:
        return ""
    lines = []
    for place in sorted(folder.iterdir()):
        card = json.loads((place / "encoder.json").read_text(encoding="utf-8"))
        lines.append(f"* {folder.name}/{place.name}: {card['recipe']}, {card['steps']:,} updates")
    return (
        "\n## Other libraries\n\nTheir own transforms, loader, heads and losses, the same encoder, "
        "faces and number of updates, by `benchmarks/peers.py`; probed like the others.\n\n"
        + "\n".join(lines)
        + "\n"
    )


def write_results(
    found: api.Comparison, out: Path, command: str, busy: bool = False, peers: Path | None = None
) -> None:
    """Write the table of a comparison to the results, the command that made it on top."""
    text = as_markdown(found.summaries, found.shared, found.title, times=not busy)
    title, rest = text.split("\n", 1)
    said = f"Made by `{command}`." + (f" {BUSY}" if busy else "")
    below = peer_words(peers) + pace_words(out.with_name(PACE))
    with atomic_write(out.with_suffix(".md")) as temporary:
        temporary.write_text(f"{title}\n\n{said}\n{rest}{below}", encoding="utf-8")
    with atomic_write(out.with_suffix(".json")) as temporary:
        shutil.copyfile(found.folder / JSON, temporary)


def main() -> None:
    """Make what is missing, then write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="a labeled pack, or: sample")
    parser.add_argument("--budget", help="time of a method (15m)")
    parser.add_argument("--steps", type=int, help="updates of a method instead")
    parser.add_argument("--busy", action="store_true", help="other work went on meanwhile")
    parser.add_argument("--peers", type=Path, help="folder of other libraries' encoders")
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--runs", type=Path, default=Path("runs/field"))
    parser.add_argument(
        "--out", type=Path, default=Path("docs/results/field"), help="gets .md and .json"
    )
    options = parser.parse_args()
    measures = api.Measures(without_twins=True)
    words = [
        f"--{name} {value}" for name, value in vars(options).items() if name in _SAID and value
    ]
    command = " ".join(["python benchmarks/field.py", *words])
    peers = [str(folder) for folder in sorted(options.peers.iterdir())] if options.peers else []
    contestants = [*options.methods, *peers]
    rounds = [options.seeds[:1], *([options.seeds] if len(options.seeds) > 1 else [])]
    for seeds in rounds:
        settings = api.CompareSettings(
            budget=options.budget, steps=options.steps, seeds=seeds, measures=measures
        )
        with ConsoleProgress("") as progress:
            found = api.compare(
                contestants, options.data, settings, options.runs, progress=progress
            )
        write_results(found, options.out, command, options.busy, options.peers)
        contestants = finalists(found.summaries)
    print(options.out.with_suffix(".md").read_text(encoding="utf-8"))


_SAID = ("data", "budget", "steps", "peers")

if __name__ == "__main__":
    main()
