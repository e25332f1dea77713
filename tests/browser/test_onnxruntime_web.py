"""onnxruntime-web comes in one version, by its hash, or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from asdcfer.errors import AsdcferError
from browser import onnxruntime_web
from browser.onnxruntime_web import extract, pin, tarball

ROOT = Path(__file__).parents[2]


def test_the_pin_is_one_version_with_its_hash():
    told = pin()
    assert told["version"].replace(".", "").isdecimal()
    assert told["integrity"].startswith("sha512-")
    assert len(told["integrity"]) == len("sha512-") + 88
    assert [name for name in told["files"] if name.endswith(".wasm")]


def test_another_file_is_refused_and_named(tmp_path):
    (tmp_path / "other.tgz").write_bytes(b"other")
    with pytest.raises(AsdcferError, match=r"other\.tgz is not the pinned package"):
        tarball(tmp_path, tmp_path / "other.tgz")
    with pytest.raises(AsdcferError, match="cannot read"):
        tarball(tmp_path, tmp_path / "none.tgz")
    kept = tmp_path / f"{pin()['package']}-{pin()['version']}.tgz"
    kept.write_bytes(b"cut short")
    with pytest.raises(AsdcferError, match="remove it"):
        tarball(tmp_path)


def test_what_npm_cannot_do_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(onnxruntime_web.shutil, "which", lambda name: None)
    with pytest.raises(AsdcferError, match="fetched by npm, which is missing; or name its --tarb"):
        tarball(tmp_path)
    monkeypatch.setattr(onnxruntime_web.shutil, "which", lambda name: "npm")
    failed = subprocess.CompletedProcess([], 1, "", "npm error\nnpm error network is down")
    monkeypatch.setattr(onnxruntime_web.subprocess, "run", lambda *words, **more: failed)
    with pytest.raises(AsdcferError, match=r"cannot fetch onnxruntime-web@.* \(npm error network"):
        tarball(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_command_leaves_no_half_page(tmp_path):
    (tmp_path / "other.tgz").write_bytes(b"other")
    words = ["--out", str(tmp_path / "page"), "--tarball", str(tmp_path / "other.tgz")]
    done = subprocess.run(
        [sys.executable, "-m", "browser.build", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("browser: ")
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["other.tgz"]


@pytest.mark.slow
def test_only_the_files_of_the_pin_are_taken(tarball, tmp_path):
    extract(tarball, tmp_path / "onnxruntime")
    assert sorted(path.name for path in (tmp_path / "onnxruntime").iterdir()) == sorted(
        pin()["files"]
    )
