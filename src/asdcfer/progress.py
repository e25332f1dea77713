"""The protocol by which long work tells its caller how far it is; nothing in the package prints."""

from collections.abc import Callable
from typing import Protocol


class Progress(Protocol):
    """Receiver of the progress of long work: fractions of a stage, and lines worth reading.

    Example:
        >>> class Lines:
        ...     def __call__(self, stage, done, total, note=""):
        ...         print(f"{stage}: {done:g} of {total:g}")
        ...     def message(self, text):
        ...         print(text)
        >>> def work(progress: Progress) -> None:
        ...     progress.message("two faces")
        ...     for face in (1, 2):
        ...         progress("measuring", face, 2)
        >>> work(Lines())
        two faces
        measuring: 1 of 2
        measuring: 2 of 2
    """

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Take how much of a stage is done.

        Args:
            stage: what happens now: "reading", "teacher"; a new name begins a new stage.
            done: images, steps or files so far; 0 begins.
            total: of those; 0 where it is not known.
            note: more about this moment, for a display: "epoch 2/20, loss 1.31".
        """

    def message(self, text: str) -> None:
        """Take one line that a person wants to read once."""


class Silent:
    """A `Progress` that is told everything and shows nothing; what functions take by default."""

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Take how much of a stage is done."""

    def message(self, text: str) -> None:
        """Take a line."""


SILENT: Progress = Silent()


def counter(progress: Progress, stage: str) -> Callable[[int, int], None]:
    """Return a function of (done, total) that reports one stage.

    Example:
        >>> counter(SILENT, "measuring")(1, 2)
    """

    def report(done: int, total: int) -> None:
        progress(stage, done, total)

    return report
