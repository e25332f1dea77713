"""A zygote that starts commands, their inputs, and what each leaves where nothing disturbs it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.commands import Command, leftovers, make_inputs
from tests.faults.launcher import Done, Launcher


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    found = Launcher(tmp_path_factory.mktemp("zygote") / "home")
    yield found
    found.close()


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs") / "in"
    make_inputs(folder)
    return folder


Undisturbed = Callable[[Command], tuple[Done, dict[str, object]]]


@pytest.fixture(scope="session")
def undisturbed(
    launcher: Launcher, inputs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    """Return what a command costs, says and leaves, run once."""
    known: dict[str, tuple[Done, dict[str, object]]] = {}

    def find(command: Command) -> tuple[Done, dict[str, object]]:
        if command.name not in known:
            folder = tmp_path_factory.mktemp(command.name)
            out = command.target(folder)
            done = launcher.run(command.line(out), inputs)
            assert done.status == 0, done.said
            assert leftovers(folder) == []
            known[command.name] = done, command.outputs(out)
        return known[command.name]

    return find
