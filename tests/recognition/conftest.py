import functools

import numpy as np
import pytest

from asdcfer.data.sample import sample_pack
from asdcfer.predict.recognizer import Recognizer
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


@functools.cache
def export_once(folder):
    """Export the small model once for the tests of every package that have this fixture."""
    from asdcfer.export.onnx import export_onnx

    path = folder / "exported.onnx"
    pack = sample_pack()
    faces = np.asarray(pack.images[pack.rows("public")[:100]])
    return path, export_onnx(standin.fitted_model(), path, faces)


@pytest.fixture(scope="session")
def faces():
    """A hundred faces of the sample."""
    pack = sample_pack()
    return np.asarray(pack.images[pack.rows("public")[:100]])


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The small model as an ONNX file, and how it compares with torch."""
    pytest.importorskip("onnxruntime")
    return export_once(tmp_path_factory.getbasetemp())
