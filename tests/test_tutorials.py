"""The tutorials are true: their blocks of sh and python run, in order, on sample faces.

A block with a title is written to the file of that name. Blocks of text are what would take hours,
or what a reader sees. Nothing else is left out.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image

import asdcfer
from tests.face_clips import write_clip

FOLDER = Path(__file__).parents[1] / "docs" / "tutorials"
SAMPLE = Path(asdcfer.__file__).parent / "sample" / "fer2013"
BLOCK = re.compile(
    r"^```(sh|python|yaml)(?: title=\"([^\"\n]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


def lay_out(place: Path) -> None:
    """Make what the tutorials start from: photos, faces without labels, and labeled faces."""
    photos = place / "holiday"
    photos.mkdir()
    shutil.copy(
        Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg", photos / "hopper.jpg"
    )
    Image.new("RGB", (320, 240), "gray").save(photos / "nobody.png")
    for name, row in (("monday", 1), ("tuesday", 4), ("friday", 7)):
        write_clip(place / "video" / f"{name}.mp4", [row, row + 10], 5)
    pack = asdcfer.load_pack(SAMPLE)
    (place / "faces").mkdir()
    for row in range(120):
        Image.fromarray(np.asarray(pack.images[row])).save(place / "faces" / f"{pack.ids[row]}.png")
    for split, theirs, count in (("train", "train", 15), ("test", "private", 6)):
        rows = pack.rows(theirs)
        for label, expression in enumerate(pack.expressions):
            folder = place / "labeled" / split / expression
            folder.mkdir(parents=True)
            for row in rows[pack.labels[rows] == label][:count]:
                Image.fromarray(np.asarray(pack.images[row])).save(folder / f"{pack.ids[row]}.png")


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.md")), ids=lambda page: page.stem)
def test_a_tutorial_runs(page: Path, tmp_path: Path) -> None:
    lay_out(tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, words in (("asdcfer", "-m asdcfer"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        (programs / name).chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "HOME": str(tmp_path), "PATH": path}
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert len(blocks) >= 3
    for language, title, text in blocks:
        if title:
            (tmp_path / title).write_text(text, encoding="utf-8")
            continue
        command = (
            ["bash", "-euo", "pipefail", "-c", text]
            if language == "sh"
            else [sys.executable, "-c", text]
        )
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, f"{text}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
