"""SwAV: the cluster of one view is predicted from another view; clusters are used alike."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import BaseModel, Field
from torch import Tensor

from asdcfer.all_gather import all_gather_rows
from asdcfer.augmentation.views import Views
from asdcfer.losses.sinkhorn import sinkhorn
from asdcfer.losses.soft_target import soft_target_cross_entropy
from asdcfer.methods.joint_embedding import JointEmbedding, ProjectorOptions
from asdcfer.methods.method import OptionsT, StepResult
from asdcfer.methods.queue import FeatureQueue, cut_queues
from asdcfer.methods.run_progress import RunProgress
from asdcfer.models.encoder import Encoder
from asdcfer.models.prototypes import Prototypes


class SwavOptions(ProjectorOptions):
    """Settings of SwAV.

    Attributes:
        prototypes: clusters; several times the number of expressions, far below the images.
        temperature: of the prediction.
        epsilon, iterations: of Sinkhorn's assignment.
        queue_size: earlier embeddings of each assigned view that are assigned with the batch, so
            that a small batch need not use all clusters; 0 for none.
        queue_start, prototypes_start: shares of the run from which the queue is used and the
            prototypes learn.
    """

    prototypes: int = Field(300, ge=2)
    temperature: float = Field(0.1, gt=0)
    epsilon: float = Field(0.05, gt=0)
    iterations: int = Field(3, ge=1)
    queue_size: int = Field(2048, ge=0)
    queue_start: float = Field(0.15, ge=0, le=1)
    prototypes_start: float = Field(0.01, ge=0, le=1)


class Swav(JointEmbedding):
    """Swapped prediction: each view predicts the soft clusters of the first two views.

        L = mean_{i in {0,1}, j != i} CE( sinkhorn( z_i.c ), softmax( z_j.c / t ) )

    The assignment spreads a batch over all clusters, which forbids the trivial answer. Prototypes
    stand still at the very beginning, and earlier embeddings join the assignment later on.

    Args:
        encoder: what is learnt.
        options: see `SwavOptions`.

    Source: Caron et al., SwAV, NeurIPS 2020, eq. 1 to 4, appendix A.1. NOTE: our reading: views
        are all of one size; starts of queue and prototypes are shares of the run, for epochs.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> options = SwavOptions(projector_hidden=16, projector_dim=8, prototypes=6)
        >>> method = Swav(encoder, options)
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['swav', 'target_entropy', 'used_prototypes']
    """

    Options: ClassVar[type[BaseModel]] = SwavOptions
    options: SwavOptions

    def __init__(self, encoder: Encoder, options: SwavOptions) -> None:
        super().__init__(encoder, options)
        self.prototypes = Prototypes(options.projector_dim, options.prototypes)
        self.progress = RunProgress()
        sizes = [options.queue_size] * 2 if options.queue_size else []
        self.queues = [FeatureQueue(options.projector_dim, size) for size in sizes]
        for view, queue in enumerate(self.queues):
            self.add_module(f"queue_{view}", queue)

    @classmethod
    def fit_to_dataset(cls, options: OptionsT, num_images: int) -> OptionsT:
        """Return the options with the queue cut to half the images."""
        return cut_queues(options, num_images, "queue_size")

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and fill the queues."""
        o, embeddings = self.options, self.embed(views)
        learnt = self.progress.reached(o.prototypes_start)
        cosines = [self.prototypes(z, learnt) for z in embeddings]
        targets = [self._assigned(view, embeddings[view]) for view in (0, 1)]
        loss = torch.stack(
            [
                soft_target_cross_entropy(cosines[j], target, o.temperature)
                for i, target in enumerate(targets)
                for j in range(len(cosines))
                if j != i
            ]
        ).mean()
        for queue, z in zip(self.queues, embeddings, strict=False):
            queue.enqueue(all_gather_rows(F.normalize(z.detach().float(), dim=1)))
        target = torch.cat(targets)
        used = F.one_hot(target.argmax(dim=1), o.prototypes).amax(dim=0).float().mean()
        entropy = torch.special.entr(target).sum(dim=1).mean()
        return StepResult(
            loss, {"swav": loss.detach(), "target_entropy": entropy, "used_prototypes": used}
        )

    @torch.no_grad()
    def _assigned(self, view: int, embedding: Tensor) -> Tensor:
        """Return the soft clusters (B,K) of one view, assigned together with the queue's rows."""
        rows = embedding.detach().float()
        if self.queues and self.progress.reached(self.options.queue_start):
            rows = torch.cat([rows, self.queues[view].negatives()])
        found = sinkhorn(self.prototypes(rows), self.options.epsilon, self.options.iterations)
        return found[: len(embedding)]

    def after_step(self, progress: float) -> None:
        """Remember how far the run is: prototypes and queue wait for their share of it."""
        self.progress.set(progress)
