"""Where the work of a command is done: in its own process, or on the workers of a cluster."""

from dataclasses import dataclass

from asdcfer.errors import InputError
from asdcfer.extras import require

ENGINES = ("local", "ray")


@dataclass(frozen=True)
class Engine:
    """Where work is done; the results are the same.

    Attributes:
        name: "local", this process; or "ray", workers of a Ray cluster.
        address: of the cluster: "local" starts one on this machine, which ends with the work;
            "auto" is the one that `ray start` made here; else HOST:PORT of its head.
        workers: of "ray": processes, each with a model of its own.

    Raises:
        InputError: another name, no worker, or an address without "ray".
        MissingPackageError: "ray" is asked for, and not installed.

    Example:
        >>> Engine().spread
        False
    """

    name: str = "local"
    address: str = "local"
    workers: int = 2

    def __post_init__(self) -> None:
        """Raise where the values cannot be."""
        if self.name not in ENGINES:
            raise InputError(f"`engine={self.name}`: choose {' or '.join(ENGINES)}")
        if self.workers < 1:
            raise InputError(f"`workers={self.workers}`: expected 1 or more")
        if self.spread:
            require("ray", "`engine=ray`", "leave it away")
        elif self.address != "local":
            raise InputError("`address` is for `engine=ray`; give both, or neither")

    @property
    def spread(self) -> bool:
        """Whether the work goes to workers."""
        return self.name != "local"
