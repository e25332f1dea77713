"""Thinning: a series of any length as the means of a few hundred equal stretches of time."""

import numpy as np

MOST_POINTS = 1500
"""Points along a time axis; more could not be told apart on a screen."""


class Thinned:
    """Means of a series over equal stretches of time; rows may come in parts and are not held.

    Args:
        begin, end: of the time axis, seconds.
        points: stretches, rounded; more than `MOST_POINTS` are as many.
        columns: values of each row.

    Example:
        >>> series = Thinned(0, 4, 2, 1)
        >>> series.add(np.array([0, 1, 3]), np.array([[0.2], [0.4], [0.8]]))
        >>> series.times, series.means[:, 0].round(2)
        (array([1., 3.]), array([0.3, 0.8]))
    """

    def __init__(self, begin: float, end: float, points: float, columns: int) -> None:
        self.points = round(min(MOST_POINTS, max(2, points)))
        self.begin, self.width = begin, max(end - begin, 1e-6) / self.points
        self._sums = np.zeros((self.points, columns))
        self._hits = np.zeros(self.points)

    def add(self, times: np.ndarray, values: np.ndarray) -> None:
        """Add rows.

        Args:
            times: (n,), seconds; those beyond the axis count at its ends.
            values: (n,columns).
        """
        # A time on the border of two stretches belongs to the later one, whatever it is rounded to.
        places = np.floor((times - self.begin) / self.width + 1e-6).astype(int)
        places = places.clip(0, self.points - 1)
        np.add.at(self._sums, places, values)
        np.add.at(self._hits, places, 1)

    @property
    def times(self) -> np.ndarray:
        """The middles of the stretches, (points,)."""
        return self.begin + (np.arange(self.points) + 0.5) * self.width

    @property
    def means(self) -> np.ndarray:
        """The mean rows, (points,columns); NaN where there is none, so that lines break."""
        hits = self._hits[:, None]
        return np.divide(self._sums, hits, out=np.full_like(self._sums, np.nan), where=hits > 0)
