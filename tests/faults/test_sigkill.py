"""Killed at any moment and continued, a command ends with the bytes of one that never was.

The moments are drawn over the whole work of a command. Twice in a row a command may be killed
before it is left to finish.
"""

import random
import shutil
import signal
from pathlib import Path

import pytest

from tests.faults.commands import (
    COMMANDS,
    Command,
    check_nothing_is_half_written,
    leftovers,
)
from tests.faults.conftest import Undisturbed
from tests.faults.launcher import THOROUGH, TIMES, Launcher

pytestmark = [pytest.mark.slow, pytest.mark.faults]


def kept_weights(command: Command, out: Path) -> dict[Path, int]:
    """Return the weights that a killed run had finished; they must not be made again."""
    patterns = {
        "run": ("teacher/encoder.json", "student/encoder.json"),
        "compare": ("rows/*/*/encoder.json",),
    }
    cards = [path for one in patterns.get(command.name, ()) for path in out.glob(one)]
    return {path: path.stat().st_ino for path in cards}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_goes_on_to_the_same_bytes(
    name: str, launcher: Launcher, inputs: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    command = COMMANDS[name]
    whole, wanted = undisturbed(command)
    draw = random.Random(f"{name} {TIMES}")
    killed, moments = 0, []
    for number in range(min(TIMES, command.at_most)):
        folder = tmp_path / str(number)
        folder.mkdir()
        out = command.target(folder)
        moments = []
        words = command.line(out)
        for _ in range(draw.choice([1, 1, 2]) if THOROUGH else 1):
            moments.append(draw.uniform(0, whole.seconds))
            running = launcher.start(words, inputs)
            running.signal_after(moments[-1])
            done = running.wait()
            assert done.status in (0, -signal.SIGKILL), done.said
            killed += done.status != 0
            check_nothing_is_half_written(folder)
            if done.status == 0:
                break
            words = [*command.line(out), *command.resume]
        finished = kept_weights(command, out)
        if done.status != 0:
            done = launcher.run(words, inputs)
            assert done.status == 0, (number, moments, done.said)
        assert command.outputs(out) == wanted, (number, moments)
        assert {path: path.stat().st_ino for path in finished} == finished, (number, moments)
        assert leftovers(folder) == [], (number, moments)
        shutil.rmtree(folder)
    print(f"{name}: {killed} kills, {whole.seconds:.2f} processor seconds undisturbed")
    assert killed > 0 or not THOROUGH
