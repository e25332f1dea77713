"""Making a pack from a path: what is recognized, what is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets.registry import SOURCES
from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from tests.data.trees import (
    face,
    kaggle_fer,
    write,
)
from tests.factories import Heard


def test_a_file_where_a_folder_belongs_and_the_reverse(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for kind in SOURCES:
        with pytest.raises(DataError, match=str(tmp_path)):
            prepare(tmp_path / "file", tmp_path / "out", kind=kind)
    (tmp_path / "empty").mkdir()
    for kind in ("auto", *SOURCES):
        with pytest.raises(DataError):
            prepare(tmp_path / "empty", tmp_path / "out", kind=kind)
    assert not (tmp_path / "out").exists()


def test_what_prepare_refuses_before_it_starts(tmp_path: Path) -> None:
    source = kaggle_fer(tmp_path / "fer")
    for arguments, message in (
        ({"size": 4}, "size 4: expected 8 to 1024"),
        ({"expressions": 6}, "expressions 6: expected 7 or 8"),
        ({"max_pixels": 0}, "max_pixels 0"),
    ):
        with pytest.raises(DataError, match=message):
            prepare(source, tmp_path / "out", Options(**arguments))
    with pytest.raises(DataError, match="unknown kind 'imagenet'; expected auto, fer2013"):
        prepare(source, tmp_path / "out", kind="imagenet")
    with pytest.raises(DataError, match=r"there is nothing at"):
        prepare(tmp_path / "nowhere", tmp_path / "out")
    prepare(source, tmp_path / "out")
    with pytest.raises(DataError, match=r"is a pack already"):
        prepare(tmp_path / "out", tmp_path / "again")
    with pytest.raises(DataError, match=r"exists and is not a pack"):
        prepare(source, source)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels_order": "ferr"}, "unknown order 'ferr'; give `labels_order` fer, affectnet"),
        ({"columns": {"path": "file"}}, "`columns` is for list and parquet, and .* is read as"),
        ({"targets": "probability"}, "`targets` is for ferplus and ferplus_folders, and .*; leave"),
    ],
)
def test_an_option_that_nothing_would_read_is_refused(tmp_path: Path, options, message) -> None:
    source = kaggle_fer(tmp_path / "fer")
    with pytest.raises(DataError, match=message):
        prepare(source, tmp_path / "out", Options(**options))
    assert not (tmp_path / "out").exists()
    prepare(source, tmp_path / "out", Options(labels_order="fer"))


def test_size_and_color(tmp_path: Path) -> None:
    source = write(tmp_path / "fer2013.csv")
    assert prepare(source, tmp_path / "a", Options(size=32)).images.shape == (21, 32, 32)
    colored = prepare(source, tmp_path / "b", Options(color=True)).images
    assert colored.shape == (21, 48, 48, 3)
    assert np.array_equal(colored[3, :, :, 1], face(3))


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    heard = Heard()
    prepare(write(tmp_path / "fer2013.csv"), tmp_path / "out", progress=heard)
    assert [done for done, _ in heard.calls["reading"]] == list(range(1, 22))
    assert heard.calls["reading"][-1] == (21, 21)
    assert "recognized as fer2013" in heard.lines[0]


def test_detection_is_refused_for_faces_that_are_cropped_already(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cropped faces already; leave `detect=True` away"):
        prepare(write(tmp_path / "fer2013.csv"), tmp_path / "out", Options(crop=lambda image: []))


HELD = """
import sys, tracemalloc
from pathlib import Path
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import recognize

held = []
for source in map(Path, sys.argv[1:]):
    recognize(source)  # what is imported and remembered once
    tracemalloc.start()
    choice = recognize(source)
    layout = Layout(source)
    reading = choice.source.read(layout, Options())
    # Without the interpreter's own table of names, which is one block and doubles at any time.
    traces = tracemalloc.take_snapshot().traces
    held.append(sum(trace.size for trace in traces if trace.size < 500_000))
    tracemalloc.stop()
    assert choice.share == 1
    assert reading.fraction() == 0
print(*held)
"""


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["{:02}", "train/happy/{:02}"])
def test_what_is_known_of_files_before_they_are_read_takes_a_few_bytes_each(
    folder: str, tmp_path: Path
) -> None:
    sources = [tmp_path / str(files) for files in (1000, 3000)]
    for source in sources:
        for number in range(int(source.name)):
            file = source / folder.format(number // 100) / f"{number:06}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        if "happy" in folder:
            (source / "train" / "sad").mkdir()
            (source / "train" / "sad" / "1.png").touch()
    # In a process of its own: here other threads take memory too.
    words = [sys.executable, "-c", HELD, *map(str, sources)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    few, many = map(int, done.stdout.split())
    # The names, twice, with a hundredth of their folders: a path and its parts took a thousand.
    assert many - few < 100 * 2000
