"""Processes that can be interrupted, however the tests themselves were started.

A shell starts background jobs with Ctrl-C ignored, and children inherit that: a Python process then
never sees the signal that a test sends it.
"""

import signal
import subprocess
from typing import Any


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start_interruptible(command: list[str], **options: Any) -> subprocess.Popen:
    """Start a process for which Ctrl-C (SIGINT) has its usual meaning."""
    return subprocess.Popen(command, preexec_fn=_heed_interrupts, **options)
