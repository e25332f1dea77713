"""Features that workers compute: the file of a run without them, also where one is killed."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asdcfer import api
from asdcfer.api.embedding_workers import FaceWork
from asdcfer.data.pack import Pack
from asdcfer.embedding import face_blocks
from asdcfer.embedding.feature_store import FeatureStore
from asdcfer.errors import AsdcferError
from asdcfer.models.weights import save_encoder
from tests.engines import cluster
from tests.engines.inprocess import spread_here

WORKERS = "asdcfer.api.embedding_workers"


@pytest.fixture
def faces(few: Pack, tmp_path: Path) -> Path:
    """A folder of faces and of one file that is none."""
    folder = tmp_path / "faces"
    folder.mkdir()
    for row in range(7):
        Image.fromarray(np.asarray(few.images[row])).save(folder / f"{row}.png")
    (folder / "broken.png").write_text("a")
    return folder


def written(out: Path) -> list[bytes]:
    """Return the bytes of the features, and of what lies beside them."""
    return [path.read_bytes() for path in sorted(out.parent.glob(f"{out.stem}.*"))]


@pytest.mark.parametrize("splits", [(), ("public", "private")])
def test_a_pack_gives_the_same_bytes(few, encoder, tmp_path, monkeypatch, splits) -> None:
    monkeypatch.setattr(face_blocks, "ROWS", 32)
    settings = {"model": encoder, "device": "cpu", "splits": splits}
    here = api.embed(few, tmp_path / "here" / "f.npy", api.EmbedSettings(**settings))
    engine = spread_here(monkeypatch, WORKERS)
    there = api.embed(
        few, tmp_path / "there" / "f.npy", api.EmbedSettings(**settings, engine=engine)
    )
    assert written(here.out) == written(there.out)


def test_pictures_give_the_same_bytes_and_the_same_list_of_what_was_left_out(
    faces, encoder, tmp_path, monkeypatch
) -> None:
    settings = {"model": encoder, "device": "cpu"}
    here = api.embed(faces, tmp_path / "here" / "f.csv", api.EmbedSettings(**settings))
    engine = spread_here(monkeypatch, WORKERS)
    there = api.embed(
        faces, tmp_path / "there" / "f.csv", api.EmbedSettings(**settings, engine=engine)
    )
    assert written(here.out) == written(there.out)
    assert there.skipped_list.read_text() == "id,reason\nbroken.png,not an image\n"


def test_a_worker_that_finds_other_weights_stops(few, tmp_path) -> None:
    work = FaceWork(few.path, api.EmbedSettings(model="nano"), "of another")
    with pytest.raises(AsdcferError, match="a worker has other weights under the name nano"):
        work()


PROGRAM = """
import os, signal, sys
from pathlib import Path
from asdcfer import api
from asdcfer.embedding import face_blocks
from asdcfer.embedding.feature_store import FeatureStore
from tests.engines import cluster

home, pack, model, out = map(Path, sys.argv[1:])
face_blocks.ROWS = 4
added, killed = FeatureStore.add, []

def add(store, *arguments, **more):
    added(store, *arguments, **more)
    if store.inputs >= 20 and not killed:
        killed.append(cluster.workers(home)[0])
        os.kill(killed[0], signal.SIGKILL)

FeatureStore.add = add
settings = api.EmbedSettings(model=str(model), device="cpu", engine=api.Engine("ray", workers=2))
done = api.embed(pack, out, settings)
print(done.faces, len(killed))
"""


@pytest.mark.slow
def test_a_killed_worker_costs_no_face_and_repeats_none(
    few, encoder, tmp_path, monkeypatch
) -> None:
    cluster.needs_ray()
    # Bits depend on which faces are computed together, with Ray and without.
    monkeypatch.setattr(face_blocks, "ROWS", 4)
    model = save_encoder(tmp_path / "model", encoder, {})
    settings = api.EmbedSettings(model=str(model), device="cpu")
    here = api.embed(few.path, tmp_path / "here" / "f.npy", settings)
    out = tmp_path / "there" / "f.npy"
    words = [str(one) for one in (tmp_path / "home", few.path, model, out)]
    done = cluster.run(tmp_path / "home", "-c", PROGRAM, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(len(few)), "1"]
    assert written(here.out) == written(out)
    assert cluster.processes(tmp_path / "home") == {}


def test_what_was_kept_without_workers_is_gone_on_with_by_them(
    few, encoder, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(face_blocks, "ROWS", 50)
    whole = api.embed(few, tmp_path / "whole.npy", api.EmbedSettings(encoder, device="cpu"))
    added = FeatureStore.add

    def add(self, *arguments, **more):
        added(self, *arguments, **more)
        if self.inputs >= 100:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FeatureStore, "add", add)
        with pytest.raises(KeyboardInterrupt):
            api.embed(few, tmp_path / "f.npy", api.EmbedSettings(encoder, device="cpu"))
    engine = spread_here(monkeypatch, WORKERS)
    settings = api.EmbedSettings(encoder, device="cpu", resume=True, engine=engine)
    done = api.embed(few, tmp_path / "f.npy", settings)
    assert done.resumed == 100
    assert done.out.read_bytes() == whole.out.read_bytes()


def test_paths_do_not_depend_on_the_working_folder(few, encoder, tmp_path, monkeypatch) -> None:
    save_encoder(tmp_path / "model", encoder, {})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        f"{WORKERS}.FaceWork.__call__",
        lambda work: lambda piece: pytest.fail(f"{work.path} {work.settings.model}"),
    )
    engine = spread_here(monkeypatch, WORKERS)
    relative = os.path.relpath(few.path, tmp_path)
    settings = api.EmbedSettings("model.safetensors", device="cpu", engine=engine)
    with pytest.raises(pytest.fail.Exception) as caught:
        api.embed(relative, "f.npy", settings)
    path, model = map(Path, str(caught.value).split())
    assert path.is_absolute()
    assert path.samefile(few.path)
    assert model == tmp_path / "model.safetensors"
