"""Where a training runs: device, processes, machines, and which process speaks."""

import os
from dataclasses import dataclass

from asdcfer.errors import RecipeError
from asdcfer.nearest_name import did_you_mean
from asdcfer.progress import SILENT, Progress


@dataclass(frozen=True)
class Hardware:
    """What to train on; the same names as Lightning's.

    Attributes:
        device: "auto", "cpu" or "cuda".
        devices: processes on each machine (CPU processes talk over gloo, GPUs over nccl).
        nodes: machines; start the same command on each, as Lightning's cluster guide says.
        strategy: Lightning's name of a strategy; "auto" is one process, or DDP for several.
        tensorboard: also write TensorBoard events.
    """

    device: str = "auto"
    devices: int = 1
    nodes: int = 1
    strategy: str = "auto"
    tensorboard: bool = False

    @property
    def processes(self) -> int:
        """Processes over all machines."""
        return self.devices * self.nodes

    @property
    def process(self) -> int:
        """Which of all processes this is."""
        return _number("NODE_RANK") * self.devices + _number("LOCAL_RANK")

    def own_device(self, resolved: str) -> str:
        """Return torch's name of this process's device, from "cpu" or "cuda"."""
        several = resolved == "cuda" and self.devices > 1
        return f"cuda:{_number('LOCAL_RANK')}" if several else resolved


class _Run:
    """What is known of the run that this process belongs to."""

    lone = False


def settle(hardware: Hardware) -> None:
    """Note, before anything is asked of `is_first_process`, what this process trains on.

    The tasks of a SLURM allocation number the processes of a run of several. A run of one process
    is a run of its own in each of them, and its first process whatever its number.
    """
    _Run.lone = hardware.processes == 1


def is_first_process() -> bool:
    """Whether this process is the one that reports and writes."""
    names = ("LOCAL_RANK", "NODE_RANK", *(() if _Run.lone else ("SLURM_PROCID",)))
    return all(_number(name) == 0 for name in names)


def first_only(progress: Progress) -> Progress:
    """Return the progress in the first process, and one that shows nothing in every other."""
    return progress if is_first_process() else SILENT


def check_strategy(name: str) -> None:
    """Raise `RecipeError` for a strategy that Lightning does not have."""
    from lightning.pytorch.strategies import StrategyRegistry

    known = StrategyRegistry.available_strategies()
    if name != "auto" and name not in known:
        raise RecipeError(f"unknown strategy {name}{did_you_mean(name, ['auto', *known])}")


def _number(name: str) -> int:
    return int(os.environ.get(name) or 0)
