"""Tables of a report: every number beside its protocol."""

import html
from collections.abc import Sequence
from typing import Any

from asdcfer.evaluation.report_reading import Run
from asdcfer.evaluation.showing import label_of

LIST_NAMES = {"private": "PrivateTest", "union": "Public + Private", "ferplus": "FER+", "test": "test"}
"""Lists in the order of their columns."""


def result_table(results: Sequence[dict[str, Any]]) -> str:
    """Return one row for each classifier with its protocol, one column for each list of images."""
    lists = _lists(results)
    groups: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for r in results:
        # FER+ is another classifier of the same kind: it shares the row of its name.
        groups.setdefault((label_of(r), str(r.get("labels_used", {}).get("draw", ""))), {})[r["evaluated_on"]] = r
    head = "".join(f'<th class="n">{html.escape(_list_name(name))}</th>' for name in lists)
    rows = []
    for (label, draw), found in groups.items():
        first = found.get(lists[0])
        cells = "".join(_cell(found.get(name)) for name in lists)
        numbers = (f"{100 * first['mean_class_accuracy']:.1f}", f"{100 * first['macro_f1']:.1f}", f"{first['calibration_error']:.3f}") if first else ("–",) * 3
        more = "".join(f'<td class="n">{number}</td>' for number in numbers)
        rows.append(f'<tr><td class="label">{html.escape(label)}{f", draw {draw}" if draw not in ("", "0") else ""}</td>{cells}{more}</tr>')
        rows.append(_protocol_row([found[name] for name in lists if name in found], len(lists) + 4))
    where = _list_name(lists[0])
    extra = "".join(f'<th class="n">{name}<small><br>{html.escape(where)}</small></th>' for name in ("mean class", "macro F1", "calib. error"))
    notes = []
    if "union" in lists:
        notes.append("Public + Private: hyper-parameters were chosen on PublicTest, so half of this list is not untouched; published numbers use it.")
    if "ferplus" in lists:
        notes.append("FER+: majority label of ten people, eight expressions, faces without a majority left out. Probes are trained and chosen on these labels as well; finished models are measured as they are.")
    if any(" without twins" in name for name in lists):
        notes.append("Without twins: images with an exact or near duplicate in the training split are removed.")
    footer = f"<ul class='notes'>{''.join(f'<li>{html.escape(note)}</li>' for note in notes)}</ul>" if notes else ""
    return f"<table><thead><tr><th>probe, and its protocol below</th>{head}{extra}</tr></thead><tbody>{''.join(rows)}</tbody></table>{footer}"


def comparison_table(runs: Sequence[Run]) -> str:
    """Return one row for each classifier that any run has, one column for each run; the best of a row stands out."""
    table: dict[tuple[str, str], dict[int, list[dict[str, Any]]]] = {}
    for index, run in enumerate(runs):
        for r in run.results:
            if r["evaluated_on"] in ("private", "test", "ferplus"):
                table.setdefault((label_of(r), r["evaluated_on"]), {}).setdefault(index, []).append(r)
    if not table:
        return empty("None of these runs has results.", "asdcfer probe RUN --data PACK --out RUN/probes")
    rows = []
    for (label, where), found in table.items():
        means = {index: sum(r["accuracy"] for r in results) / len(results) for index, results in found.items()}
        best = max(means.values())
        cells = []
        for index in range(len(runs)):
            if index not in found:
                cells.append('<td class="n soft">–</td>')
                continue
            r, several = found[index][0], len(found[index]) > 1
            note = f"mean of {len(found[index])}" if several else f"{100 * r['interval'][0]:.1f}–{100 * r['interval'][1]:.1f}"
            # Bold only where somebody else could have won.
            cells.append(f'<td class="n{" best" if means[index] == best and len(found) > 1 else ""}">{100 * means[index]:.2f}<small>{note}</small></td>')
        rows.append(f'<tr><td class="label">{html.escape(label)}</td><td>{html.escape(_list_name(where))}</td>{"".join(cells)}</tr>')
        rows.append(_protocol_row([r for results in found.values() for r in results], len(runs) + 2))
    head = "".join(f'<th class="n">{html.escape(run.name)}<small><br>{html.escape(_about(run))}</small></th>' for run in runs)
    return f"<table><thead><tr><th>probe, and its protocol below</th><th>on</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def headline_tiles(run: Run) -> str:
    """Return the few numbers that somebody in a hurry looks for."""
    best = run.headline
    if best is None:
        return ""
    tiles = [(f"{100 * best['accuracy']:.2f} %", f"accuracy on {_list_name(best['evaluated_on'])}, {label_of(best)}; 95 %: {100 * best['interval'][0]:.1f} to {100 * best['interval'][1]:.1f}")]
    tiles.append((f"{100 * best['mean_class_accuracy']:.1f} %", "mean-class accuracy"))
    tiles.append((f"{best['calibration_error']:.3f}", "calibration error"))
    tiles.append((f"{best['images']:,}", "test images"))
    return '<div class="tiles">' + "".join(f'<div><div class="big">{html.escape(n)}</div>{html.escape(text)}</div>' for n, text in tiles) + "</div>"


