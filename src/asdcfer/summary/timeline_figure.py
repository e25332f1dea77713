"""A timeline in HTML: scores as lines that fit any width, events as named bars below them."""

import html
from collections.abc import Mapping, Sequence

import numpy as np

from asdcfer.predict.thinning import Thinned
from asdcfer.recognition.palette import Look, ink_on, rgb
from asdcfer.summary.events import Event
from asdcfer.summary.score_table import Track

LEAST_SHOWN = 0.15
"""Scores that never reach this are not drawn; their lines would only lie on the axis."""
_WIDE, _HIGH = 1000, 100
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


def timeline_figure(
    track: Track, expressions: Sequence[str], events: Sequence[Event], drawn: Mapping[str, Look]
) -> str:
    """Return the scores of a track over time and its events, as HTML.

    Args:
        track: with a step over 0.
        expressions: names of the scores.
        events: of this track.
        drawn: expression -> look.
    """
    begin, end = float(track.times[0]), float(track.times[-1]) + track.step
    series = Thinned(begin, end, (end - begin) / track.step, len(expressions))
    series.add(track.times[track.usable], track.scores[track.usable])
    lines = [
        f'<path class="drawn" {style(drawn[name])} {dashes(drawn[name])} d="{path}"/>'
        for index, name in enumerate(expressions)
        if np.nanmax(series.means[:, index], initial=0) >= LEAST_SHOWN
        and (path := curve(series.means[:, index]))
    ]
    grid = "".join(
        f'<line class="grid" x1="0" x2="{_WIDE}" y1="{y}" y2="{y}"/>' for y in (0, _HIGH / 2, _HIGH)
    )
    bars = "".join(_bar(event, begin, end, drawn) for event in events)
    along = "".join(_tick(tick, begin, end) for tick in tick_times(begin, end))
    words = html.escape(_in_words(track, events, begin, end), quote=True)
    return (
        f'<figure class="timeline"><figcaption>{html.escape(track.file)}</figcaption>'
        f'<div class="plot" role="img" aria-label="{words}"><div class="up">'
        '<span style="top:0">1</span><span style="top:50%">0.5</span>'
        '<span style="top:100%">0</span></div>'
        f'<svg class="lines" viewBox="0 0 {_WIDE} {_HIGH}" preserveAspectRatio="none">'
        f'{grid}{"".join(lines)}</svg><div class="word">events</div>'
        f'<div class="events">{bars}</div><div class="along">{along}</div></div></figure>'
    )


def style(look: Look, **more: str) -> str:
    """Return the attribute that gives an element the colors of an expression, on any ground.

    Args:
        look: of the expression.
        more: further values that the sheet of styles reads.

    Example:
        >>> style(Look("#ffffff", "#000000"), share="5%").split(";")[0]
        'style="--of-light:#ffffff'
    """
    values: dict[str, str] = {}
    for ground, color in (("light", look.light), ("dark", look.dark)):
        values[f"of-{ground}"] = color
        values[f"on-{ground}"] = "#ffffff" if any(ink_on(rgb(color))) else "#000000"
    return f'style="{";".join(f"--{name}:{value}" for name, value in (values | more).items())}"'


def dashes(look: Look) -> str:
    """Return the attribute that gives a line its dashes; nothing where it has none."""
    return f'stroke-dasharray="{" ".join(map(str, look.dash))}"' if look.dash else ""


def curve(values: np.ndarray) -> str:
    """Return scores as the path of a line that breaks where there is none.

    Args:
        values: (n,), 0..1 or NaN.

    Example:
        >>> curve(np.array([0.0, 1.0, np.nan, 0.5]))
        'M125 100L375 0M875 50h1'
    """
    width = _WIDE / len(values)
    known = np.isfinite(values)
    parts: list[str] = []
    for index in np.flatnonzero(known):
        goes_on = index > 0 and known[index - 1]
        point = f"{(index + 0.5) * width:.5g} {_HIGH * (1 - values[index]):.4g}"
        parts.append(("L" if goes_on else "M") + point)
        # A single point between two gaps would have no length, and not be seen.
        if not goes_on and (index + 1 == len(values) or not known[index + 1]):
            parts.append("h1")
    return "".join(parts)


def tick_times(begin: float, end: float) -> list[float]:
    """Return round times along an axis, five to eight of them.

    Example:
        >>> tick_times(0, 12), tick_times(61, 64)
        ([0, 2, 4, 6, 8, 10, 12], [61.0, 61.5, 62.0, 62.5, 63.0, 63.5, 64.0])
    """
    step = next((step for step in _TICKS if (end - begin) / step <= 7), (end - begin) / 6)
    # A microsecond in seconds, not in steps: of a step of an hour it would be seen.
    first, last = int(np.ceil((begin - 1e-6) / step)), int(np.floor((end + 1e-6) / step))
    return [round(place * step, 6) for place in range(first, last + 1)]


def clock(seconds: float) -> str:
    """Return a time as a person reads it.

    Example:
        >>> clock(4), clock(4.25), clock(75), clock(3675)
        ('4 s', '4.25 s', '1:15', '1:01:15')
    """
    if seconds < 60:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds, 2), 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = f"{rest:05.2f}".rstrip("0").rstrip(".").rjust(2, "0")
    return f"{hours}:{minutes:02d}:{parts}" if hours else f"{minutes}:{parts}"


def _percent(moment: float, begin: float, end: float) -> str:
    return f"{100 * (moment - begin) / (end - begin):.4g}%"


def _tick(moment: float, begin: float, end: float) -> str:
    place = (moment - begin) / (end - begin)
    # Words at the ends would leave the page if they stood under the middle of their mark.
    side = "first" if place < 0.04 else "last" if place > 0.96 else ""
    return (
        f'<span class="{side}" style="--from:{_percent(moment, begin, end)}">{clock(moment)}</span>'
    )


def _bar(event: Event, begin: float, end: float, drawn: Mapping[str, Look]) -> str:
    name = html.escape(event.expression)
    place = style(
        drawn[event.expression],
        **{
            "from": _percent(event.start, begin, end),
            "long": _percent(begin + event.duration, begin, end),
        },
    )
    when = f"{clock(round(event.start, 2))} to {clock(round(event.end, 2))}"
    return f'<span class="drawn" {place} title="{name}, {when}"><b>{name}</b></span>'


def _in_words(track: Track, events: Sequence[Event], begin: float, end: float) -> str:
    told = ", ".join(
        f"{event.expression} from {clock(round(event.start, 1))} to {clock(round(event.end, 1))}"
        for event in events[:12]
    )
    more = f" and {len(events) - 12} more" if len(events) > 12 else ""
    return (
        f"Scores of {track.person} in {track.file} from {clock(round(begin, 1))} to "
        f"{clock(round(end, 1))}. Events: {told or 'none'}{more}."
    )
