"""Accuracy against minutes of training, beside what another library would have given.

    # lightly lives in an environment of its own, for it needs torchvision: pip install lightly
    python benchmarks/time_to_accuracy.py --data packs/fer2013 --peers ~/lightly/bin/python
    # its pictures anew from the numbers that are there: nothing is trained
    python benchmarks/time_to_accuracy.py --redraw
    # one point in a few minutes, without the other library
    python benchmarks/time_to_accuracy.py --data sample --minutes 1 --out runs/time/table

This project's recipe from nothing (`fer2013_quick`: Fisher vectors of the faces, then a network
that imitates them) and lightly's MoCo and SimCLR train the same encoder on the same faces for 3,
5, 10, 20 and 40 minutes, each training from its start with its schedule ending in time. All are
probed alike. Points are kept under --runs and never made twice. The budget is time: the machine
must do nothing else meanwhile; `taskset -c 0` before it holds everybody to one core.
"""

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asdcfer import api
from asdcfer.cli.console_progress import ConsoleProgress
from asdcfer.files import atomic_write
from asdcfer.provenance import commit
from asdcfer.reporting.figures import MARKERS, PALETTE, draw_figure

OWN = "fer2013_quick"
PEERS = ("moco", "simclr")
LEAST_OF_PEERS = 5.0
"""Shorter trainings are this project's alone: they answer how soon it has caught up."""
MEASURES = {"linear": "linear probe", "knn": "kNN"}
REFERENCE = 20.0
"""Minutes at which the difference is said."""
FEW = api.Measures(shots=(), shares=(), robustness_images=0, without_twins=True)


@dataclass(frozen=True)
class Setting:
    """Where everything is.

    Attributes:
        data: a labeled pack.
        runs: folder of what is kept.
        peers: Python of the other library's environment; None leaves it out.
        steps: updates of this project's training in place of the minutes, to try the script.
    """

    data: str
    runs: Path
    peers: str | None
    steps: int | None = None


def points_at(minutes: float, setting: Setting) -> list[dict[str, Any]]:
    """Train everybody for so many minutes, probe all alike, and return a point of each."""
    folder = setting.runs / f"{minutes:g}m"
    others = [folder / name for name in PEERS if setting.peers and minutes >= LEAST_OF_PEERS]
    for place in others:
        if not (place / "encoder.safetensors").exists():
            train_peer(place, minutes, setting)
    budget = None if setting.steps else f"{minutes:g}m"
    settings = api.CompareSettings(budget=budget, steps=setting.steps, references=(), measures=FEW)
    words = [OWN, *map(str, others)]
    with ConsoleProgress("") as progress:
        found = api.compare(words, setting.data, settings, folder / "probes", progress=progress)
    points = []
    for each in found.summaries:
        if not each.rows:
            raise SystemExit(f"{each.name} after {minutes:g} minutes: {'; '.join(each.notes)}")
        name = each.name if each.name == OWN else f"lightly {Path(each.name).name}"
        measured = {
            key: {"accuracy": value.mean, "interval": value.interval}
            for key, value in each.measures.items()
        }
        steps = each.fact("steps") or peer_steps(Path(each.name))
        points.append({"name": name, "minutes": minutes, "steps": steps, **measured})
    return points


def train_peer(place: Path, minutes: float, setting: Setting) -> None:
    """Train a method of lightly in its own environment."""
    script = Path(__file__).with_name("peers.py")
    words = [place.name, "--data", setting.data, "--minutes", str(minutes), "--out", str(place)]
    subprocess.run([str(setting.peers), str(script), *words], check=True)


def peer_steps(place: Path) -> int | None:
    """Return the updates of an encoder's card."""
    card = json.loads((place / "encoder.json").read_text(encoding="utf-8"))
    steps: int | None = card.get("steps")
    return steps


def draw(points: Sequence[dict[str, Any]], key: str, path: Path) -> None:
    """Draw one measure against minutes, with its 95 % intervals."""
    names = list(dict.fromkeys(point["name"] for point in points))
    with draw_figure(5.2, 3.5) as (figure, (axis,)):
        for name, color, marker in zip(names, PALETTE, MARKERS, strict=False):
            own = sorted((p for p in points if p["name"] == name), key=lambda p: p["minutes"])
            x, y = ([p["minutes"] for p in own], [100 * p[key]["accuracy"] for p in own])
            ends = [[100 * end for end in p[key]["interval"]] for p in own]
            reach = [
                [value - low for value, (low, _) in zip(y, ends, strict=True)],
                [high - value for value, (_, high) in zip(y, ends, strict=True)],
            ]
            axis.errorbar(x, y, reach, color=color, marker=marker, ms=6, capsize=3, label=name)
        axis.set_xlim(left=0)
        axis.set_xlabel("minutes of training")
        axis.set_ylabel(f"{MEASURES[key]}, test, %")
        # Below the axes, where it can lie over no interval.
        figure.legend(loc="outside lower center", ncols=len(names), frameon=False)
        with atomic_write(path) as temporary:
            figure.savefig(temporary, format="svg", facecolor="white", metadata={"Date": None})


