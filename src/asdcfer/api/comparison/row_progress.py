"""Progress of a comparison: which row of how many, and how long the rest will take."""

import time
from collections.abc import Callable

from asdcfer.progress import Progress


class RowProgress:
    """A `Progress` that names the present row and estimates the time of all that are left.

    Args:
        inner: what is told.
        rows: how many have to be made.
        guess: seconds of a row, as long as none was made.
        clock: gives the time in seconds.

    Example:
        >>> from asdcfer.progress import SILENT
        >>> ticks = iter([0.0, 40.0])
        >>> progress = RowProgress(SILENT, rows=4, guess=60.0, clock=lambda: next(ticks))
        >>> progress.left(), progress.begin("moco, seed 0"), progress.end()
        (240.0, None, None)
        >>> progress.left()
        120.0
    """

    def __init__(
        self,
        inner: Progress,
        rows: int,
        guess: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner, self._rows, self._guess, self._clock = inner, rows, guess, clock
        self._taken: list[float] = []
        self._row, self._begun = "", 0.0

    def begin(self, row: str) -> None:
        """Begin a row, and say which of how many it is."""
        place = len(self._taken) + 1
        self._inner.message(
            f"row {place} of {self._rows}: {row}; about {in_words(self.left())} left for all"
        )
        self._row, self._begun = row, self._clock()

    def end(self) -> None:
        """End the present row."""
        self._taken.append(self._clock() - self._begun)

    def left(self) -> float:
        """Return the estimated seconds of the rows that are not made yet."""
        each = sum(self._taken) / len(self._taken) if self._taken else self._guess
        return each * (self._rows - len(self._taken))

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Pass on how much of a stage of the present row is done."""
        place = f"{len(self._taken) + 1}/{self._rows}"
        self._inner(f"{place} {self._row}: {stage}", done, total, note)

    def message(self, text: str) -> None:
        """Pass a line on; of several, such as the values of a recipe, the first.

        How a row's own training is resumed is not for a reader: the comparison does that.
        """
        if "`resume=True`" in text:
            return
        self._inner.message(text.split("\n", 1)[0])


def in_words(seconds: float) -> str:
    """Return a duration in words.

    Example:
        >>> in_words(20), in_words(600), in_words(9000)
        ('1 minute', '10 minutes', '2 h 30 min')
    """
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{minutes // 60} h {minutes % 60:02d} min"
