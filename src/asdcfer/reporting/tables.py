"""Tables of a report: every number beside its protocol."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from asdcfer.evaluation.result import Result
from asdcfer.reporting.console_tables import label_of
from asdcfer.reporting.runs import Run

TEST_SET_NAMES = {
    "private": "PrivateTest",
    "union": "Public + Private",
    "ferplus": "FER+",
    "test": "test",
}
"""Test sets in the order of their columns."""

NOTES = {
    "union": (
        "Public + Private: hyper-parameters were chosen on PublicTest, so half of this list is not "
        "untouched; published numbers use it."
    ),
    "ferplus": (
        "FER+: majority label of ten people, eight expressions, faces without a majority left out. "
        "Probes are trained and chosen on these labels as well; finished models are measured as "
        "they are."
    ),
}
"""What a reader must know of a test set."""


class ProtocolNotes:
    """Numbered protocols of a table: each stands once below it, and marks refer to it.

    Example:
        >>> ProtocolNotes().listed()
        ''
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, *results: Result) -> str:
        """Return the numbers of the results' protocols, as HTML that stands behind a word."""
        found = dict.fromkeys(r.protocol.fitting for r in results)
        numbers = [self._numbers.setdefault(text, len(self._numbers) + 1) for text in found]
        return f"<sup>{', '.join(map(str, numbers))}</sup>"

    def listed(self) -> str:
        """Return the protocols in the order of their numbers, as HTML."""
        lines = "".join(f"<li>{html.escape(text)}</li>" for text in self._numbers)
        return f'<ol class="notes" aria-label="protocols">{lines}</ol>' if lines else ""


def result_table(results: Sequence[Result]) -> str:
    """Return one row for each classifier with its protocol, one column for each list of images."""
    test_sets = _test_sets(results)
    head = "".join(f'<th class="n">{html.escape(_name_of(name))}</th>' for name in test_sets)
    where = html.escape(_name_of(test_sets[0]))
    extra = "".join(
        f'<th class="n">{name}<small><br>{where}</small></th>'
        for name in ("mean class", "macro F1", "calib. error")
    )
    protocols = ProtocolNotes()
    rows = [_row_of(group, test_sets, protocols) for group in _by_classifier(results)]
    notes = [note for name, note in NOTES.items() if name in test_sets]
    if any(r.twins_removed is not None for r in results):
        notes.append(
            "No twins: images with an exact or near duplicate in the training split are removed."
        )
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return (
        f"<table><thead><tr><th>probe</th>{head}{extra}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>{protocols.listed()}"
        + (f"<ul class='notes'>{items}</ul>" if notes else "")
    )


def _by_classifier(results: Sequence[Result]) -> list[list[Result]]:
    """Return the results of one row each; FER+ is another classifier of the same name and row."""
    groups: dict[tuple[str, int], list[Result]] = {}
    for r in results:
        groups.setdefault((label_of(r), r.labels_used.draw if r.labels_used else 0), []).append(r)
    return list(groups.values())


def _row_of(group: Sequence[Result], test_sets: Sequence[str], protocols: "ProtocolNotes") -> str:
    """Return the row of one classifier, with marks of its protocols."""
    whole = {r.evaluated_on: r for r in group if r.twins_removed is None}
    without = {r.evaluated_on: r for r in group if r.twins_removed is not None}
    first = whole.get(test_sets[0], without.get(test_sets[0]))
    shared = len({r.protocol.fitting for r in group}) == 1
    cells = "".join(
        _cell(whole.get(name), without.get(name), None if shared else protocols)
        for name in test_sets
    )
    numbers = (
        (
            f"{100 * first.mean_class_accuracy:.1f}",
            f"{100 * first.macro_f1:.1f}",
            f"{first.calibration_error:.3f}",
        )
        if first
        else ("–",) * 3
    )
    more = "".join(f'<td class="n">{number}</td>' for number in numbers)
    used = group[0].labels_used
    label = label_of(group[0]) + (f", draw {used.draw}" if used and used.draw else "")
    mark = protocols.mark(group[0]) if shared else ""
    return f'<tr><td class="label">{html.escape(label)}{mark}</td>{cells}{more}</tr>'


def comparison_table(runs: Sequence[Run]) -> str:
    """Return one row for each classifier that any run has, one column for each run.

    The best of a row stands out.
    """
    table: dict[tuple[str, str], dict[int, list[Result]]] = {}
    short = _names_without_width(runs)
    for index, run in enumerate(runs):
        for r in run.results:
            if r.evaluated_on in ("private", "test", "ferplus") and r.twins_removed is None:
                name = short.get(label_of(r), label_of(r))
                table.setdefault((name, r.evaluated_on), {}).setdefault(index, []).append(r)
    if not table:
        return empty(
            "None of these runs has results.", "asdcfer probe RUN --data PACK --out RUN/probes"
        )
    rows, protocols = [], ProtocolNotes()
    for (label, where), found in table.items():
        cells = _compared_cells(found, len(runs), protocols)
        rows.append(
            f'<tr><td class="label">{html.escape(label)}</td>'
            f"<td>{html.escape(_name_of(where))}</td>{cells}</tr>"
        )
    head = "".join(
        f'<th class="n">{html.escape(run.name)}<small><br>{html.escape(_about(run))}</small></th>'
        for run in runs
    )
    return (
        f"<table><thead><tr><th>probe</th><th>on</th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>{protocols.listed()}"
    )


