"""Image files that workers decode: the pack of a run without them, also where one is killed."""

import csv
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from asdcfer import api
from asdcfer.api import prepare_workers
from asdcfer.data.sample import sample_pack
from asdcfer.errors import DataError
from tests.engines import cluster
from tests.engines.inprocess import spread_here
from tests.recognition import standin

WORKERS = "asdcfer.api.prepare_workers"


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Faces in folders of classes, one of them broken."""
    folder = tmp_path / "faces"
    for number, face in enumerate(sample_pack().images[:30]):
        place = folder / ("happy" if number % 2 else "sad") / f"{number:02}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face).save(place)
    (folder / "sad" / "broken.png").write_text("no picture")
    return folder


def same(one: Path, two: Path) -> bool:
    """Whether two packs hold the same bytes."""
    files = sorted(str(path.relative_to(one)) for path in one.rglob("*") if path.is_file())
    others = sorted(str(path.relative_to(two)) for path in two.rglob("*") if path.is_file())
    return files == others and all((one / f).read_bytes() == (two / f).read_bytes() for f in files)


@pytest.mark.parametrize("more", [{}, {"shard": 7}, {"color": True, "size": 32}])
def test_the_pack_is_that_of_a_run_without(faces, tmp_path, monkeypatch, heard, more) -> None:
    monkeypatch.setattr(prepare_workers, "FILES", 4)
    here = api.prepare(faces, tmp_path / "here", api.PrepareSettings(**more), progress=heard)
    engine = spread_here(monkeypatch, WORKERS)
    settings = api.PrepareSettings(**more, engine=engine)
    there = api.prepare(faces, tmp_path / "there", settings, progress=heard)
    assert same(here.path, there.path)
    assert [one["source_id"] for one in there.info["skipped"]] == ["sad/broken.png"]
    assert heard.calls["reading"][-1][0] == len(there) == 30


def test_what_a_list_knows_of_its_faces_arrives(tmp_path, monkeypatch) -> None:
    Image.fromarray(standin.both()).save(tmp_path / "both.png")
    with (tmp_path / "list.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "valence", "left", "top", "right", "bottom", "split"])
        table.writerow(["both.png", "happy", 0.25, 5.5, 5, 80, 90, "train"])
        table.writerow(["both.png", "sad", -0.5, 10, 10, 60, 60, "test"])
    here = api.prepare(tmp_path / "list.csv", tmp_path / "here")
    settings = api.PrepareSettings(engine=spread_here(monkeypatch, WORKERS))
    there = api.prepare(tmp_path / "list.csv", tmp_path / "there", settings)
    assert same(here.path, there.path)
    assert len(there) == 2


@pytest.mark.slow
def test_faces_are_found_and_counted_as_without(tmp_path, monkeypatch) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        cv2.imwrite(str(photos / f"both{number}.png"), standin.both()[..., ::-1])
    Image.new("RGB", (80, 60)).save(photos / "nobody.png")
    found = {"detect": True, "min_face": 120}
    here = api.prepare(photos, tmp_path / "here", api.PrepareSettings(**found))
    monkeypatch.setattr(prepare_workers, "PHOTOS", 2)
    engine = spread_here(monkeypatch, WORKERS)
    there = api.prepare(photos, tmp_path / "there", api.PrepareSettings(**found, engine=engine))
    assert same(here.path, there.path)
    assert there.info["source"]["left_out"] == {"too small": 3}


@pytest.mark.parametrize("name", ["table.csv", "clips"])
def test_what_workers_cannot_decode_is_refused(tmp_path, monkeypatch, name) -> None:
    pixels = " ".join("7" for _ in range(48 * 48))
    (tmp_path / "table.csv").write_text(f"emotion,pixels,Usage\n3,{pixels},Training\n")
    (tmp_path / "clips").mkdir()
    standin.write_video(tmp_path / "clips" / "a.mp4", standin.moving_frames(3))
    engine = spread_here(monkeypatch, WORKERS)
    settings = api.PrepareSettings(detect=name == "clips", engine=engine)
    with pytest.raises(DataError, match="workers decode image files only; leave `engine=ray` away"):
        api.prepare(tmp_path / name, tmp_path / "pack", settings)
    assert not (tmp_path / "pack").exists()


PROGRAM = """
import os, signal, sys
from pathlib import Path
from asdcfer import api
from asdcfer.api import prepare_workers
from tests.engines import cluster

home, faces, out = map(Path, sys.argv[1:])
prepare_workers.FILES = 2
killed = []

def progress(stage, done, total, note=""):
    if stage == "reading" and done >= 6 and not killed:
        killed.append(cluster.workers(home)[0])
        os.kill(killed[0], signal.SIGKILL)

progress.message = lambda line: None
settings = api.PrepareSettings(engine=api.Engine("ray", workers=2))
print(len(api.prepare(faces, out, settings, progress=progress)), len(killed))
"""


@pytest.mark.slow
def test_a_killed_worker_costs_no_face_and_repeats_none(faces, tmp_path, monkeypatch) -> None:
    cluster.needs_ray()
    for number in range(3):
        shutil.copytree(faces / "happy", faces / "happy" / f"more{number}")
    here = api.prepare(faces, tmp_path / "here")
    home = tmp_path / "home"
    words = [str(one) for one in (home, faces, tmp_path / "there")]
    done = cluster.run(home, "-c", PROGRAM, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(len(here)), "1"]
    assert same(here.path, tmp_path / "there")
    assert np.unique(here.ids).size == len(here)
    assert cluster.processes(home) == {}
