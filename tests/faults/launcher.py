"""Runs commands that are to be disturbed: started, ended at a share of their work, waited for."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

ROOT = Path(__file__).resolve().parents[2]
TIMES = int(os.environ.get("FAULT_TIMES", "3"))
"""How often each command is killed; `make faults` sets 50."""
THOROUGH = TIMES > 3


def quickly(some: Iterable[str], every: Iterable[str]) -> list[str]:
    """Return which commands are tried: a few in the suite, all in `make faults`."""
    return list(every if THOROUGH else some)


@dataclass
class Done:
    """A command that has ended: its status (below zero a signal), what it said, its work."""

    status: int
    said: str
    seconds: float

    @property
    def last_line(self) -> str:
        return self.said.strip().splitlines()[-1] if self.said.strip() else ""


class Launcher:
    """A zygote, and the commands that it starts.

    Args:
        home: folder to make, for logs and caches.
        **variables: of its environment.
    """

    def __init__(self, home: Path, **variables: str) -> None:
        home.mkdir()
        self.home, self._count = home, 0
        env = {**os.environ, "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(home), **variables}
        # A list of the fonts takes seconds to make.
        env.setdefault("MPLCONFIGDIR", matplotlib.get_cachedir())
        self.env = {**env, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == {"ready": True}

    def close(self) -> None:
        with self._zygote:
            assert self._zygote.stdin is not None
            self._zygote.stdin.close()

    def _answer(self) -> dict[str, Any]:
        assert self._zygote.stdout is not None
        return dict(json.loads(self._zygote.stdout.readline()))

    def _asked(self, **request: object) -> dict[str, Any]:
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(json.dumps(request) + "\n")
        self._zygote.stdin.flush()
        return self._answer()

    def start(
        self,
        words: Sequence[object],
        cwd: Path,
        hooks: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> "Running":
        """Start a command.

        Args:
            words: of the command line, after `asdcfer`.
            cwd: folder.
            hooks: functions, as "module:name", that are called in its process first.
            env: variables that are set there.
        """
        self._count += 1
        log = self.home / f"log-{self._count}"
        told = self._asked(
            start=[*map(str, words)],
            cwd=str(cwd),
            log=str(log),
            hooks=list(hooks),
            env=dict(env or {}),
        )
        return Running(self, told["process"], log)

    def run(self, words: Sequence[object], cwd: Path, **more: Any) -> Done:
        return self.start(words, cwd, **more).wait()

    def reap(self, process: int) -> int:
        return int(self._asked(wait=process)["status"])


class Running:
    """A command on its way."""

    def __init__(self, launcher: Launcher, process: int, log: Path) -> None:
        self._launcher, self.process, self._log = launcher, process, log
        self._worked = 0.0

    @property
    def ended(self) -> bool:
        try:
            state = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        return state == "Z"

    def worked(self) -> float:
        """Return seconds of processor time so far: how busy the machine is does not matter."""
        total = 0
        for task in Path(f"/proc/{self.process}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except (OSError, IndexError):
                continue
        self._worked = max(self._worked, total / 1e9)
        return self._worked

    def signal_after(self, seconds: float, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send a signal after so much work; returns whether the command was still running."""
        while not self.ended:
            if self.worked() >= seconds:
                os.kill(self.process, number)
                return True
            time.sleep(0.001)
        return False

    def stop(self) -> None:
        os.kill(self.process, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process, signal.SIGCONT)

    def wait(self) -> Done:
        while not self.ended:
            self.worked()
            time.sleep(0.005)
        self.worked()
        status = self._launcher.reap(self.process)
        # One that was killed at once has said nothing.
        said = self._log.read_text(errors="replace") if self._log.exists() else ""
        return Done(status, said, self._worked)
