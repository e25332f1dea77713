"""Provenance: which source made a number."""

import functools
import subprocess
from pathlib import Path


@functools.cache
def commit() -> str:
    """Return the commit of the source that runs, "installed" for a copy outside any checkout.

    "-dirty" is added where tracked files differ from it.

    Example:
        >>> isinstance(commit(), str)
        True
    """
    here = Path(__file__).resolve()
    try:
        tracked = subprocess.run(
            ["git", "ls-files", "--error-unmatch", here.name],
            cwd=here.parent,
            capture_output=True,
            timeout=10,
        )
        head = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=here.parent,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "installed"
    return head.stdout.strip() if tracked.returncode == 0 and head.returncode == 0 else "installed"
