"""Repeats: faces of a track that show nearly what the last one kept showed."""

import numpy as np

from asdcfer.data.perceptual_hash import comparable, pixel_distance


class Repeats:
    """Tells for each face of a track whether it is the last one kept once more.

    Args:
        min_change: pixel distance from which on it is another one; 0 takes every face.

    Example:
        >>> face = np.random.default_rng(0).integers(0, 200, (48, 48)).astype(np.uint8)
        >>> repeats = Repeats(0.1)
        >>> repeats(0, 0.0, face), repeats(0, 0.5, face + 9), repeats(1, 0.5, face)
        (False, True, False)
    """

    def __init__(self, min_change: float) -> None:
        self.min_change = min_change
        self._last: dict[int, tuple[float, np.ndarray]] = {}

    def __call__(self, track: int, seconds: float, crop: np.ndarray) -> bool:
        """Return whether a face repeats the last one kept; one that does not is that from now on.

        Args:
            track: its number.
            seconds: when it is seen.
            crop: uint8 (S,S) or (S,S,3), aligned.
        """
        if self.min_change <= 0:
            return False
        own = comparable(crop[None])
        _, before = self._last.get(track, (0.0, None))
        if before is not None and pixel_distance(own, before)[0] < self.min_change:
            self._last[track] = (seconds, before)
            return True
        self._last[track] = (seconds, own)
        return False

    def forget(self, unseen_since: float) -> None:
        """Drop the tracks that were seen last before a moment, seconds."""
        self._last = {
            track: known for track, known in self._last.items() if known[0] >= unseen_since
        }
