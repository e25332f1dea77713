"""Momentum contrast: the teacher's training, and the contrastive part of the student's."""

from typing import ClassVar, cast

import torch
import torch.nn.functional as F
from pydantic import BaseModel
from torch import Tensor, nn

from asdcfer.all_gather import all_gather_rows, keys_of_all_processes
from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.losses.dense_contrast import dense_contrast, match_cells
from asdcfer.losses.info_nce import info_nce
from asdcfer.losses.queue_neighbors import nearest_positive
from asdcfer.methods.embedding_network import (
    BatchEmbeddings,
    DenseHead,
    EmbeddingNetwork,
    EmbeddingOutput,
)
from asdcfer.methods.method import Method, OptionsT, StepResult
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.methods.queue import FeatureQueue
from asdcfer.models.ema import MomentumEncoder, momentum_at
from asdcfer.models.encoder import Encoder
from asdcfer.models.heads import Predictor, Projector


class Moco(Method):
    """Symmetric momentum contrast with a queue, local-warp negatives and any number of views.

    Each view's query must find the keys that the momentum network makes of the other views of the
    same face, among the keys of earlier faces and of locally warped versions of its own face. The
    queue is filled once a step, after all terms.

    Args:
        encoder: what is learnt.
        options: see `MocoOptions`.

    Source: He et al., MoCo (CVPR 2020); Chen et al., MoCo-v2 (2020) and MoCo-v3 (ICCV 2021);
        FastSiam (2022) for several views.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> moco = Moco(encoder, MocoOptions(projector_hidden=16, projector_dim=8, queue_size=8))
        >>> crops = [torch.randn(4, 1, 48, 48), torch.randn(4, 1, 48, 48)]
        >>> result = moco.training_step(Views(crops))
        >>> result.loss.ndim, sorted(result.parts), moco.queue.filled
        (0, ['contrastive', 'positive_similarity'], 4)
    """

    Options: ClassVar[type[BaseModel]] = MocoOptions
    reads_warps: ClassVar[bool] = True

    def __init__(self, encoder: Encoder, options: MocoOptions) -> None:
        super().__init__()
        self.options = options
        self._warps = 0
        self._in_batch: int | None = None
        projector = Projector(
            encoder.feature_dim,
            options.projector_hidden,
            options.projector_dim,
            options.projector_layers,
        )
        dense = None
        if options.w_dense > 0:
            dense = DenseHead(
                encoder.map_channels,
                options.dense_map,
                options.dense_kind,
                options.dense_side,
                options.dense_dim,
            )
        self.network = EmbeddingNetwork(encoder, projector, dense)
        self.predictor = (
            Predictor(options.projector_dim, options.projector_hidden)
            if options.predictor
            else None
        )
        self.momentum_network = MomentumEncoder(self.network)
        self.queue = (
            FeatureQueue(options.projector_dim, options.queue_size) if options.queue_size else None
        )
        self.dense_queue = (
            FeatureQueue(dense.count * options.dense_dim, options.dense_queue_size)
            if dense and options.dense_queue_size
            else None
        )

    @classmethod
    def fit_to_dataset(cls, options: OptionsT, num_images: int) -> OptionsT:
        """Return the options with each queue cut to half the images."""
        return options.fitted_to(num_images) if isinstance(options, MocoOptions) else options

    @property
    def exported(self) -> EmbeddingNetwork:
        """The network whose encoder and projector are exported."""
        if self.options.export == "momentum":
            return cast(EmbeddingNetwork, self.momentum_network.network)
        return self.network

    @property
    def encoder(self) -> Encoder:
        """The encoder that gets exported."""
        return self.exported.encoder

    @property
    def projector(self) -> nn.Module:
        """The projector that belongs to `encoder`."""
        return self.exported.projector

    def num_negatives(self, batch_size: int) -> int:
        """Return how many negatives a query met in the last step.

        They are keys of the queue (or of the batch, that of all processes) and locally warped
        views.
        """
        own = batch_size - 1 if self._in_batch is None else self._in_batch
        shared = own if self.queue is None else self.queue.filled
        return shared + round(self.options.warp_weight * self._warps)

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and fill the queue."""
        embeddings = self.embed(views)
        terms = self.terms(embeddings)
        loss = terms["contrastive"]
        if "dense" in terms:
            loss = loss + self.options.w_dense * terms["dense"]
        parts = {name: term.detach() for name, term in terms.items()} | self.similarities(
            embeddings
        )
        self.enqueue(embeddings)
        return StepResult(loss, parts)

    def embed(self, views: Views, first_only: bool = False) -> BatchEmbeddings:
        """Run both networks once over each view, and the momentum network over each warp.

        Args:
            views: one batch.
            first_only: only the first view asks and only the others answer, as MoCo was published.
        """
        if len(views.crops) < 2:
            raise TrainingError(
                "momentum contrast needs at least two views of each image, not "
                f"{len(views.crops)}; set views.views to 2 or more"
            )
        self._warps = len(views.warps)
        first_key = int(first_only)
        keys = [self.momentum_network(crop) for crop in views.crops[first_key:]]
        asking = views.crops[:1] if first_only else self.shown(views, keys)
        queries = [self.network(crop) for crop in asking]
        warps = [self.momentum_network(warp).projection for warp in views.warps]
        return BatchEmbeddings(
            queries, keys, torch.stack(warps, dim=1) if warps else None, first_key
        )

    def shown(self, views: Views, keys: list[EmbeddingOutput]) -> list[Tensor]:
        """Return what the network sees of each view, for methods that hide a part of it.

        Args:
            views: one batch.
            keys: what the momentum network makes of the whole views.
        """
        return views.crops

    def terms(
        self, embeddings: BatchEmbeddings, ignored: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return the contrastive term, and the dense one where it is switched on.

        Args:
            embeddings: one batch.
            ignored: (B,K) bool, True leaves a key of the queue out as a negative of an image; None
                keeps all.
        """
        queue = self.queue.negatives() if self.queue is not None else None
        pairs = [
            self._contrast(query, key, queue, embeddings.warps, ignored)
            for i, query in enumerate(embeddings.queries)
            for key in self._positives(embeddings.keys_for(i))
        ]
        terms = {"contrastive": torch.stack(pairs).mean()}
        if self.network.dense is not None:
            terms["dense"] = self._dense(embeddings)
        return terms

    @torch.no_grad()
    def enqueue(self, embeddings: BatchEmbeddings) -> None:
        """Fill the queue, once a step and after every term.

        A queue that already held this batch would make positives negatives.
        """
        if self.queue is not None:
            self.queue.enqueue(
                all_gather_rows(F.normalize(embeddings.keys[0].projection.float(), dim=1))
            )
        if self.dense_queue is not None:
            _, cells = embeddings.keys[0].dense()
            self.dense_queue.enqueue(all_gather_rows(F.normalize(cells.float(), dim=2).flatten(1)))

    def after_step(self, progress: float) -> None:
        """Move the momentum network towards the network."""
        self.momentum_network.update(
            self.network,
            momentum_at(progress, self.options.momentum_start, self.options.momentum_end),
        )

    def _positives(self, keys: list[EmbeddingOutput]) -> list[Tensor]:
        """Return the positives of a query: the keys of the other views, or their mean."""
        others = [F.normalize(key.projection.float(), dim=1) for key in keys]
        return others if self.options.pairing == "pairs" else [torch.stack(others).mean(dim=0)]

    def _contrast(
        self,
        query: EmbeddingOutput,
        key: Tensor,
        queue: Tensor | None,
        warps: Tensor | None,
        ignored: Tensor | None = None,
    ) -> Tensor:
        """Return one InfoNCE term, a share of it with the nearest neighbor as positive."""
        o = self.options
        q = query.projection if self.predictor is None else self.predictor(query.projection)
        if queue is None or not len(queue):
            queue, ignored = keys_of_all_processes(key)
            self._in_batch = len(key if queue is None else queue) - 1
        share = o.nearest_positive if self.queue is not None and self.queue.filled else 0.0
        loss = q.new_zeros(())
        if share < 1:
            loss = (1 - share) * info_nce(
                q,
                key,
                queue,
                warps,
                o.temperature,
                o.false_negative_threshold,
                ignored,
                o.warp_weight,
            )
        if share > 0 and queue is not None:
            neighbor, chosen = nearest_positive(key, queue)
            chosen = chosen if ignored is None else chosen | ignored
            loss = loss + share * info_nce(
                q,
                neighbor,
                queue,
                warps,
                o.temperature,
                o.false_negative_threshold,
                chosen,
                o.warp_weight,
            )
        return loss

    def _dense(self, embeddings: BatchEmbeddings) -> Tensor:
        """Return the mean of the dense contrast over ordered pairs of views."""
        o, queue = self.options, None
        if self.dense_queue is not None:
            rows = self.dense_queue.negatives()
            queue = rows.view(len(rows), rows.shape[1] // o.dense_dim, o.dense_dim)
        losses = []
        for i, query in enumerate(embeddings.queries):
            features, cells = query.dense()
            for key_features, key_cells in (key.dense() for key in embeddings.keys_for(i)):
                match = match_cells(features, key_features) if o.dense_match == "nearest" else None
                losses.append(
                    dense_contrast(
                        cells, key_cells, queue, match, o.temperature, o.dense_other_cells
                    )
                )
        return torch.stack(losses).mean()

    @torch.no_grad()
    def similarities(self, embeddings: BatchEmbeddings) -> dict[str, Tensor]:
        """Return cosines for the log: of a query with its key, and with its own warp.

        The second should fall below the first.
        """
        query = F.normalize(embeddings.queries[0].projection.float(), dim=1)
        key = F.normalize(embeddings.keys_for(0)[0].projection.float(), dim=1)
        values = {"positive_similarity": (query * key).sum(1).mean()}
        if embeddings.warps is not None:
            values["warp_similarity"] = torch.einsum(
                "bd,bwd->bw", query, F.normalize(embeddings.warps.float(), dim=2)
            ).mean()
        return values
