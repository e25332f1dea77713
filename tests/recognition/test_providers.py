"""Execution providers: named by a device, refused in one line, compared with the CPU."""

import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition import onnx_runtime, providers
from asdcfer.recognition.backends import choose_backend, make_runtime
from asdcfer.recognition.onnx_runtime import OnnxRuntime
from asdcfer.recognition.providers import CPU, PROVIDERS, check_parity, parity_faces, provider_of

EVERY = [provider.name for provider in PROVIDERS.values()]


def test_a_device_names_its_provider_and_a_part_of_it(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert provider_of("auto", EVERY)[0].device == "cuda"
    assert provider_of("auto", EVERY[:1] + EVERY[2:]) == (CPU, {})
    assert provider_of("cuda:1", EVERY)[1] == {"device_id": "1"}
    assert provider_of("openvino:NPU", EVERY)[1] == {"device_type": "NPU"}
    for device, provider in PROVIDERS.items():
        assert provider_of(device, EVERY) == (provider, {})
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert provider_of("openvino", EVERY)[1] == {"num_of_threads": "2"}


@pytest.mark.parametrize(
    ("device", "package"),
    [("cuda", "onnxruntime-gpu"), ("openvino", "onnxruntime-openvino"), ("coreml", "onnxruntime")],
)
def test_what_is_not_offered_is_said_with_its_package_and_what_is_there(device, package):
    with pytest.raises(InputError) as caught:
        provider_of(device, [CPU.name, "AzureExecutionProvider"])
    assert f"offers no {device}" in str(caught.value)
    assert f"pip install {package}" in str(caught.value)
    assert str(caught.value).endswith("or use one of: cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", ["cpu:1", "coreml:2"])
def test_parts_that_a_device_has_not_are_refused_with_what_there_is(device):
    with pytest.raises(InputError, match="choose auto, cpu, cuda, openvino, coreml"):
        provider_of(device, EVERY)


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("opnvino", "unknown device 'opnvino'; did you mean openvino?"),
        ("openvno:GPU", "unknown device 'openvno:GPU'; did you mean openvino?"),
        ("", "unknown device ''; valid here: auto, coreml, cpu, cuda, openvino"),
    ],
)
def test_an_unknown_device_is_answered_with_the_nearest_one(device, message):
    with pytest.raises(InputError) as error:
        provider_of(device, EVERY)
    assert str(error.value) == message


def test_a_device_of_onnx_runtime_alone_takes_the_onnx_file():
    assert choose_backend("default", "auto", "openvino") == "onnx"
    assert choose_backend("default", "auto", "OpenVINO:GPU") == "onnx"
    with pytest.raises(InputError, match="openvino computes ONNX files only"):
        make_runtime("default", "torch", "openvino")


@pytest.mark.parametrize(("precision", "off"), [("float32", 0.011), ("int8", 0.201), ("?", 0.011)])
def test_answers_beyond_the_tolerance_are_refused(precision, off):
    faces = parity_faces(48, 1)

    def reference(batch):
        return np.full((len(batch), 7), 0.5)

    found = check_parity(lambda x: reference(x) + off - 0.002, reference, faces, precision, "x")
    assert found == pytest.approx(off - 0.002)
    with pytest.raises(InputError, match=r'x answers otherwise .* `device="cpu"`'):
        check_parity(lambda x: reference(x) - off, reference, faces, precision, "x")
    with pytest.raises(InputError, match="differ by inf"):
        check_parity(lambda x: reference(x) * np.nan, reference, faces, precision, "x")


class Session:
    """A session of the CPU that says another provider computes, which is off by a constant."""

    def __init__(self, session, provider, off):
        self.session, self.provider, self.off = session, provider, off

    def __getattr__(self, name):
        return getattr(self.session, name)

    def get_providers(self):
        return [self.provider.name, CPU.name]

    def run(self, names, feeds):
        return [self.session.run(names, feeds)[0] + np.float32(self.off)]


@pytest.fixture
def offered(monkeypatch):
    """OpenVINO as another name of the CPU, off by what a test says."""
    runtime = pytest.importorskip("onnxruntime")
    opened, off = providers.open_session, [0.0]
    monkeypatch.setattr(
        runtime, "get_available_providers", lambda: ["OpenVINOExecutionProvider", CPU.name]
    )

    def session(onnxruntime, path, provider, options):
        plain = opened(onnxruntime, path, CPU, {})
        return plain if provider == CPU else Session(plain, provider, off[0])

    monkeypatch.setattr(onnx_runtime, "open_session", session)
    return off


def test_a_provider_is_compared_with_the_cpu_when_a_model_is_loaded(offered):
    offered[0] = 0.004
    recognizer = Recognizer("default", device="openvino")
    assert recognizer.backend == "onnx"
    assert recognizer.runtime.name == "onnxruntime on openvino"
    assert recognizer.runtime.parity == pytest.approx(0.004, abs=1e-5)
    assert Recognizer("default", device="cpu", backend="onnx").runtime.parity is None
    offered[0] = 0.05
    with pytest.raises(InputError, match=r"on 16 faces probabilities differ by 0\.05"):
        Recognizer("default", device="openvino")


def test_a_provider_that_cannot_start_is_not_replaced_by_the_cpu_in_silence(offered, monkeypatch):
    plain = onnx_runtime.open_session
    monkeypatch.setattr(onnx_runtime, "open_session", lambda *a: plain(*a[:2], CPU, {}))
    with pytest.raises(InputError, match="onnxruntime has openvino and cannot start it"):
        Recognizer("default", device="openvino")
    assert OnnxRuntime(_shipped(), "auto").name == "onnxruntime on cpu"


def _shipped():
    from asdcfer.recognition.backends import onnx_file

    return onnx_file("default")


@pytest.mark.slow
def test_openvino_itself_answers_as_the_cpu(exported):
    runtime = pytest.importorskip("onnxruntime")
    if "OpenVINOExecutionProvider" not in runtime.get_available_providers():
        pytest.skip("this onnxruntime has no OpenVINO (pip install onnxruntime-openvino)")
    found = OnnxRuntime(exported[0], "openvino")
    assert found.name == "onnxruntime on openvino"
    assert found.parity < 1e-4
