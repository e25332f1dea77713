"""The install without torch (requirements/onnx.txt): its list stays true, and what it lacks is
named before any work is done.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from asdcfer.cli.main import app
from asdcfer.errors import MissingPackageError

ROOT = Path(__file__).parents[2]


def test_its_packages_are_those_of_the_whole_install():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        line
        for line in (ROOT / "requirements/onnx.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert set(wanted) <= {*project["dependencies"], *project["optional-dependencies"]["onnx"]}
    assert len(wanted) == 7


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["evaluate", "export", "run", "recipes"])
def test_a_verb_that_needs_more_says_so_in_one_line(verb):
    program = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "yaml", "scipy", "sklearn"):
            raise ModuleNotFoundError("refused", name=name)
sys.meta_path.insert(0, Refuse())
sys.argv = ["asdcfer", *{[verb, *(["default", "a.onnx"] if verb == "export" else [])]}]
from asdcfer.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("asdcfer: this needs the package ")
    assert "pip install asdcfer" in done.stderr


def test_outputs_that_cannot_be_written_are_refused_before_recognition(monkeypatch, tmp_path):
    (tmp_path / "a.jpg").touch()
    monkeypatch.setattr("asdcfer.extras.find_spec", lambda name: None)
    for extra, option, target in (("table", "--out", "r.parquet"), ("plot", "--plot", "t.png")):
        done = CliRunner().invoke(
            app, ["predict", str(tmp_path / "a.jpg"), option, str(tmp_path / target)]
        )
        assert isinstance(done.exception, MissingPackageError)
        assert f"pip install 'asdcfer[{extra}]'" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
