"""Tables of a report: every number beside its protocol."""

import html
from collections.abc import Sequence
from typing import Any

from asdcfer.evaluation.protocol import NO_TWINS
from asdcfer.reporting.console_tables import label_of
from asdcfer.reporting.runs import Run

LIST_NAMES = {
    "private": "PrivateTest",
    "union": "Public + Private",
    "ferplus": "FER+",
    "test": "test",
}
"""Lists in the order of their columns."""


def result_table(results: Sequence[dict[str, Any]]) -> str:
    """Return one row for each classifier with its protocol, one column for each list of images."""
    test_sets = _lists(results)
    groups: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for r in results:
        # FER+ is another classifier of the same kind: it shares the row of its name.
        groups.setdefault((label_of(r), str(r.get("labels_used", {}).get("draw", ""))), {})[
            r["evaluated_on"]
        ] = r
    head = "".join(f'<th class="n">{html.escape(_list_name(name))}</th>' for name in test_sets)
    twins = any(r["evaluated_on"].endswith(NO_TWINS) for r in results)
    rows = []
    for (label, draw), found in groups.items():
        first = found.get(test_sets[0], found.get(test_sets[0] + NO_TWINS))
        cells = "".join(_cell(found.get(name), found.get(name + NO_TWINS)) for name in test_sets)
        numbers = (
            (
                f"{100 * first['mean_class_accuracy']:.1f}",
                f"{100 * first['macro_f1']:.1f}",
                f"{first['calibration_error']:.3f}",
            )
            if first
            else ("–",) * 3
        )
        more = "".join(f'<td class="n">{number}</td>' for number in numbers)
        rows.append(
            f'<tr><td class="label">{html.escape(label)}{f", draw {draw}" if draw not in ("", "0") else ""}</td>{cells}{more}</tr>'
        )
        rows.append(
            _protocol_row(
                [(_list_name(name), found[name]) for name in test_sets if name in found],
                len(test_sets) + 4,
            )
        )
    where = _list_name(test_sets[0])
    extra = "".join(
        f'<th class="n">{name}<small><br>{html.escape(where)}</small></th>'
        for name in ("mean class", "macro F1", "calib. error")
    )
    notes = []
    if "union" in test_sets:
        notes.append(
            "Public + Private: hyper-parameters were chosen on PublicTest, so half of this list "
            "is not untouched; published numbers use it."
        )
    if "ferplus" in test_sets:
        notes.append(
            "FER+: majority label of ten people, eight expressions, faces without a majority left "
            "out. Probes are trained and chosen on these labels as well; finished models are "
            "measured as they are."
        )
    if twins:
        notes.append(
            "No twins: images with an exact or near duplicate in the training split are removed."
        )
    footer = (
        f"<ul class='notes'>{''.join(f'<li>{html.escape(note)}</li>' for note in notes)}</ul>"
        if notes
        else ""
    )
    return f"<table><thead><tr><th>probe, and its protocol below</th>{head}{extra}</tr></thead><tbody>{''.join(rows)}</tbody></table>{footer}"