def draw_all(points: Sequence[dict[str, Any]], out: Path) -> None:
    """Draw every measure beside the page of the results."""
    for key in MEASURES:
        draw(points, key, out.with_name(f"{out.name}_{key}.svg"))


def sentences(points: Sequence[dict[str, Any]]) -> list[str]:
    """Return what follows: the difference at 20 minutes, and when its value was passed.

    Example:
        >>> one = {"name": "lightly moco", "minutes": 20.0, "linear": {"accuracy": 0.30}}
        >>> early = {"name": OWN, "minutes": 3.0, "linear": {"accuracy": 0.41}}
        >>> late = {"name": OWN, "minutes": 20.0, "linear": {"accuracy": 0.5}}
        >>> sentences([one, early, late])[0]
        'linear probe: after 20 minutes +20.0 points over lightly moco; passed after 3 minutes.'
    """
    told = []
    for key, title in MEASURES.items():
        known = [point for point in points if key in point]
        at = [point for point in known if point["minutes"] == REFERENCE]
        own = [point[key]["accuracy"] for point in at if point["name"] == OWN]
        others = [point for point in at if point["name"] != OWN]
        if not own or not others:
            continue
        best = max(others, key=lambda point: point[key]["accuracy"])
        value = best[key]["accuracy"]
        first = min(
            (p["minutes"] for p in known if p["name"] == OWN and p[key]["accuracy"] >= value),
            default=None,
        )
        passed = "not passed" if first is None else f"passed after {first:g} minutes"
        gain = 100 * (own[0] - value)
        told.append(
            f"{title}: after {REFERENCE:g} minutes {gain:+.1f} points over {best['name']}; "
            f"{passed}."
        )
    return told


def page(told: dict[str, Any], picture: str) -> str:
    """Return the page of the results."""
    rows = [
        f"| {p['minutes']:g} | {p['name']} | {p['steps'] or 0:,.0f} | "
        + " | ".join(_percent(p.get(key)) for key in (*MEASURES, "without_twins"))
        + " |"
        for p in told["points"]
    ]
    pictures = [
        f"![{title} against minutes]({picture}_{key}.svg)" for key, title in MEASURES.items()
    ]
    return "\n".join(
        [
            "# Time to accuracy",
            "",
            f"Made by `{told['command']}`, source {told['commit']}, {told['cores']} of "
            f"{told['all_cores']} cores ({told['machine']}), seed 0. ResNet-18 of width 32, from "
            "random weights; everybody has the same faces, cores, minutes and probes. This "
            "project's recipe begins with Fisher vectors of the faces, which are fitted within "
            "the minutes. lightly has its own transforms, loader, heads and losses, with the "
            "settings of its examples for small images. 95 % intervals in brackets.",
            "",
            *sentences(told["points"]),
            "",
            *pictures,
            "",
            "| minutes | training | updates | linear probe | kNN | linear probe, without twins |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _percent(measure: dict[str, Any] | None) -> str:
    if measure is None:
        return "–"
    text = f"{100 * measure['accuracy']:.2f}"
    if measure["interval"]:
        low, high = (100 * end for end in measure["interval"])
        text += f" ({low:.1f} to {high:.1f})"
    return text


def main() -> None:
    """Make what is missing, then write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="a labeled pack, or: sample")
    parser.add_argument("--peers", help="Python of an environment that has lightly")
    parser.add_argument("--minutes", type=float, nargs="+", default=[3, 5, 10, 20, 40])
    parser.add_argument("--steps", type=int, help="updates in place of minutes, to try it")
    parser.add_argument("--runs", type=Path, default=Path("runs/time"))
    parser.add_argument("--out", type=Path, default=Path("docs/results/time_to_accuracy"))
    parser.add_argument("--redraw", action="store_true", help="draw OUT.json anew, alone")
    options = parser.parse_args()
    if options.redraw:
        there = json.loads(options.out.with_suffix(".json").read_text(encoding="utf-8"))
        draw_all(there["points"], options.out)
        return
    if options.data is None:
        parser.error("--data is wanted, unless --redraw")
    setting = Setting(options.data, options.runs, options.peers, options.steps)
    data = Path(options.data).name
    minutes = " ".join(f"{each:g}" for each in sorted(options.minutes))
    told: dict[str, Any] = {
        "command": f"python benchmarks/time_to_accuracy.py --data {data} --minutes {minutes}"
        + (" --peers PYTHON" if options.peers else ""),
        "commit": commit(),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "all_cores": os.cpu_count(),
        "points": [],
    }
    for minutes in sorted(options.minutes):
        told["points"] += points_at(minutes, setting)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        draw_all(told["points"], options.out)
        with atomic_write(options.out.with_suffix(".json")) as temporary:
            temporary.write_text(json.dumps(told, indent=1), encoding="utf-8")
        with atomic_write(options.out.with_suffix(".md")) as temporary:
            temporary.write_text(page(told, options.out.name), encoding="utf-8")
    print(options.out.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
