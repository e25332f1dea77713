"""RunProgress: how far a training is, for schedules inside a method."""

from typing import Any

import torch
from torch import Tensor, nn


class RunProgress(nn.Module):
    """The share of the run that is done, saved with the method.

    A method sets it in `after_step` and reads it in `training_step`, so that a schedule goes on
    where it stood after a resume. The number is known on the host and never read from the device
    within a run.

    Example:
        >>> progress = RunProgress()
        >>> progress.set(0.25)
        >>> progress.now, progress.ramp(0.0, 1.0, until=0.5), progress.reached(0.3)
        (0.25, 0.5, False)
    """

    share: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("share", torch.zeros((), dtype=torch.float64))
        self._now: float | None = 0.0

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._now = None

    @property
    def now(self) -> float:
        """The share of the run that is done, in 0..1."""
        if self._now is None:
            self._now = float(self.share)
        return self._now

    def set(self, progress: float) -> None:
        """Remember how far the run is, in 0..1."""
        self._now = float(progress)
        self.share.fill_(self._now)

    def reached(self, start: float) -> bool:
        """Return whether a share of the run is done."""
        return self.now >= start

    def ramp(self, first: float, last: float, until: float = 1.0) -> float:
        """Return a value that goes in a straight line from `first` to `last`, and stays there.

        Args:
            first: value at the beginning.
            last: value from `until` on.
            until: share of the run; 0 has `last` from the beginning.
        """
        if until <= 0:
            return last
        return first + (last - first) * min(1.0, self.now / until)
