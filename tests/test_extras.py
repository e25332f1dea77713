"""Where an optional package is missing, one line says what needs it and which extra brings it."""

import subprocess
import sys

import pytest

from asdcfer.errors import MissingPackageError
from asdcfer.extras import require


def test_what_is_installed_is_let_through_without_being_imported() -> None:
    code = (
        "import sys; from asdcfer.extras import require; require('numpy', 'this'); "
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asdcfer.extras.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError) as caught:
        require("pyarrow", "Parquet", "write .csv")
    assert str(caught.value) == "Parquet needs pyarrow: pip install 'asdcfer[table]', or write .csv"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "extra", "words"),
    [
        ("lightning", "train", ["pretrain", "--out", "run"]),
        ("matplotlib", "plot", ["report", "run"]),
        ("onnxruntime", "onnx", ["predict", "a.jpg", "--backend", "onnx"]),
        ("onnxscript", "onnx", ["export", "light", "model.onnx"]),
    ],
)
def test_a_command_says_in_one_line_which_extra_it_lacks(package, extra, words, tmp_path) -> None:
    program = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == {package!r}:
            raise ModuleNotFoundError("refused", name=name)
sys.meta_path.insert(0, Refuse())
sys.argv = ["asdcfer", *{words}]
from asdcfer.cli import main
main()
"""
    (tmp_path / "a.jpg").touch()
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=120
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert package in done.stderr
    assert f"pip install 'asdcfer[{extra}]'" in done.stderr