def _compared_cells(
    found: Mapping[int, Sequence[Result]], runs: int, protocols: "ProtocolNotes"
) -> str:
    """Return the cells of one row of the comparison: the mean accuracy of each run."""
    means = {
        index: sum(r.accuracy for r in results) / len(results) for index, results in found.items()
    }
    # Bold only where somebody else could have won, on the same images.
    rivals = len(found) > 1 and len({r.images for each in found.values() for r in each}) == 1
    best = max(means.values()) if rivals else None
    cells = []
    for index in range(runs):
        if index not in found:
            cells.append('<td class="n soft">–</td>')
            continue
        r, count = found[index][0], len(found[index])
        low, high = r.interval
        note = f"mean of {count}" if count > 1 else f"{100 * low:.1f}–{100 * high:.1f}"
        mark = " best" if means[index] == best else ""
        cells.append(
            f'<td class="n{mark}">{100 * means[index]:.2f}{protocols.mark(*found[index])}'
            f"<small>{note}, n={r.images:,}</small></td>"
        )
    return "".join(cells)


def _names_without_width(runs: Sequence[Run]) -> dict[str, str]:
    """Return full name -> name without the feature's width.

    A name that two results of one run would then share is left out.
    """
    longer: dict[str, set[str]] = {}
    clash: set[str] = set()
    for run in runs:
        own: dict[str, set[str]] = {}
        for r in run.results:
            own.setdefault(label_of(r, dim=False), set()).add(label_of(r))
        clash |= {name for name, labels in own.items() if len(labels) > 1}
        for name, labels in own.items():
            longer.setdefault(name, set()).update(labels)
    return {
        label: name
        for name, labels in longer.items()
        if name not in clash and len(labels) > 1
        for label in labels
    }


def headline_tiles(run: Run) -> str:
    """Return the few numbers that somebody in a hurry looks for."""
    best = run.headline
    if best is None:
        return ""
    low, high = best.interval
    tiles = [
        (
            f"{100 * best.accuracy:.2f} %",
            f"accuracy on {_name_of(best.evaluated_on)}, {label_of(best)}; 95 %: "
            f"{100 * low:.1f} to {100 * high:.1f}",
        ),
        (f"{100 * best.mean_class_accuracy:.1f} %", "mean-class accuracy"),
        (f"{best.calibration_error:.3f}", "calibration error"),
        (f"{best.images:,}", "test images"),
    ]
    return (
        '<div class="tiles">'
        + "".join(
            f'<div><div class="big">{html.escape(n)}</div>{html.escape(text)}</div>'
            for n, text in tiles
        )
        + "</div>"
    )


def fact_list(run: Run) -> str:
    """Return what a reader needs to make the run again."""
    record = run.record
    data = record.get("data") or {}
    first = run.results[0] if run.results else None
    versions = (record.get("versions") or {}).items()
    facts = {
        "folder": run.path,
        "command": record.get("command"),
        "recipe": record.get("recipe") or (first.recipe if first else None),
        "seed": record.get("seed", first.seed if first else None),
        "commit": record.get("commit") or (first.commit if first else None),
        "status": record.get("status"),
        "started": record.get("started"),
        "seconds": record.get("seconds"),
        "data": f"{data.get('pack')}, {data.get('images', 0):,} images" if data else None,
        "hardware": _hardware(record.get("hardware") or {}),
        "versions": ", ".join(f"{name} {version}" for name, version in versions),
    }
    lines = "".join(
        f"<dt>{name}</dt><dd>{html.escape(str(value))}</dd>"
        for name, value in facts.items()
        if value not in (None, "")
    )
    return f"<dl>{lines}</dl>" if lines else empty("No record of this run was kept.", "")


def _hardware(told: Mapping[str, Any]) -> str:
    if not told.get("cores"):
        return ""
    words = (told.get("cpu"), f"{told['cores']} cores", *told.get("gpus", []))
    return ", ".join(str(word) for word in words if word)


def empty(text: str, command: str) -> str:
    """Return a frame that says what is missing, and the command that would make it."""
    how = f" Make it with: <code>{html.escape(command)}</code>" if command else ""
    return f'<div class="empty">{html.escape(text)}{how}</div>'


def _cell(
    result: Result | None, without_twins: Result | None, protocols: "ProtocolNotes | None"
) -> str:
    if result is None:
        result, without_twins = without_twins, None
    if result is None:
        return '<td class="n soft">–</td>'
    low, high = result.interval
    title = html.escape(str(result.protocol), quote=True)
    note = f"<small>{100 * low:.1f}–{100 * high:.1f}, n={result.images:,}</small>"
    if without_twins is not None:
        accuracy, count = 100 * without_twins.accuracy, without_twins.images
        note += f"<small>no twins {accuracy:.2f}, n={count:,}</small>"
    mark = protocols.mark(result) if protocols else ""
    return f'<td class="n" title="{title}">{100 * result.accuracy:.2f}{mark}{note}</td>'


def _test_sets(results: Sequence[Result]) -> list[str]:
    """Return the names of the test sets in the order of their columns."""
    there = dict.fromkeys(r.evaluated_on for r in results)
    ordered = [name for name in TEST_SET_NAMES if name in there]
    return [*ordered, *(name for name in there if name not in ordered)]


def _name_of(test_set: str) -> str:
    return TEST_SET_NAMES.get(test_set, test_set)


def _about(run: Run) -> str:
    words = [
        f"recipe {run.record['recipe']}" if run.record.get("recipe") else "",
        f"seed {run.record['seed']}" if "seed" in run.record else "",
    ]
    return ", ".join(word for word in words if word)
