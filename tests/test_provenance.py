"""Provenance: the commit of a checkout, and a word where there is none."""

import subprocess
from pathlib import Path

import pytest

from asdcfer import provenance


@pytest.fixture
def fresh_commit():
    provenance.commit.cache_clear()
    yield provenance.commit
    provenance.commit.cache_clear()


def git(folder: Path, *words: str) -> str:
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *name, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_checkout_gives_its_commit_and_whether_it_was_changed(
    tmp_path: Path, monkeypatch, fresh_commit
) -> None:
    source = tmp_path / "provenance.py"
    source.write_text("a = 1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    monkeypatch.setattr(provenance, "__file__", str(source))
    head = git(tmp_path, "rev-parse", "HEAD")
    assert fresh_commit() == head
    source.write_text("a = 2\n")
    fresh_commit.cache_clear()
    assert fresh_commit() == f"{head}-dirty"


def test_a_copy_outside_any_checkout_is_installed(
    tmp_path: Path, monkeypatch, fresh_commit
) -> None:
    (tmp_path / "provenance.py").write_text("")
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "provenance.py"))
    assert fresh_commit() == "installed"


def test_a_machine_without_git_is_no_error(monkeypatch, fresh_commit) -> None:
    monkeypatch.setenv("PATH", "")
    assert fresh_commit() == "installed"
