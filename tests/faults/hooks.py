"""What is done to a command's process before it begins: a clock that goes back, small files."""

import datetime
import os
import resource
import time

DAY = 86_400.0


def clock_goes_back() -> None:
    """Let the clock be set back by a day at every look at it; the monotonic ones go on."""
    real, real_ns, calls = time.time, time.time_ns, [0]

    def shift() -> float:
        calls[0] += 1
        return DAY * calls[0]

    class Datetime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Datetime":
            return super().fromtimestamp(real() - shift(), tz)

    time.time = lambda: real() - shift()
    time.time_ns = lambda: real_ns() - int(shift() * 1e9)
    from asdcfer import output_lock
    from asdcfer.training import run_record

    output_lock.datetime = run_record.datetime = Datetime


def small_files() -> None:
    """Refuse to write files beyond FAULT_FILE_BYTES: where a disk cannot be mounted to be full."""
    size = int(os.environ["FAULT_FILE_BYTES"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
