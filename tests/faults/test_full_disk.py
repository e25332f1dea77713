"""A disk that is full: one line that says so, nothing half-written, and the rest once there is
room.

A tmpfs of a part of what the command writes is the disk; where nothing can be mounted, files may
not grow beyond a part of the largest (RLIMIT_FSIZE).
"""

import os
from pathlib import Path

import pytest

from tests.faults.commands import COMMANDS, Command, check_nothing_is_half_written, leftovers
from tests.faults.conftest import Undisturbed
from tests.faults.launcher import THOROUGH, Done, Launcher, quickly
from tests.faults.small_disk import SmallDisk, small_disk

pytestmark = [pytest.mark.slow, pytest.mark.faults]

PAGE = 4096


def check_told(done: Done, reason: str) -> None:
    assert done.status == 2, done.said
    assert "Traceback" not in done.said
    assert done.last_line.startswith("asdcfer: "), done.said
    assert reason in done.last_line, done.said


def size_of(folder: Path) -> int:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(-(-size // PAGE) * PAGE for size in sizes)


def largest(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("share", [0.1, 0.6] if THOROUGH else [0.5])
@pytest.mark.parametrize("name", quickly(("prepare", "finetune", "predict", "embed"), COMMANDS))
def test_a_full_disk_loses_nothing(
    name: str,
    share: float,
    launcher: Launcher,
    inputs: Path,
    undisturbed: Undisturbed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = COMMANDS[name]
    _, wanted = undisturbed(command)
    (tmp_path / "whole").mkdir()
    assert launcher.run(command.line(command.target(tmp_path / "whole")), inputs).status == 0
    room = max(2 * PAGE, int(share * size_of(tmp_path / "whole")) // PAGE * PAGE)
    with small_disk(tmp_path / "disk", room) as disk:
        if disk is None:
            limit = max(1, int(share * largest(tmp_path / "whole")))
            _limited(command, limit, launcher, inputs, tmp_path / "disk", wanted)
        else:
            _full(command, disk, launcher, inputs, wanted)


def _full(
    command: Command, disk: SmallDisk, launcher: Launcher, inputs: Path, wanted: dict[str, object]
) -> None:
    out = command.target(disk.path)
    done = launcher.run(command.line(out), inputs)
    check_told(done, "No space left on device")
    check_nothing_is_half_written(disk.path)
    assert [path for path in leftovers(disk.path) if ".partial" not in path] == []
    disk.option("size=256m")
    done = launcher.run([*command.line(out), *command.resume], inputs)
    assert done.status == 0, done.said
    assert command.outputs(out) == wanted
    assert leftovers(disk.path) == []


def _limited(
    command: Command,
    limit: int,
    launcher: Launcher,
    inputs: Path,
    folder: Path,
    wanted: dict[str, object],
) -> None:
    out = command.target(folder)
    done = launcher.run(
        command.line(out),
        inputs,
        hooks=["tests.faults.hooks:small_files"],
        env={"FAULT_FILE_BYTES": str(limit)},
    )
    check_told(done, os.strerror(27))
    check_nothing_is_half_written(folder)
    done = launcher.run([*command.line(out), *command.resume], inputs)
    assert done.status == 0, done.said
    assert command.outputs(out) == wanted


@pytest.mark.parametrize("name", COMMANDS)
def test_an_output_that_is_not_to_be_written_is_one_line(
    name: str, launcher: Launcher, inputs: Path, tmp_path: Path
) -> None:
    command = COMMANDS[name]
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        folder = tmp_path / "disk"
        if disk is not None:
            disk.option("ro")
        elif os.geteuid() == 0:
            pytest.skip("nothing can be mounted, and to root every folder is open")
        else:
            folder.chmod(0o555)
        done = launcher.run(command.line(command.target(folder)), inputs)
        check_told(done, "Read-only file system" if disk is not None else "Permission denied")
        assert str(folder) in done.last_line
        assert list(folder.iterdir()) == []
        assert done.seconds < 20, "said before the work and not after it"
        folder.chmod(0o755) if disk is None else None
