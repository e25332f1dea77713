"""The first screen of a report: did it learn? Bars of every encoder, and the answer in words."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from asdcfer.evaluation.result import Result
from asdcfer.plain_json import from_json
from asdcfer.reporting import figures, plots
from asdcfer.reporting.runs import Run

ENCODERS = ("random", "teacher", "baseline", "student")
"""In the order of their bars."""
CONTRAST_ALONE = "contrast alone"
KINDS = {"linear": "linear probe", "knn": "nearest neighbors"}


def did_it_learn(run: Run) -> str:
    """Return bars of the run's encoders and one paragraph that says whether the student learned.

    Returns:
        HTML; "" where the run did not probe a random encoder beside a trained one.
    """
    found = {kind: frozen_results(run.results, kind) for kind in KINDS}
    panels = {kind: each for kind, each in found.items() if "random" in each and len(each) > 1}
    if not panels:
        return ""
    stages = {section: _stage(run, section) for section in run.weights}
    names = {name: _name(name, stages.get(name, {})) for name in ENCODERS}
    drawn = ""
    for kind, each in panels.items():
        shown = [name for name in ENCODERS if name in each]
        bars = [(names[name], figures.SECTION_COLORS[name], each[name]) for name in shown]
        drawn += f"<div>{plots.accuracy_bars(KINDS[kind], bars)}</div>"
    first = next(iter(panels))
    answer = verdict(panels[first], names)
    starts = {
        names[section]: stage["start"] for section, stage in stages.items() if stage.get("start")
    }
    if starts:
        told = ", ".join(f"{name}: {start}" for name, start in starts.items())
        answer += f" Started from weights that were learned before ({told}), not from nothing."
    facts = next(iter(panels[first].values()))
    return (
        f'<p><b>{html.escape(answer)}</b></p><div class="side">{drawn}</div>'
        f'<p class="soft">{html.escape(KINDS[first].capitalize())} of frozen encoders on '
        f"{facts.images:,} faces of the {html.escape(facts.evaluated_on)} split; classifiers see "
        "the labels, encoders never did.</p>"
    )


def frozen_results(results: Sequence[Result], kind: str) -> dict[str, Result]:
    """Return encoder -> its result of one probe with all labels, for its own feature.

    Args:
        results: of a run, an encoder's own feature before others.
        kind: name of the probe.
    """
    found: dict[str, Result] = {}
    for result in results:
        whole = result.twins_removed is None and result.labels_used is None
        tested = result.evaluated_on in ("private", "test")
        if result.kind == kind and whole and tested and result.encoder in ENCODERS:
            found.setdefault(result.encoder, result)
    return found


def verdict(found: Mapping[str, Result], names: Mapping[str, str]) -> str:
    """Return in words how the trained encoder stands beside the others.

    Two numbers count as different where their 95 % intervals do not overlap.

    Args:
        found: encoder -> result, "random" and at least one more among them.
        names: encoder -> how it is called.
    """
    own = "student" if "student" in found else next(name for name in found if name != "random")
    trained, untrained = found[own], found["random"]
    gain = 100 * (trained.accuracy - untrained.accuracy)
    learned = trained.interval[0] > untrained.interval[1]
    opening = "It learned" if learned else "Not measurably"
    parts = [
        f"{opening}: the {names[own]} has {_percent(trained)} where a {names['random']} has "
        f"{_percent(untrained)}, {gain:+.1f} points"
        + ("." if learned else "; the intervals overlap.")
    ]
    for name in ("baseline", "teacher"):
        if name in found and name != own:
            other = found[name]
            apart = 100 * (trained.accuracy - other.accuracy)
            clear = (
                trained.interval[0] > other.interval[1] or other.interval[0] > trained.interval[1]
            )
            parts.append(
                f"Against {_the(names[name])} ({_percent(other)}): {apart:+.1f} points"
                + ("." if clear else ", within the intervals.")
            )
    return " ".join(parts)


def _the(name: str) -> str:
    return name if name == CONTRAST_ALONE else f"the {name}"


def _percent(result: Result) -> str:
    low, high = result.interval
    return f"{100 * result.accuracy:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _name(encoder: str, stage: Mapping[str, Any]) -> str:
    if encoder == "random":
        return "random network"
    if encoder == "baseline":
        method = stage.get("method", "")
        return CONTRAST_ALONE if method == "moco" else f"baseline ({method})" if method else encoder
    return encoder


def _stage(run: Run, section: str) -> dict[str, Any]:
    """Return how a section was trained, as the card beside its weights says it."""
    try:
        card = from_json(run.weights[section].with_suffix(".json").read_text(encoding="utf-8"))
        return dict(card["stage"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
