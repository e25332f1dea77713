"""A clock that is set back, and files from the future, change nothing."""

import os
import signal
from pathlib import Path

import pytest

from tests.faults.commands import COMMANDS, leftovers
from tests.faults.conftest import Undisturbed
from tests.faults.launcher import Launcher, quickly

pytestmark = [pytest.mark.slow, pytest.mark.faults]

YEAR_2100 = 4_102_444_800
BACK = ["tests.faults.hooks:clock_goes_back"]


@pytest.mark.parametrize("name", quickly(("finetune", "predict"), COMMANDS))
def test_a_command_goes_on_under_an_earlier_clock(
    name: str, launcher: Launcher, inputs: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    command = COMMANDS[name]
    whole, wanted = undisturbed(command)
    out = command.target(tmp_path)
    running = launcher.start(command.line(out), inputs, hooks=BACK)
    running.signal_after(0.7 * whole.seconds)
    done = running.wait()
    assert done.status in (0, -signal.SIGKILL), done.said
    for path in tmp_path.rglob("*"):
        os.utime(path, (YEAR_2100, YEAR_2100))
    if done.status:
        done = launcher.run([*command.line(out), *command.resume], inputs, hooks=BACK)
        assert done.status == 0, done.said
    assert command.outputs(out) == wanted
    assert leftovers(tmp_path) == []
