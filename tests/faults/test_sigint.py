"""Ctrl-C at any moment: one line says how to go on, and going on gives the same bytes."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.commands import COMMANDS, check_nothing_is_half_written, leftovers
from tests.faults.conftest import Undisturbed
from tests.faults.launcher import TIMES, Launcher, quickly

pytestmark = [pytest.mark.slow, pytest.mark.faults]

EARLIER = 5
"""How often it is tried at an earlier moment where no moment came before the end."""


@pytest.mark.parametrize("name", quickly(("prepare", "run", "predict", "embed"), COMMANDS))
def test_ctrl_c_says_how_to_go_on(
    name: str, launcher: Launcher, inputs: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    command = COMMANDS[name]
    whole, wanted = undisturbed(command)
    draw = random.Random(f"int {name} {TIMES}")
    interrupted, until = 0, command.until
    times = max(1, min(TIMES, command.at_most) // 3)
    for number in range(times + EARLIER):
        if number >= times and interrupted:
            break
        if number >= times:
            # All had ended before their moment: on a busy machine the work is less than it was.
            until = max(until / 2, 0.06)
        folder = tmp_path / str(number)
        folder.mkdir()
        out = command.target(folder)
        moment = draw.uniform(0.05, until) * whole.seconds
        running = launcher.start(command.line(out), inputs)
        running.signal_after(moment, signal.SIGINT)
        done = running.wait()
        check_nothing_is_half_written(folder)
        if done.status == 0:
            continue
        if done.status == -signal.SIGINT:
            # It came when everything was written and said, and the interpreter was ending.
            assert command.outputs(out) == wanted, moment
            assert leftovers(folder) == [], moment
            continue
        interrupted += 1
        assert "Traceback" not in done.said, (moment, done.said)
        assert done.status == 130, (moment, done.status, done.said)
        assert done.last_line.startswith("asdcfer: interrupted; "), (moment, done.said)
        assert command.again in done.last_line, (moment, done.said)
        assert [path for path in leftovers(folder) if ".partial" not in path] == []
        done = launcher.run([*command.line(out), *command.resume], inputs)
        assert done.status == 0, (moment, done.said)
        assert command.outputs(out) == wanted, moment
    assert interrupted > 0


STARTING = """
import runpy, sys
class Interrupted:
    def find_spec(self, name, *rest):
        if name == "asdcfer.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
runpy.run_module("asdcfer", run_name="__main__")
"""


def test_ctrl_c_while_the_command_is_still_starting_has_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", STARTING], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "")
