"""One run at a time in one output, whatever became of the one before."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asdcfer import output_lock
from asdcfer.errors import AsdcferError
from asdcfer.files import atomic_write
from asdcfer.output_lock import NAME, OutputLock, remove_abandoned

HOLDER = """
import sys, time
from asdcfer.files import atomic_write
from asdcfer.output_lock import OutputLock
with OutputLock(sys.argv[1]), atomic_write(sys.argv[1] + "/model.json") as half:
    half.write_text("hal")
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_an_abandoned_lock_is_removed_and_one_that_is_held_is_not(tmp_path):
    remove_abandoned(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    (tmp_path / NAME).touch()
    remove_abandoned(tmp_path)
    assert not (tmp_path / NAME).exists()
    with OutputLock(tmp_path), pytest.raises(AsdcferError, match="in use by another run"):
        remove_abandoned(tmp_path)


def test_a_second_run_is_refused_in_one_line_and_a_killed_one_taken_over(tmp_path):
    with holder(tmp_path / "run") as process:
        words = rf"run is in use by another run \(process {process.pid} on .*, since .* UTC\); wait"
        with pytest.raises(AsdcferError, match=words) as refused:
            OutputLock(tmp_path / "run")
        assert "\n" not in str(refused.value)
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "run" / NAME).is_file(), "a killed run cannot remove its file"
    assert list((tmp_path / "run").glob(".model.*.tmp.json"))
    with OutputLock(tmp_path / "run"):
        assert sorted(os.listdir(tmp_path / "run")) == [NAME], "half a file goes as well"
        about = json.loads((tmp_path / "run" / NAME).read_text())
        assert about["process"] == os.getpid()
    assert not (tmp_path / "run" / NAME).exists()


def test_a_folder_that_stays_empty_is_not_left_behind(tmp_path):
    with OutputLock(tmp_path / "run"):
        pass
    assert not (tmp_path / "run").exists()
    with OutputLock(tmp_path / "run"):
        (tmp_path / "run" / "a").touch()
    assert os.listdir(tmp_path / "run") == ["a"]


def test_files_are_locked_one_by_one_beside_them(tmp_path):
    with OutputLock(tmp_path / "a.csv", beside=True), OutputLock(tmp_path / "b.csv", beside=True):
        with pytest.raises(AsdcferError, match="in use"):
            OutputLock(tmp_path / "a.csv", beside=True)
        with atomic_write(tmp_path / "a.csv") as file:
            file.write_text("a")
    assert os.listdir(tmp_path) == ["a.csv"]


def test_temporary_files_of_living_processes_and_files_of_users_stay(tmp_path):
    kept = [tmp_path / f".model.{os.getppid()}.tmp.json", tmp_path / ".notes.tmp"]
    for path in kept:
        path.touch()
    with OutputLock(tmp_path):
        pass
    assert all(path.is_file() for path in kept)


def test_a_lock_that_another_run_removes_meanwhile_does_not_count(tmp_path, monkeypatch):
    """Whoever opened the file before it was removed must not hold what nobody else can see."""
    lock = output_lock._lock
    calls = []

    def removed_first(file):
        lock(file)
        if not calls:
            os.unlink(tmp_path / NAME)
        calls.append(file)

    monkeypatch.setattr(output_lock, "_lock", removed_first)
    with OutputLock(tmp_path):
        assert len(calls) == 2
        assert (tmp_path / NAME).is_file()


def test_a_worker_that_outlives_its_run_does_not_hold_the_lock(tmp_path):
    held = OutputLock(tmp_path)
    child = os.fork()
    if child == 0:
        signal.pause()
    try:
        held.release()
        with OutputLock(tmp_path):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_without_locks_of_the_file_system_the_process_is_looked_for(tmp_path, monkeypatch):
    def no_locks(file):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(output_lock, "_lock", no_locks)
    with holder(tmp_path) as process:
        with pytest.raises(AsdcferError, match=f"process {process.pid} on"):
            OutputLock(tmp_path)
        process.kill()
    with OutputLock(tmp_path):
        pass


def test_a_place_that_is_not_to_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(AsdcferError, match=re.escape(f"{tmp_path / 'file'} is a file")):
        OutputLock(tmp_path / "file")
