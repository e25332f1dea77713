"""Two runs on one output: the second is refused in one line, and the first ends undisturbed."""

import time
from pathlib import Path

import pytest

from tests.faults.commands import COMMANDS, leftovers
from tests.faults.conftest import Undisturbed
from tests.faults.launcher import Launcher, quickly

pytestmark = [pytest.mark.slow, pytest.mark.faults]


@pytest.mark.parametrize("name", quickly(("prepare", "finetune", "embed"), COMMANDS))
def test_the_second_run_is_refused(
    name: str, launcher: Launcher, inputs: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    command = COMMANDS[name]
    _, wanted = undisturbed(command)
    out = command.target(tmp_path)
    first = launcher.start(command.line(out), inputs)
    while not any(path.stat().st_size for path in tmp_path.rglob("*.lock")):
        assert not first.ended
        time.sleep(0.001)
    first.stop()
    try:
        second = launcher.run([*command.line(out), *command.resume], inputs)
    finally:
        first.go_on()
    assert second.status == 2, second.said
    assert f"is in use by another run (process {first.process} on " in second.last_line
    assert second.last_line.startswith(f"asdcfer: {out}"), second.said
    done = first.wait()
    assert done.status == 0, done.said
    assert command.outputs(out) == wanted
    assert leftovers(tmp_path) == []
