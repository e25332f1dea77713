"""Which frames of a video are recognized: every nth, some a second, a part of the time."""

import math
from dataclasses import dataclass

from asdcfer.errors import InputError


@dataclass(frozen=True)
class FrameSampling:
    """Which frames are taken.

    Attributes:
        every: every nth frame from the first one on.
        fps: at most so many frames a second of the file's own time, evenly; None takes all. It
            takes the place of `every`.
        start: seconds at which the part begins.
        end: seconds at which it ends; None is the end of the file.

    Raises:
        InputError: a value that takes no frame at all.

    Example:
        >>> sampling = FrameSampling(fps=2, start=1.0, end=2.5)
        >>> taken = sampling.chooser()
        >>> [t / 4 for t in range(12) if taken(t, t / 4)]
        [1.0, 1.5, 2.0]
    """

    every: int = 1
    fps: float | None = None
    start: float = 0.0
    end: float | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise InputError(f"every nth frame: n must be at least 1, not {self.every}")
        if self.fps is not None and not 0 < self.fps < math.inf:
            raise InputError(f"frames a second must be more than 0, not {self.fps:g}")
        if self.fps is not None and self.every != 1:
            raise InputError("take `every` nth frame or `fps` frames a second, not both")
        if not 0 <= self.start < math.inf:
            raise InputError(f"a video is read from 0 seconds on, not from {self.start:g}")
        if self.end is not None and not self.end > self.start:
            raise InputError(f"`end` ({self.end:g} s) must come after `start` ({self.start:g} s)")

    def is_over(self, time: float) -> bool:
        """Whether no frame from this time on is wanted."""
        return self.end is not None and time >= self.end

    def rate(self, of_file: float) -> float:
        """Return how many frames a second are taken of a file with so many."""
        return of_file / self.every if self.fps is None else min(self.fps, of_file)

    def chooser(self) -> "_Chooser":
        """Return what is asked once for each frame, in order: (index, time) -> taken."""
        return _Chooser(self)


class _Chooser:
    def __init__(self, sampling: FrameSampling) -> None:
        self.sampling, self.first, self.due = sampling, -1, sampling.start

    def __call__(self, index: int, time: float) -> bool:
        s = self.sampling
        if time < s.start - 1e-6 or s.is_over(time):
            return False
        if s.fps is None:
            self.first = index if self.first < 0 else self.first
            return (index - self.first) % s.every == 0
        if time < self.due - 1e-6:
            return False
        # The grid of moments stays where it is, however the frames lie.
        self.due = s.start + (math.floor((time - s.start) * s.fps + 1e-6) + 1) / s.fps
        return True


def seconds_of_clock(text: str) -> float:
    """Return seconds of a moment as players show it.

    Args:
        text: seconds, minutes:seconds, or hours:minutes:seconds.

    Raises:
        InputError: it is no moment.

    Example:
        >>> seconds_of_clock("1:20"), seconds_of_clock("1:00:00.5"), seconds_of_clock("80")
        (80.0, 3600.5, 80.0)
    """
    parts = text.strip().split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or any(not 0 <= number < math.inf for number in numbers):
        raise InputError(f"{text!r} is no moment of a video; write 80, 1:20 or 1:02:03")
    return sum(number * 60.0**place for place, number in enumerate(reversed(numbers)))