def comparison_table(runs: Sequence[Run]) -> str:
    """Return one row for each classifier that any run has, one column for each run; the best of a
    row stands out.
    """
    table: dict[tuple[str, str], dict[int, list[dict[str, Any]]]] = {}
    short = _names_without_width(runs)
    for index, run in enumerate(runs):
        for r in run.results:
            if r["evaluated_on"] in ("private", "test", "ferplus"):
                table.setdefault(
                    (short.get(label_of(r), label_of(r)), r["evaluated_on"]), {}
                ).setdefault(index, []).append(r)
    if not table:
        return empty(
            "None of these runs has results.", "asdcfer probe RUN --data PACK --out RUN/probes"
        )
    rows = []
    for (label, where), found in table.items():
        means = {
            index: sum(r["accuracy"] for r in results) / len(results)
            for index, results in found.items()
        }
        # Bold only where somebody else could have won, on the same images.
        rivals = (
            len(found) > 1
            and len({r["images"] for results in found.values() for r in results}) == 1
        )
        best = max(means.values()) if rivals else None
        cells = []
        for index in range(len(runs)):
            if index not in found:
                cells.append('<td class="n soft">–</td>')
                continue
            r, count = found[index][0], len(found[index])
            note = (
                f"mean of {count}"
                if count > 1
                else f"{100 * r['interval'][0]:.1f}–{100 * r['interval'][1]:.1f}"
            )
            cells.append(
                f'<td class="n{" best" if means[index] == best else ""}">{100 * means[index]:.2f}<small>{note}, n={r["images"]:,}</small></td>'
            )
        rows.append(
            f'<tr><td class="label">{html.escape(label)}</td><td>{html.escape(_list_name(where))}</td>{"".join(cells)}</tr>'
        )
        rows.append(
            _protocol_row(
                [(runs[index].name, r) for index, results in found.items() for r in results],
                len(runs) + 2,
            )
        )
    head = "".join(
        f'<th class="n">{html.escape(run.name)}<small><br>{html.escape(_about(run))}</small></th>'
        for run in runs
    )
    return f"<table><thead><tr><th>probe, and its protocol below</th><th>on</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _names_without_width(runs: Sequence[Run]) -> dict[str, str]:
    """Return full name -> name without the feature's width, where no run has two results that would
    then be called the same.
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
    tiles = [
        (
            f"{100 * best['accuracy']:.2f} %",
            (
                f"accuracy on {_list_name(best['evaluated_on'])}, {label_of(best)}; 95 %: "
                f"{100 * best['interval'][0]:.1f} to {100 * best['interval'][1]:.1f}"
            ),
        )
    ]
    tiles.append((f"{100 * best['mean_class_accuracy']:.1f} %", "mean-class accuracy"))
    tiles.append((f"{best['calibration_error']:.3f}", "calibration error"))
    tiles.append((f"{best['images']:,}", "test images"))
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
    hardware = record.get("hardware") or {}
    data = record.get("data") or {}
    first = run.results[0] if run.results else {}
    facts = [
        ("folder", run.path),
        ("command", record.get("command")),
        ("recipe", record.get("recipe") or first.get("recipe")),
        ("seed", record.get("seed", first.get("seed"))),
        ("commit", record.get("commit") or first.get("commit")),
        ("status", record.get("status")),
        ("started", record.get("started")),
        ("seconds", record.get("seconds")),
        ("data", f"{data.get('pack')}, {data.get('images', 0):,} images" if data else None),
        (
            "hardware",
            ", ".join(
                str(x)
                for x in (
                    hardware.get("cpu"),
                    f"{hardware['cores']} cores",
                    *hardware.get("gpus", []),
                )
                if x
            )
            if hardware.get("cores")
            else None,
        ),
        (
            "versions",
            ", ".join(
                f"{name} {version}" for name, version in (record.get("versions") or {}).items()
            ),
        ),
    ]
    lines = "".join(
        f"<dt>{name}</dt><dd>{html.escape(str(value))}</dd>"
        for name, value in facts
        if value not in (None, "")
    )
    return f"<dl>{lines}</dl>" if lines else empty("No record of this run was kept.", "")


def empty(text: str, command: str) -> str:
    """Return a frame that says what is missing, and the command that would make it."""
    return f'<div class="empty">{html.escape(text)}{f" Make it with: <code>{html.escape(command)}</code>" if command else ""}</div>'


def _cell(result: dict[str, Any] | None, without_twins: dict[str, Any] | None = None) -> str:
    if result is None and without_twins is None:
        return '<td class="n soft">–</td>'
    if result is None:
        result, without_twins = without_twins, None
    low, high = result["interval"]
    title = html.escape(result["protocol"], quote=True)
    note = f"<small>{100 * low:.1f}–{100 * high:.1f}, n={result['images']:,}</small>"
    if without_twins is not None:
        note += f"<small>no twins {100 * without_twins['accuracy']:.2f}, n={without_twins['images']:,}</small>"
    return f'<td class="n" title="{title}">{100 * result["accuracy"]:.2f}{note}</td>'


def _protocol_row(named: Sequence[tuple[str, dict[str, Any]]], columns: int) -> str:
    """Return a row under some numbers that says how they were made; numbers that share a protocol
    share its line.
    """
    protocols: dict[str, list[str]] = {}
    for name, r in named:
        protocols.setdefault(_protocol(r), []).append(name)
    lines = [
        f"{', '.join(dict.fromkeys(names))}: {text}" if len(protocols) > 1 else text
        for text, names in protocols.items()
    ]
    return f'<tr class="protocol"><td colspan="{columns}">{"".join(f"<p>{html.escape(line)}</p>" for line in lines)}</td></tr>'


def _lists(results: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lists that are reported on, in the order of their columns; those without twins
    have none of their own.
    """
    there = dict.fromkeys(r["evaluated_on"].removesuffix(NO_TWINS) for r in results)
    ordered = [name for name in LIST_NAMES if name in there]
    return [*ordered, *(name for name in there if name not in ordered)]


def _list_name(name: str) -> str:
    plain = name.removesuffix(NO_TWINS)
    return LIST_NAMES.get(plain, plain) + name[len(plain) :]


def _protocol(result: dict[str, Any]) -> str:
    return result["protocol"].split("; reported on")[0]


def _about(run: Run) -> str:
    words = [
        f"recipe {run.record['recipe']}" if run.record.get("recipe") else "",
        f"seed {run.record['seed']}" if "seed" in run.record else "",
    ]
    return ", ".join(word for word in words if word)
