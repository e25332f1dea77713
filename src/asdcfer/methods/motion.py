"""Motion: two moments of one face are a positive pair."""

from typing import ClassVar

from pydantic import BaseModel, Field
from torch import Tensor

from asdcfer.errors import TrainingError
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.methods.track_partners import TrackPartners
from asdcfer.models.encoder import Encoder


class MotionOptions(MocoOptions):
    """Settings of contrast over time: those of momentum contrast, and how far apart moments are.

    Attributes:
        within: largest distance of the two moments, seconds; an expression lasts about one.
    """

    within: float = Field(1.0, gt=0)


class Motion(Moco):
    """Momentum contrast whose views show the same face at two moments of its track.

    It differs from `Moco` in its views alone: the later half of them is made of another frame, at
    most `within` seconds away. What changes within a second (pose, light, blinking) is not what
    tells faces apart; a face that is seen once only is contrasted with itself. Packs made from
    videos name track and time in their ids (`clip.mp4#3@12.5`). `views.temporal` gives such views
    to any other method.

    Args:
        encoder: what is learnt.
        options: see `MotionOptions`.

    Source: after Gao et al., 2020 (contrast for self-supervised skeleton action recognition), whose
        text was not to be had: "-like"; a positive within about a second is TimeAug of SSLFER
        (BMVC 2022). NOTE: our reading for faces.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Motion(encoder, MotionOptions(projector_hidden=16, projector_dim=8))
        >>> import torch
        >>> method.take_tracks(torch.tensor([0, 0, 1]), torch.tensor([0.0, 0.5, 0.0]).double())
        >>> method.partners(torch.tensor([0, 1, 2]), None).tolist()
        [1, 0, 2]
    """

    Options: ClassVar[type[BaseModel]] = MotionOptions
    needs_tracks: ClassVar[bool] = True

    def __init__(self, encoder: Encoder, options: MotionOptions) -> None:
        super().__init__(encoder, options)
        self.within = options.within

    def take_tracks(self, tracks: Tensor, seconds: Tensor) -> None:
        """Take track and time of all training faces; see `Method.take_tracks`.

        Raises:
            TrainingError: no face has another moment within reach.
        """
        moments = TrackPartners(self.within)
        moments.take(tracks, seconds)
        if not moments.shared:
            raise TrainingError(
                f"no two faces of one track are within {self.within:g} seconds; raise "
                "options.within, or take more frames a second"
            )
        self.take_moments(moments)
