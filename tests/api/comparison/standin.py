"""A comparison of seconds: few small faces, a narrow encoder, one pass; and methods that fail.

Run as a script it compares until it is killed: `python -m tests.api.comparison.standin PACK OUT`.
"""

import os
import signal
import sys
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from asdcfer import api
from asdcfer.methods.method import Method
from tests.test_contributing import Toy

TINY = api.SharedTraining(
    encoder="mobile",
    encoder_arguments={"width": 0.25},
    batch_size=20,
    resolution=((0.0, 32),),
    views={"size": 32},
)
QUICK = api.Measures(shots=(2,), trials=2, shares=(), draws=1, robustness_images=0)


class NoOptions(BaseModel):
    """Settings of `Failing`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Failing(Method):
    """Raises when it is made, as a user's own method may."""

    Options: ClassVar[type[BaseModel]] = NoOptions

    def __init__(self, encoder: object, options: NoOptions) -> None:
        raise ZeroDivisionError("my loss\nis broken")


TOY, FAILING = "tests.api.comparison.standin:Toy", "tests.api.comparison.standin:Failing"
__all__ = ["FAILING", "QUICK", "TINY", "TOY", "Failing", "Toy", "settings"]


def settings(**changes: object) -> api.CompareSettings:
    """Return settings of a comparison of seconds."""
    values = {
        "steps": 3,
        "references": (),
        "training": TINY,
        "measures": QUICK,
        "device": "cpu",
    }
    return api.CompareSettings(**{**values, **changes})


class Killing:
    """A progress that kills its process at a message."""

    def __init__(self, at: str) -> None:
        self.at = at

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        if self.at in stage:
            os.kill(os.getpid(), signal.SIGKILL)

    def message(self, text: str) -> None:
        if self.at in text:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    pack, out, at = sys.argv[1:]
    api.compare([TOY, "moco"], pack, settings(), Path(out), progress=Killing(at))
