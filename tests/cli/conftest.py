"""Commands in this process; a small model, and a folder of pictures to run it on."""

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from asdcfer.cli.main import app
from asdcfer.models.weights import save_encoder, save_model
from tests.cli.command import asdcfer
from tests.evaluation.standin import toy_encoder, toy_pack
from tests.recognition import standin


@pytest.fixture(name="asdcfer")
def _asdcfer():
    return asdcfer


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    """Features of tests never reach the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("weights") / "model", standin.fitted_model())


@pytest.fixture
def folder(tmp_path):
    """Three photos (two faces, one, none), a text, a broken photo, a video, one that breaks off."""
    inside = tmp_path / "in"
    (inside / "deep").mkdir(parents=True)
    cv2.imwrite(str(inside / "both.png"), standin.both()[..., ::-1])
    (inside / "deep" / "hopper.jpg").write_bytes(standin.hopper_path().read_bytes())
    cv2.imwrite(str(inside / "gray.png"), np.full((60, 60), 90, np.uint8))
    (inside / "text.jpg").write_text("no picture")
    (inside / "cut.jpg").write_bytes(standin.hopper_path().read_bytes()[:20_000])
    standin.write_video(inside / "clip.mp4", standin.moving_frames(8))
    noise = np.random.default_rng(0).integers(0, 256, (60, 96, 96, 3), dtype=np.uint8)
    cut = standin.write_video(inside / "deep" / "cut.mp4", list(noise), movflags="faststart")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    return inside


@pytest.fixture
def predict(weights):
    def run(*arguments, model=True):
        return CliRunner().invoke(
            app, ["predict", *map(str, arguments), *(["--model", str(weights)] if model else [])]
        )

    return run


@pytest.fixture(scope="session")
def toy_run(tmp_path_factory):
    """A folder with a run's encoder, a labeled pack and one without labels; not to be changed."""
    folder = tmp_path_factory.mktemp("toy")
    toy_pack(folder / "pack")
    toy_pack(folder / "unlabeled", labeled=False)
    card = {"recipe": "toy", "section": "student"}
    save_encoder(folder / "run" / "student" / "encoder", toy_encoder(), card)
    return folder
