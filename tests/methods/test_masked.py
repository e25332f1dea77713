"""Masked images: what is hidden is rebuilt, on a convolutional encoder and on a transformer."""

from typing import ClassVar

import pytest
import torch

from asdcfer.methods.masked import Masked, PatchDecoder
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder
from tests.factories import SMALL, small_encoder, some_views
from tests.methods.any_method import AnyMethod, clear_queues, steps


def small_vit():
    torch.manual_seed(0)
    arguments = {"dim": 16, "depth": 4, "heads": 2}
    return build_encoder(
        EncoderSpec(name="vit", arguments=arguments, preprocessing=Preprocessing(size=32))
    )


class TestMasked(AnyMethod):
    method = Masked
    options: ClassVar = SMALL | {"decoder_dim": 16}
    variants: ClassVar = {
        "plain": {},
        "reconstruction alone": {"w_contrastive": 0.0, "hidden_random": 0.0},
        "parts": {"w_dense": 0.5},
    }
    impossible: ClassVar = {"decoder_dim": 0}
    fall = 0.02

    def test_the_loss_is_the_weighted_sum_of_its_terms(self):
        method = self.make(w_contrastive=0.5, w_reconstruction=2.0)
        result = method.training_step(self.batch())
        expected = 0.5 * result.parts["contrastive"] + 2 * result.parts["reconstruction"]
        assert result.loss.item() == pytest.approx(expected.item(), rel=1e-6)
        assert result.parts["hidden_share"].item() == pytest.approx(0.5, abs=0.1)

    @pytest.mark.slow
    @pytest.mark.parametrize("encoder", [small_encoder, small_vit])
    def test_hidden_pixels_are_rebuilt_better_than_by_the_mean(self, encoder):
        options = Masked.Options(**self.options, w_contrastive=0.0, hidden_random=1.0)
        torch.manual_seed(1)
        method, views = Masked(encoder(), options).train(), self.batch()
        steps(method, [views] * 60, rate=0.1)
        # Every image has mean 0 and mean square 1, so the mean leaves an error of about 1.
        assert method.training_step(views).parts["reconstruction"].item() < 0.8

    @pytest.mark.slow
    def test_a_transformer_is_trained_at_sides_that_patches_do_not_divide(self):
        method = Masked(small_vit(), Masked.Options(**self.options)).train()
        for side in (32, 40, 48):
            clear_queues(method)
            assert method.training_step(some_views(count=4, size=side)).loss.isfinite()


@pytest.mark.parametrize("side", [32, 40, 48])
def test_the_decoder_gives_pixels_of_any_side(side):
    encoder = small_encoder()
    decoder, faces = PatchDecoder(encoder, map=-2, dim=8), torch.randn(2, 1, side, side)
    assert decoder(encoder.forward_maps(faces), faces).shape == faces.shape
