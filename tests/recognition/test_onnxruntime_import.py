"""ONNX Runtime is imported silenced, or its absence is one line."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from asdcfer.errors import MissingPackageError
from asdcfer.recognition import onnxruntime_import
from asdcfer.recognition.onnxruntime_import import SWITCH, import_onnxruntime
from tests.test_leaves_nothing import SILENCING


def test_the_switch_is_set_before_the_first_import_and_undone_by_nobody() -> None:
    code = (
        "import sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'onnxruntime':\n"
        "            import os; print(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
        "sys.meta_path.insert(0, Watch())\n"
        "from asdcfer.recognition.onnxruntime_import import import_onnxruntime\n"
        "import_onnxruntime('quantization')\n"
    )
    env = {name: value for name, value in os.environ.items() if name not in SILENCING}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.splitlines()[0] == "1", done.stderr


def test_its_absence_names_what_needs_it_and_the_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingPackageError, match=r"backend='onnx' needs onnxruntime: pip install"):
        import_onnxruntime(purpose="backend='onnx'")


def test_a_fault_within_it_is_not_hidden(monkeypatch) -> None:
    def broken(name: str) -> None:
        raise ModuleNotFoundError("No module named 'flatbuffers'", name="flatbuffers")

    monkeypatch.setattr(onnxruntime_import.importlib, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="flatbuffers"):
        import_onnxruntime()


def test_events_of_one_that_was_imported_before_are_switched_off(monkeypatch) -> None:
    calls = []
    before = SimpleNamespace(disable_telemetry_events=lambda: calls.append("off"))
    monkeypatch.setitem(sys.modules, "onnxruntime", before)
    monkeypatch.delenv(SWITCH, raising=False)
    assert import_onnxruntime() is before
    assert calls == ["off"]
    assert os.environ[SWITCH] == "1"
    import_onnxruntime()
    assert calls == ["off"], "once is enough"
