"""Joint embedding: what methods share that bring the views of a face together in one space."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.methods.embedding_network import EmbeddingNetwork
from asdcfer.methods.method import Method
from asdcfer.models.ema import MomentumEncoder, momentum_at
from asdcfer.models.encoder import Encoder
from asdcfer.models.heads import Projector


class ProjectorOptions(BaseModel):
    """Shape of a projector.

    Attributes:
        projector_hidden, projector_dim, projector_layers: hidden width, width of the output, linear
            layers in all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    projector_hidden: int = Field(2048, ge=1)
    projector_dim: int = Field(128, ge=1)
    projector_layers: int = Field(2, ge=1)


class MomentumOptions(ProjectorOptions):
    """Shape of a projector, and how a momentum network follows.

    Attributes:
        momentum_start, momentum_end: of the momentum network, along half a cosine.
    """

    momentum_start: float = Field(0.99, ge=0, le=1)
    momentum_end: float = Field(0.999, ge=0, le=1)


class JointEmbedding(Method):
    """An encoder and a projector that embed two or more views of each face.

    A subclass defines `training_step`.

    Args:
        encoder: what is learnt.
        options: the shape of the projector.
        projector: takes the place of the usual one.

    Attributes:
        options: as given.
        network: encoder and projector.
        least_views: fewer views of a face are refused.
    """

    Options: ClassVar[type[BaseModel]] = ProjectorOptions
    options: ProjectorOptions
    least_views: ClassVar[int] = 2

    def __init__(
        self, encoder: Encoder, options: ProjectorOptions, projector: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.options = options
        self.network = EmbeddingNetwork(encoder, projector or projector_of(encoder, options))

    @property
    def encoder(self) -> Encoder:
        """The encoder that gets exported."""
        return self.network.encoder

    @property
    def projector(self) -> nn.Module | None:
        """The projector that belongs to `encoder`."""
        return self.network.projector

    def embed(self, views: Views) -> list[Tensor]:
        """Return the projection (B,D) of each view.

        Raises:
            TrainingError: there are too few views.
        """
        self.check_views(views)
        return [self.network(crop).projection for crop in views.crops]

    def check_views(self, views: Views) -> None:
        """Raise `TrainingError` where there are too few views of each face."""
        if len(views.crops) < self.least_views:
            raise TrainingError(
                f"{type(self).__name__} needs at least {self.least_views} views of each image, not "
                f"{len(views.crops)}; set views.views to {self.least_views} or more"
            )


class MomentumEmbedding(JointEmbedding):
    """A joint embedding whose targets come from a slowly moving copy of the network.

    Args:
        encoder: what is learnt.
        options: the shape of the projector and the momentum.
        projector: takes the place of the usual one.

    Attributes:
        momentum_network: the copy of encoder and projector, buffers included; without gradient.
    """

    Options: ClassVar[type[BaseModel]] = MomentumOptions
    options: MomentumOptions

    def __init__(
        self, encoder: Encoder, options: MomentumOptions, projector: nn.Module | None = None
    ) -> None:
        super().__init__(encoder, options, projector)
        self.momentum_network = MomentumEncoder(self.network)

    def keys(self, views: Views) -> list[Tensor]:
        """Return the momentum network's projection (B,D) of each view, without gradient."""
        return [self.momentum_network(crop).projection for crop in views.crops]

    def after_step(self, progress: float) -> None:
        """Move the momentum network towards the network."""
        o = self.options
        self.momentum_network.update(
            self.network, momentum_at(progress, o.momentum_start, o.momentum_end)
        )


def projector_of(encoder: Encoder, options: ProjectorOptions) -> Projector:
    """Return a new projector for an encoder."""
    return Projector(
        encoder.feature_dim,
        options.projector_hidden,
        options.projector_dim,
        options.projector_layers,
    )
