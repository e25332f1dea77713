"""The command line in this process, as its console script runs it."""

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from asdcfer.cli.main import main


class Done(NamedTuple):
    """What a command left: exit status, standard output, standard error."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def fault(self) -> str:
        """The one line of a command that was refused."""
        lines = [line for line in self.stderr.splitlines() if line.startswith("asdcfer: ")]
        assert self.returncode == 2, self
        assert len(lines) == 1, self
        assert "Traceback" not in self.stderr
        assert self.stdout == ""
        return lines[0]


def asdcfer(*words: object, cwd: Path | None = None) -> Done:
    """Run a command."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["asdcfer", *map(str, words)]),
        contextlib.chdir(cwd or "."),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
    return Done(status, out.getvalue(), err.getvalue())