def fact_list(run: Run) -> str:
    """Return what a reader needs to make the run again."""
    record = run.record
    hardware = record.get("hardware") or {}
    data = record.get("data") or {}
    first = run.results[0] if run.results else {}
    facts = [
        ("folder", run.path), ("command", record.get("command")), ("recipe", record.get("recipe") or first.get("recipe")),
        ("seed", record.get("seed", first.get("seed"))), ("commit", record.get("commit") or first.get("commit")), ("status", record.get("status")),
        ("started", record.get("started")), ("seconds", record.get("seconds")),
        ("data", f"{data.get('pack')}, {data.get('images', 0):,} images" if data else None),
        ("hardware", ", ".join(str(x) for x in (hardware.get("cpu"), f"{hardware['cores']} cores", *hardware.get("gpus", [])) if x) if hardware.get("cores") else None),
        ("versions", ", ".join(f"{name} {version}" for name, version in (record.get("versions") or {}).items())),
    ]  # fmt: skip
    lines = "".join(f"<dt>{name}</dt><dd>{html.escape(str(value))}</dd>" for name, value in facts if value not in (None, ""))
    return f"<dl>{lines}</dl>" if lines else empty("No record of this run was kept.", "")


def empty(text: str, command: str) -> str:
    """Return a frame that says what is missing, and the command that would make it."""
    return f'<div class="empty">{html.escape(text)}{f" Make it with: <code>{html.escape(command)}</code>" if command else ""}</div>'


def _cell(result: dict[str, Any] | None) -> str:
    if result is None:
        return '<td class="n soft">–</td>'
    low, high = result["interval"]
    title = html.escape(result["protocol"], quote=True)
    return f'<td class="n" title="{title}">{100 * result["accuracy"]:.2f}<small>{100 * low:.1f}–{100 * high:.1f}, n={result["images"]:,}</small></td>'


def _protocol_row(results: Sequence[dict[str, Any]], columns: int) -> str:
    """Return a row under some numbers that says how they were made; lists that share a protocol share its line."""
    named: dict[str, list[str]] = {}
    for r in results:
        named.setdefault(_protocol(r), []).append(_list_name(r["evaluated_on"]))
    lines = [f"{', '.join(dict.fromkeys(names))}: {text}" if len(named) > 1 else text for text, names in named.items()]
    return f'<tr class="protocol"><td colspan="{columns}">{"".join(f"<p>{html.escape(line)}</p>" for line in lines)}</td></tr>'


def _lists(results: Sequence[dict[str, Any]]) -> list[str]:
    there = dict.fromkeys(r["evaluated_on"] for r in results)
    ordered = [name for known in LIST_NAMES for name in (known, f"{known} without twins") if name in there]
    return [*ordered, *(name for name in there if name not in ordered)]


def _list_name(name: str) -> str:
    plain = name.removesuffix(" without twins")
    return LIST_NAMES.get(plain, plain) + name[len(plain) :]


def _protocol(result: dict[str, Any]) -> str:
    return result["protocol"].split("; reported on")[0]


def _about(run: Run) -> str:
    words = [f"recipe {run.record['recipe']}" if run.record.get("recipe") else "", f"seed {run.record['seed']}" if "seed" in run.record else ""]
    return ", ".join(word for word in words if word)
