"""The same recipe, seed and machine give the same bytes: of packs, weights, features, ONNX.

Each command runs in two processes whose hashes of strings differ, so that an order that depends on
them, as of a set, shows. Where this ends is said in docs/training.md.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.commands import COMMANDS
from tests.faults.launcher import Launcher

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def launchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Launcher]]:
    folder = tmp_path_factory.mktemp("zygotes")
    found = [Launcher(folder / seed, PYTHONHASHSEED=seed) for seed in ("1", "2")]
    yield found
    for launcher in found:
        launcher.close()


@pytest.mark.parametrize("name", COMMANDS)
def test_two_runs_give_the_same_bytes(
    name: str, launchers: list[Launcher], inputs: Path, tmp_path: Path
) -> None:
    """`run` trains by moco and asdc and probes; `compare` trains by simclr, too."""
    command, found = COMMANDS[name], []
    for number, launcher in enumerate(launchers):
        (tmp_path / str(number)).mkdir()
        out = command.target(tmp_path / str(number))
        done = launcher.run(command.line(out), inputs)
        assert done.status == 0, done.said
        found.append(command.outputs(out))
    assert found[0] == found[1]
