"""The deep encoders: shapes, sizes, and what they are used under (channels-last, bf16, any width,
export).
"""

import pytest
import torch

from asdcfer.errors import RecipeError
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.preprocessing import Preprocessing
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


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("attention", ["none", "channel", "spatial", "both"])
def test_four_maps_of_the_promised_channels_each_smaller_and_a_feature_of_the_promised_width(
    name, attention
):
    encoder = small(name, attention=attention)
    maps = encoder.forward_maps(torch.randn(2, 1, 48, 48))
    assert [m.shape[1] for m in maps] == encoder.map_channels
    sides = [m.shape[2] for m in maps]
    assert len(maps) == 4
    assert sides == [sides[0] // 2**i for i in range(4)]
    assert encoder(torch.randn(3, 1, 48, 48)).shape == (3, encoder.feature_dim)


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


@pytest.mark.parametrize("width", [1.0, 1.75])
def test_mobile_is_light(width):
    encoder = build_encoder(
        EncoderSpec(name="mobile", arguments={"width": width, "attention": "both"})
    )
    assert sum(p.numel() for p in encoder.parameters()) <= 2.5e6


@pytest.mark.parametrize("name", SMALL)
def test_color_input_and_other_sizes(name):
    spec = EncoderSpec(
        name=name, arguments=SMALL[name], preprocessing=Preprocessing(size=40, channels=3)
    )
    encoder = build_encoder(spec).eval()
    assert encoder(
        encoder.preprocessing.batch(torch.zeros(2, 30, 30, dtype=torch.uint8))
    ).shape == (2, encoder.feature_dim)


@pytest.mark.parametrize("name", SMALL)
def test_in_evaluation_mode_a_batch_equals_its_images(name):
    encoder, x = small(name, attention="both"), torch.randn(4, 1, 48, 48)
    torch.testing.assert_close(
        encoder(x), torch.cat([encoder(one[None]) for one in x]), atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("pooling", ["global", "stages", "grid", "parts"])
def test_channels_last_gives_the_same_and_bf16_nearly(name, pooling):
    encoder = build_encoder(EncoderSpec(name=name, arguments=SMALL[name], pooling=pooling)).eval()
    x = torch.randn(2, 1, 48, 48)
    plain = encoder(x)
    encoder = encoder.to(memory_format=torch.channels_last)
    torch.testing.assert_close(
        encoder(x.to(memory_format=torch.channels_last)), plain, atol=1e-4, rtol=1e-3
    )
    with torch.autocast("cpu", torch.bfloat16):
        low = encoder(x.to(memory_format=torch.channels_last))
    assert torch.nn.functional.cosine_similarity(low.float(), plain).min() > 0.99


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_learns_when_every_map_is_used(name):
    spec = EncoderSpec(
        name=name,
        arguments=SMALL[name] | {"attention": "both"},
        pooling="parts",
        pooling_arguments={"maps": [0, 1, 2, 3], "parts": "both"},
    )
    encoder = build_encoder(spec)
    torch.manual_seed(0)
    encoder(torch.randn(4, 1, 48, 48)).square().mean().backward()
    assert [
        n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.isfinite().all()
    ] == []
    assert sum(p.grad.abs().sum() > 0 for p in encoder.parameters()) > 0.95 * len(
        list(encoder.parameters())
    )


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"name": "resnet19"}, "resnet18"),
        ({"name": "resnet18", "arguments": {"depth": 3}}, "depth"),
        ({"name": "resnet18", "arguments": {"width": 1}}, "width"),
        ({"name": "resnet18", "arguments": {"stem": "stride3"}}, "stride3"),
        ({"name": "mobile", "arguments": {"attention": "cbam"}}, "cbam"),
        ({"name": "mobile", "arguments": {"width": 0}}, "width"),
        ({"name": "mobile", "pooling": "globl"}, "global"),
        ({"name": "mobile", "pooling": "grid", "pooling_arguments": {"map": 7}}, "map"),
        ({"name": "mobile", "pooling": "grid", "pooling_arguments": {"cellz": 7}}, "cellz"),
    ],
)
def test_impossible_specs_say_what_is_wrong(spec, said):
    with pytest.raises(RecipeError, match=said):
        build_encoder(EncoderSpec(**spec))


def test_the_same_seed_gives_the_same_encoder():
    def one():
        torch.manual_seed(3)
        return small("resnet18").state_dict()

    assert all(torch.equal(a, b) for a, b in zip(one().values(), one().values(), strict=True))


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
