"""Masked images: an attended part is hidden, rebuilt from the rest, and the rest recognized."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import BaseModel, Field
from torch import Tensor, nn

from asdcfer.augmentation.views import Views
from asdcfer.losses.masked_reconstruction import masked_reconstruction
from asdcfer.methods.attention_hiding import AttentionHiding, HidingOptions
from asdcfer.methods.map_choice import channels_of_map
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import eval_mode


class MaskedOptions(HidingOptions):
    """Settings of masked image modeling with contrast.

    Attributes:
        hidden_start, hidden_end: half of the cells, from the beginning.
        hidden_random: half of them at random, so that something attended is left to see.
        w_contrastive, w_reconstruction: weights of contrast and reconstruction.
        decoder_map: the map that the decoder reads, by index.
        decoder_dim: its width.
    """

    hidden_start: float = Field(0.5, gt=0, le=1)
    hidden_end: float = Field(0.5, gt=0, le=1)
    hidden_random: float = Field(0.5, ge=0, le=1)
    w_contrastive: float = Field(1.0, ge=0)
    w_reconstruction: float = Field(1.0, ge=0)
    decoder_map: int = -1
    decoder_dim: int = Field(128, ge=1)


class Masked(AttentionHiding):
    """Attention-guided masked image modeling, and contrast with the whole view.

        L = w_contrastive InfoNCE( q(masked x_i), k(x_j) )
            + w_reconstruction mean_i mean_{hidden} ( decoder(F(masked x_i)) - x_i )^2

    The momentum network's attention chooses what is hidden. Hidden cells are filled with the
    view's mean, so that any encoder can be trained: a `vit` whose tokens are its patches, or a
    convolutional one. The decoder is light and thrown away.

    Args:
        encoder: what is learnt.
        options: see `MaskedOptions`.

    Source: after the title of Zhan et al., ACMIM (attention-guided contrastive masked image
        modeling), ICIP 2023, whose text was not to be had: "-like". NOTE: our reading: filling as
        in SimMIM (Xie et al., CVPR 2022) for tokens left out, error on hidden pixels as in MAE,
        half of the hidden cells at random.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Masked(encoder, MaskedOptions(projector_hidden=16, projector_dim=8))
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['contrastive', 'hidden_share', 'positive_similarity', 'reconstruction']
    """

    Options: ClassVar[type[BaseModel]] = MaskedOptions

    def __init__(self, encoder: Encoder, options: MaskedOptions) -> None:
        super().__init__(encoder, options)
        self.masking = options
        self.decoder = PatchDecoder(encoder, options.decoder_map, options.decoder_dim)

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and fill the queue."""
        o, embeddings = self.masking, self.embed(views)
        terms = self.terms(embeddings)
        terms["reconstruction"] = torch.stack(
            [
                masked_reconstruction(self.decoder(query.maps, crop), crop, hidden.pixels)
                for query, crop, hidden in zip(
                    embeddings.queries, views.crops, self.hidden, strict=True
                )
            ]
        ).mean()
        loss = o.w_contrastive * terms["contrastive"] + o.w_reconstruction * terms["reconstruction"]
        if "dense" in terms:
            loss = loss + o.w_dense * terms["dense"]
        parts = {name: term.detach() for name, term in terms.items()}
        parts |= self.similarities(embeddings) | {"hidden_share": self.share_hidden()}
        self.enqueue(embeddings)
        return StepResult(loss, parts)


class PatchDecoder(nn.Module):
    """Two convolutions from one map of an encoder to the pixels under each of its positions.

    Args:
        encoder: whose map it reads.
        map: which one, by index.
        dim: its width.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> faces = torch.randn(2, 1, 48, 48)
        >>> PatchDecoder(encoder, -1, 8)(encoder.forward_maps(faces), faces).shape
        torch.Size([2, 1, 48, 48])
    """

    def __init__(self, encoder: Encoder, map: int = -1, dim: int = 128) -> None:
        super().__init__()
        self.map = map
        channels = channels_of_map(encoder.map_channels, map, "decoder_map")
        prep = encoder.preprocessing
        with torch.no_grad(), eval_mode(encoder) as device:
            blank = torch.zeros(2, prep.channels, prep.size, prep.size, device=device)
            side = encoder.forward_maps(blank)[map].shape[-1]
        patch = -(-prep.size // side)
        self.network = nn.Sequential(
            nn.Conv2d(channels, dim, kernel_size=3, padding=1),
            nn.GELU(),
            nn.Conv2d(dim, prep.channels * patch**2, kernel_size=1),
            nn.PixelShuffle(patch),
        )

    def forward(self, maps: list[Tensor], views: Tensor) -> Tensor:
        """Return pixels of the shape of `views` (B,C,S,S), which are not looked at."""
        pixels: Tensor = self.network(maps[self.map])
        if pixels.shape == views.shape:
            return pixels
        return F.interpolate(pixels.float(), size=views.shape[-2:], mode="bilinear")
