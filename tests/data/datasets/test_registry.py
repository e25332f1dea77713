"""The registry: every kind has its source, and one from outside is one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from asdcfer.data.datasets.registry import SOURCES, source_of
from asdcfer.data.datasets.source import Options, Source
from asdcfer.data.prepare_pack import prepare
from tests.data.trees import save

TOY = """
from asdcfer.data.datasets.folder_dataset import Plan, folder_source
from asdcfer.data.datasets.folder_walk import Item

def plan(layout, options):
    if layout.path.name != "toy":
        return None
    found = [(Item(file, name), "happy") for file, name, _ in layout.images]
    return Plan("it is called toy", {"name": "toy"}, found)

SOURCE = folder_source("toy", "a toy", plan, "toy")
"""


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_is_called_what_the_registry_calls_it(kind: str) -> None:
    source = source_of(kind)
    assert isinstance(source, Source)
    assert source.kind == kind
    assert len(source.title) > 10


def test_a_data_set_from_outside_is_one_file_and_one_line(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "toy_faces.py").write_text(TOY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(SOURCES, "toy", "toy_faces")
    save(tmp_path / "toy" / "a.png", 0)
    pack = prepare(tmp_path / "toy", tmp_path / "out", Options(size=32))
    assert pack.info["source"]["kind"] == "toy"
    assert [pack.expressions[label] for label in pack.labels] == ["happy"]


def test_the_list_imports_no_data_set() -> None:
    code = (
        "import sys, asdcfer.data.datasets.registry; "
        "assert not {'numpy', 'PIL', 'cv2', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
