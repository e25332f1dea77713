import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.recognition.torch_runtime import torch_device
from tests.recognition import standin


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("opnvino", "unknown device 'opnvino'; did you mean openvino?"),
        ("gpu", "unknown device 'gpu'; did you mean cuda?"),
        ("zebra", "unknown device 'zebra'; valid here: auto, coreml, cpu, cuda, mps, openvino"),
    ],
)
def test_an_unknown_device_is_answered_with_the_nearest_one(device, message):
    with pytest.raises(InputError) as error:
        torch_device(device)
    assert str(error.value) == message


@pytest.mark.parametrize("device", ["cuda:x", "xpu:77"])
def test_a_known_device_that_is_not_here_is_not_called_unknown(device):
    with pytest.raises(InputError, match=f"^the device '{device}' cannot be used here ") as error:
        torch_device(device)
    assert str(error.value).endswith('; use `device="cpu"`')


def test_attention_lies_over_the_face_and_belongs_to_the_answer(recognizer):
    (face,) = recognizer(standin.hopper(), explain=True)
    assert face.attention.ndim == 2
    assert face.attention.min() >= 0
    assert face.attention.max() == pytest.approx(1, abs=1e-5)
    assert recognizer(standin.hopper())[0].scores == pytest.approx(face.scores)
    crops = np.stack(recognizer.crops(standin.both()))
    maps = [recognizer.runtime.attention(crops, np.full(2, label)) for label in range(7)]
    assert any(np.abs(maps[0] - other).max() > 0.05 for other in maps[1:])


def test_class_activation_of_a_linear_head_on_mean_features(recognizer, model):
    """For global average pooling the attention is the weighted sum of the maps (Zhou et al., eq.
    2), found here without gradients.
    """
    import torch

    crops = np.stack(recognizer.crops(standin.both()))
    label = 3
    with torch.no_grad():
        last = model.encoder.forward_maps(model.encoder.preprocessing.batch(crops))[-1]
        if model.encoder.pooling([last]).shape[1] != last.shape[1]:
            pytest.skip("the stand-in does not pool its last map alone")
        wanted = torch.einsum("bchw,c->bhw", last, model.classifier.linear.weight[label]).clamp(
            min=0
        )
        wanted = wanted / wanted.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    assert np.allclose(
        recognizer.runtime.attention(crops, np.full(2, label)), wanted.numpy(), atol=1e-4
    )
