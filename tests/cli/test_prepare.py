"""`asdcfer prepare` as a user runs it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asdcfer.data.datasets.registry import SOURCES
from asdcfer.data.pack import load_pack
from tests.cli.command import asdcfer
from tests.data.trees import contents, fer_csv, fer_rows, save
from tests.interrupting import start_interruptible


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "fer2013.csv"
    path.write_text(fer_csv(fer_rows(42)))
    return path


def test_prepare_says_what_it_saw_and_what_it_made(source: Path, tmp_path: Path) -> None:
    done = asdcfer("prepare", source, tmp_path / "out")
    assert done.returncode == 0
    assert "recognized as fer2013" in done.stderr
    assert "42 images" in done.stderr
    assert "images/s" in done.stderr
    assert "time left" in done.stderr
    assert "42 images of 48 x 48" in done.stdout
    assert re.search(r"private +14", done.stdout)
    assert len(load_pack(tmp_path / "out")) == 42


def test_prepare_gives_json_alone_on_standard_output(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", 0, (60, 60, 3))
    (tmp_path / "in" / "b.jpg").write_text("no")
    done = asdcfer("prepare", tmp_path / "in", tmp_path / "out", "--json", "--size", 32, "--color")
    answer = json.loads(done.stdout)
    assert answer["shape"] == [1, 32, 32, 3]
    assert answer["images"] == 1
    assert answer["counts"]["train"]["unlabeled"] == 1
    assert answer["skipped"] == [{"source_id": "b.jpg", "reason": "not an image"}]


def test_prepare_counts_what_it_skipped_by_reason(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", 0)
    for name in "bcd":
        (tmp_path / "in" / f"{name}.jpg").write_text("no")
    done = asdcfer("prepare", tmp_path / "in", tmp_path / "out")
    assert "skipped 4" not in done.stdout
    assert "skipped 3" in done.stdout
    assert "3  not an image: b.jpg, c.jpg, d.jpg\n" in done.stdout
    (tmp_path / "in" / "e.jpg").write_text("no")
    again = asdcfer("prepare", tmp_path / "in", tmp_path / "out")
    assert "4  not an image: b.jpg, c.jpg, d.jpg and 1 more\n" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there is nothing at nowhere"),
        (["empty"], "empty holds no images"),
        (["broken.csv"], "broken.csv, row 1 (line 2): 3 pixels; expected 2304"),
        (["good", "--kind", "imagenet"], "unknown kind 'imagenet'"),
        (["good", "--size", "2"], "size 2: expected 8 to 1024"),
        (["good", "--kind", "ferplus"], "FER+ needs"),
        (
            ["good", "--detect", "--detector-model", "nowhere.onnx"],
            "no detector model at nowhere.onnx",
        ),
    ],
)
def test_bad_input_is_one_line_and_status_2_and_leaves_the_earlier_pack(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    save(tmp_path / "good" / "a.png", 0)
    (tmp_path / "broken.csv").write_text("emotion,pixels,Usage\n0,1 2 3,Training\n")
    assert asdcfer("prepare", "good", "out", cwd=tmp_path).returncode == 0
    before = contents(tmp_path)
    done = asdcfer("prepare", arguments[0], "out", *arguments[1:], cwd=tmp_path)
    errors = [line for line in done.stderr.splitlines() if line.startswith("asdcfer:")]
    assert done.returncode == 2
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert contents(tmp_path) == before


def test_the_pack_of_another_source_is_replaced_by_force_alone(tmp_path: Path) -> None:
    save(tmp_path / "mine" / "a.png", 0)
    save(tmp_path / "other" / "b.png", 1)
    assert asdcfer("prepare", "mine", "out", cwd=tmp_path).returncode == 0
    before = contents(tmp_path)
    done = asdcfer("prepare", "other", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "asdcfer: out is a pack of another source (" in done.stderr
    assert "1 face); choose another OUT, or use --force to replace it\n" in done.stderr
    assert done.stdout == ""
    assert contents(tmp_path) == before
    assert asdcfer("prepare", "mine", "out", cwd=tmp_path).returncode == 0
    assert asdcfer("prepare", "other", "out", "--force", cwd=tmp_path).returncode == 0
    assert load_pack(tmp_path / "out").ids == ["b.png"]


PIPED = """
import sys, time
import asdcfer.data.prepare_pack as names
from asdcfer.cli.main import main
original = names._watched
def halting(*given):
    for n, face in enumerate(original(*given)):
        yield face
        if n == 20:
            print("half", flush=True)
            time.sleep(60)
names._watched = halting
sys.argv = ["asdcfer", "prepare", sys.argv[1], sys.argv[2]]
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_prepare_leaves_no_pack_and_the_earlier_one_whole(
    source: Path, tmp_path: Path, how: signal.Signals
) -> None:
    out = tmp_path / "out"
    assert asdcfer("prepare", source, out).returncode == 0
    before = contents(out)
    command = [sys.executable, "-c", PIPED, str(source), str(out)]
    with start_interruptible(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(how)
        errors = process.stderr.read().decode()
        process.wait(20)
    assert contents(out) == before
    assert "Traceback" not in errors
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "interrupted" in errors
        assert sorted(os.listdir(tmp_path)) == ["fer2013.csv", "out"]
    # The next run clears up after a killed one, and gives the very same pack.
    assert asdcfer("prepare", source, out).returncode == 0
    assert contents(out) == before
    assert sorted(os.listdir(tmp_path)) == ["fer2013.csv", "out"]


def test_detect_cuts_real_faces_out_of_photos(tmp_path: Path) -> None:
    skimage = pytest.importorskip("skimage.data")
    from PIL import Image

    (tmp_path / "in").mkdir()
    Image.fromarray(skimage.astronaut()).save(tmp_path / "in" / "astronaut.png")
    Image.new("L", (100, 100)).save(tmp_path / "in" / "dark.png")
    done = asdcfer("prepare", tmp_path / "in", tmp_path / "out", "--detect", "--size", 64, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["shape"] == [1, 64, 64]
    assert answer["skipped"] == [{"source_id": "dark.png", "reason": "no face found"}]


@pytest.mark.slow
def test_help_has_examples() -> None:
    for verb in ("prepare", "audit"):
        done = asdcfer(verb, "--help")
        assert done.returncode == 0
        assert f"asdcfer {verb} " in done.stdout
    listed = asdcfer("prepare", "--help").stdout
    assert all(kind in listed for kind in ("auto", *SOURCES))
    code = (
        "import sys, asdcfer.cli.prepare, asdcfer.cli.audit; "
        "assert not {'torch', 'numpy', 'PIL', 'cv2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
