"""The deep encoders by name: shapes, and what they are used under (channels-last, bf16)."""

import pytest
import torch

from asdcfer.errors import RecipeError
from asdcfer.models.encoder import EncoderSpec, wrap
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder, pooled_by

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


def test_pooled_by_takes_an_encoder_without_buffers():
    assert pooled_by(wrap(torch.nn.Conv2d(1, 4, 3)), "grid", cells=2)(
        torch.zeros(1, 1, 48, 48)
    ).shape == (1, 16)


def test_pooled_by_shares_weights_and_leaves_the_first_alone():
    encoder = build_encoder(
        EncoderSpec(name="resnet18", arguments={"width": 4, "stem": "stride2"})
    ).eval()
    other = pooled_by(encoder, "parts", maps=[2], parts="both")
    x = torch.randn(2, 1, 48, 48)
    assert other.stem.weight is encoder.stem.weight
    assert (encoder.spec.pooling, other.spec.pooling) == ("global", "parts")
    assert encoder(x).shape == (2, 32)
    assert other(x).shape == (2, other.feature_dim)
    assert not other.training
    rebuilt = build_encoder(other.spec)
    rebuilt.load_state_dict(other.state_dict())
    torch.testing.assert_close(rebuilt.eval()(x), other(x))
