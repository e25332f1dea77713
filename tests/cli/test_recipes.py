"""`asdcfer recipes`: listed, printed, and usable as a file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def test_recipes_are_listed_printed_and_usable(asdcfer, tmp_path):
    status, told, _ = asdcfer("recipes")
    assert status == 0
    assert {"fer2013_gpu", "fer2013_small", "sample"} <= {
        line.split()[0] for line in told.splitlines()
    }
    _, told, _ = asdcfer("recipes", "sample", "teacher.epochs=3")
    (tmp_path / "mine.yaml").write_text(told)
    _, again, _ = asdcfer("recipes", tmp_path / "mine.yaml", "--json")
    assert json.loads(again)["teacher"]["epochs"] == 3


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_under_the_output_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "asdcfer", "recipes", "sample"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "asdcfer: cannot write any more: No space left on device\n"
