"""`asdcfer predict` with a small model, and a folder of pictures to run it on."""

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from asdcfer.cli.main import app
from asdcfer.models.weights import save_model
from tests.recognition import standin


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
