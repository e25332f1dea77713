"""Palette: the color and the dashes of each expression, the same in pictures, charts and the page.

The colors stay apart for every common kind of color vision, and each reaches a contrast of 3:1
against its ground (white, or the dark panels of pages), as WCAG 2.2 asks of graphics. Color is
never the only clue: names and dashes go with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How an expression is drawn.

    Attributes:
        light: color on light ground, as #rrggbb.
        dark: color on dark ground, and on pictures.
        dash: lengths of lines and gaps in pixels; empty for a line without gaps.
    """

    light: str
    dark: str
    dash: tuple[int, ...] = ()


LOOKS: dict[str, Look] = {
    "angry": Look("#7c0f00", "#cc5700"),
    "disgust": Look("#0c9f71", "#31b589", (7, 3)),
    "fear": Look("#d473ae", "#c38abb", (2, 3)),
    "happy": Look("#986e2c", "#e69f00"),
    "sad": Look("#003262", "#0071b1", (7, 3)),
    "surprise": Look("#0063a6", "#b0e5ff", (2, 3)),
    "neutral": Look("#5b626b", "#6a717a", (10, 3, 2, 3)),
    "contempt": Look("#9b9800", "#fff352", (4, 2)),
}
"""Of the expressions with a name in the field."""
OTHER = Look("#5a5a5a", "#c3c9d0", (5, 4))
"""Of a face that is not named."""


def looks(expressions: Sequence[str]) -> dict[str, Look]:
    """Return the look of each expression; own classes take the colors that are left.

    Example:
        >>> list(looks(("happy", "smirk")).values()) == [LOOKS["happy"], LOOKS["angry"]]
        True
    """
    free = [look for name, look in LOOKS.items() if name not in expressions]
    own = [name for name in expressions if name not in LOOKS]
    every = list(LOOKS.values())
    while len(free) < len(own):
        # More classes than colors: the same colors again, with longer dashes each time.
        dash = (12 + len(free), 6)
        free += [Look(look.light, look.dark, dash) for look in every]
    taken = dict(zip(own, free, strict=False))
    return {name: taken.get(name) or LOOKS[name] for name in expressions}


def rgb(color: str) -> tuple[int, int, int]:
    """Return red, green and blue of #rrggbb.

    Example:
        >>> rgb("#ff8000")
        (255, 128, 0)
    """
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def luminance(color: tuple[int, int, int]) -> float:
    """Return the relative luminance of a color, 0..1.

    Source: WCAG 2.2, definition of relative luminance.
    """
    parts = (value / 255 for value in color)
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Return the contrast of two colors, 1..21.

    Example:
        >>> round(contrast((0, 0, 0), (255, 255, 255)))
        21
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(color: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return black or white, whichever reads better on a color.

    Example:
        >>> ink_on((255, 243, 82)), ink_on((0, 50, 98))
        ((0, 0, 0), (255, 255, 255))
    """
    black, white = (0, 0, 0), (255, 255, 255)
    return max(black, white, key=lambda ink: contrast(ink, color))
