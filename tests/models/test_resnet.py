"""The residual networks: stem, size, and what is computed in another way."""

import pytest
import torch

from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder
from asdcfer.models.resnet import _shortcut

SMALL = {
    "resnet18": {"width": 8},
    "resnet34": {"width": 4},
    "resnet50": {"width": 4},
    "mobile": {"width": 0.25},
}


def small(name: str, **arguments):
    return build_encoder(EncoderSpec(name=name, arguments=SMALL[name] | arguments)).eval()


@pytest.mark.parametrize(
    ("stem", "sides"), [("stride1", [48, 24, 12, 6]), ("stride2", [24, 12, 6, 3])]
)
def test_the_stem_sets_the_sides_of_the_maps(stem, sides):
    assert [
        m.shape[3] for m in small("resnet18", stem=stem).forward_maps(torch.zeros(1, 1, 48, 48))
    ] == sides


@pytest.mark.parametrize(
    ("name", "millions"), [("resnet18", 11.17), ("resnet34", 21.28), ("resnet50", 23.5)]
)
def test_full_width_has_the_published_number_of_parameters(name, millions):
    # The published figures (11.69, 21.80, 25.56 million) less the 7x7 color stem and the
    # 1000-class layer, plus the 3x3 gray stem.
    assert sum(
        p.numel() for p in build_encoder(EncoderSpec(name=name)).parameters()
    ) / 1e6 == pytest.approx(millions, abs=0.01)


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_no_strided_pointwise_convolution_has_fewer_than_eight_channels(name):
    # PyTorch writes beyond the memory of their gradient: see _LEAST_STRIDED in models/resnet.py.
    narrow = small(name, width=4)
    found = [m for m in narrow.modules() if type(m) is torch.nn.Conv2d and m.kernel_size == (1, 1)]
    assert found
    assert all(m.in_channels >= 8 for m in found if m.stride != (1, 1))


def test_a_subsampled_convolution_is_a_strided_one():
    torch.manual_seed(0)
    convolution = _shortcut(4, 8, 2)[0]
    assert type(convolution) is not torch.nn.Conv2d
    image = torch.randn(3, 4, 9, 10)
    given, gradient = torch.func.vjp(lambda x: convolution(x), image)
    wanted, slow = torch.func.vjp(
        lambda x: torch.einsum("bchw,oc->bohw", x[:, :, ::2, ::2], convolution.weight[:, :, 0, 0]),
        image,
    )
    torch.testing.assert_close(given, wanted)
    torch.testing.assert_close(gradient(given)[0], slow(wanted)[0])
