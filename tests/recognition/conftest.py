import pytest

from asdcfer.recognition.recognizer import Recognizer
from tests.recognition import standin


@pytest.fixture(scope="session")
def model():
    return standin.fitted_model()


@pytest.fixture(scope="session")
def recognizer(model):
    return Recognizer(model, device="cpu")


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    return standin.write_video(
        tmp_path_factory.mktemp("clip") / "moving.mp4", standin.moving_frames()
    )
