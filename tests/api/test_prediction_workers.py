"""Files that workers recognize: the table of a run without them, also where one is killed."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from asdcfer import api
from asdcfer.api.prediction_inputs import Camera
from asdcfer.api.prediction_run import PredictionRun
from asdcfer.api.prediction_workers import PredictionWork
from asdcfer.data.sample import sample_pack
from asdcfer.errors import AsdcferError, InputError
from asdcfer.models.weights import save_model
from asdcfer.predict import file_batches
from asdcfer.predict.batch import Settings
from tests.engines import cluster
from tests.engines.inprocess import spread_here
from tests.factories import Heard
from tests.recognition import standin

WORKERS = "asdcfer.api.prediction_workers"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Photos with faces and without, a text, and two videos, one of which breaks off."""
    inside = tmp_path / "in"
    inside.mkdir()
    for number in range(3):
        cv2.imwrite(str(inside / f"both{number}.png"), standin.both()[..., ::-1])
    cv2.imwrite(str(inside / "gray.png"), np.full((60, 60), 90, np.uint8))
    (inside / "text.jpg").write_text("no picture")
    standin.write_video(inside / "clip.mp4", standin.moving_frames(4))
    noise = np.random.default_rng(0).integers(0, 256, (60, 96, 96, 3), dtype=np.uint8)
    cut = standin.write_video(inside / "cut.mp4", list(noise), movflags="faststart")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    monkeypatch.chdir(tmp_path)
    return "in"


@pytest.mark.slow
def test_the_table_the_copies_and_the_counts_are_those_of_a_run_without(
    files, model, tmp_path, monkeypatch, heard: Heard
) -> None:
    def run(name: str, progress: Heard, **more) -> api.Predictions:
        outputs = api.PredictOutputs(table=f"{name}.csv", annotate=name, people=f"{name}-names.csv")
        settings = api.PredictSettings(model=model, device="cpu", **more)
        return api.predict(files, settings, outputs, progress=progress)

    here = run("here", heard)
    again = Heard()
    there = run("there", again, engine=spread_here(monkeypatch, WORKERS))
    assert Path("here.csv").read_bytes() == Path("there.csv").read_bytes()
    assert "text.jpg" in Path("there.csv").read_text()
    copies = sorted(path.name for path in Path("here").iterdir())
    assert copies == sorted(path.name for path in Path("there").iterdir())
    assert (Path("here") / "both0.png").read_bytes() == (Path("there") / "both0.png").read_bytes()
    counted = [(one.files, one.failed, one.broken, one.uncopied) for one in (here, there)]
    assert counted[0] == counted[1]
    assert counted[0][:3] == (7, 1, 1)
    assert heard.calls["recognizing"][-1] == again.calls["recognizing"][-1] == (7, 7)


def test_a_camera_is_for_this_process(monkeypatch) -> None:
    settings = api.PredictSettings(engine=spread_here(monkeypatch, WORKERS))
    with pytest.raises(InputError, match="leave `engine=ray` away"):
        PredictionRun(Camera(), settings, api.PredictOutputs())


def test_a_worker_that_has_another_model_or_not_the_folder_stops(tmp_path, monkeypatch) -> None:
    work = PredictionWork(api.PredictSettings(model="nano", device="cpu"), Settings(), "of another")
    with pytest.raises(AsdcferError, match="a worker has other weights under the name nano"):
        work()
    work.folder = tmp_path / "gone"
    with pytest.raises(AsdcferError, match=r"a worker cannot open .*gone, where the command runs"):
        work()


PROGRAM = """
import os, signal, sys
from pathlib import Path
from asdcfer import api
from asdcfer.predict import file_batches
from asdcfer.predict.journal import Journal
from tests.engines import cluster

home = Path(sys.argv[1])
file_batches._BATCH_FILES = 2
finished, killed = Journal.finish, []

def finish(journal, *words, **more):
    finished(journal, *words, **more)
    if len(journal.finished) >= 6 and not killed:
        killed.append(cluster.workers(home)[0])
        os.kill(killed[0], signal.SIGKILL)

Journal.finish = finish
settings = api.PredictSettings(model="model.safetensors", device="cpu", detect=False,
                               engine=api.Engine("ray", workers=2))
done = api.predict("faces", settings, api.PredictOutputs(table="there.csv"))
print(done.files, len(killed))
"""


@pytest.mark.slow
def test_a_killed_worker_costs_no_row_and_repeats_none(tmp_path, monkeypatch) -> None:
    cluster.needs_ray()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(file_batches, "_BATCH_FILES", 2)
    save_model(tmp_path / "model", standin.fitted_model())
    os.mkdir("faces")
    for number, face in enumerate(sample_pack().images[:60]):
        Image.fromarray(face).save(f"faces/{number:02}.png")
    settings = api.PredictSettings(model="model.safetensors", device="cpu", detect=False)
    api.predict("faces", settings, api.PredictOutputs(table="here.csv"))
    home = tmp_path / "home"
    done = cluster.run(home, "-c", PROGRAM, str(home))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["60", "1"]
    assert Path("here.csv").read_bytes() == Path("there.csv").read_bytes()
    assert len(Path("there.csv").read_text().splitlines()) == 61
    assert cluster.processes(home) == {}
