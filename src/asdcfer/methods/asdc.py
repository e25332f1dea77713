"""ASDC: attention-guided self-supervised distilled contrastive learning, the student's training."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from asdcfer.all_gather import all_gather_rows
from asdcfer.augmentation.views import Views
from asdcfer.losses.feature_regression import feature_regression
from asdcfer.losses.queue_neighbors import neighbor_mask
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.distillation_heads import FeatureHead, MapHead, QueryHead, generator
from asdcfer.methods.distillation_terms import (
    Comparison,
    Term,
    joint_term,
    key_term,
    query_term,
    transfer_term,
)
from asdcfer.methods.embedding_network import EmbeddingOutput
from asdcfer.methods.explained_variance import held_out_explained
from asdcfer.methods.head_fitting import fit_heads
from asdcfer.methods.method import Method, OptionsT, StepResult
from asdcfer.methods.moco import Moco
from asdcfer.methods.queue import FeatureQueue
from asdcfer.methods.teacher import Teacher, TeacherOutput
from asdcfer.methods.teacher_answers import TeacherAnswers
from asdcfer.methods.term_balance import TermBalance
from asdcfer.models.encoder import Encoder


class Asdc(Method):
    """Attention-guided self-supervised distilled contrastive learning.

    L = w_contrastive L_contrastive + w_joint L_joint + w_query L_query + w_key L_key (+ the
    optional terms)

    The frozen teacher sees the same views as the student. Its attention says where and in which
    channels the student must be like it (L_joint), its query vectors what the student's should be
    (L_query), and its strongest positions which features matter most (L_key).

    Args:
        encoder: the student.
        teacher: a frozen `Teacher`, or an encoder that becomes one.
        options: see `AsdcOptions`.

    Raises:
        TrainingError: the teacher's maps cannot be aligned with the student's.

    Source: Yan, Yang, Wang, ASDC-FER, Journal of Electronic Imaging 33(5) 053029 (2024), abstract.
        NOTE: our reading throughout; docs/method.md maps each formula to its function.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> small = EncoderSpec(name="mobile", arguments={"width": 0.25})
        >>> options = AsdcOptions(projector_hidden=16, projector_dim=8, queue_size=8)
        >>> student = Asdc(build_encoder(small), build_encoder(small), options)
        >>> crops = [torch.randn(4, 1, 48, 48), torch.randn(4, 1, 48, 48)]
        >>> result = student.training_step(Views(crops))
        >>> sorted(result.parts)
        ['contrastive', 'joint', 'key', 'positive_similarity', 'query']
    """

    Options: ClassVar[type[BaseModel]] = AsdcOptions
    needs_teacher: ClassVar[bool] = True
    reads_warps: ClassVar[bool] = True
    contrast_share: Tensor

    def __init__(self, encoder: Encoder, teacher: Teacher | Encoder, options: AsdcOptions) -> None:
        super().__init__()
        o = self.options = options
        self.teacher = teacher if isinstance(teacher, Teacher) else Teacher(teacher)
        self.teacher.mirror_mean = self.teacher.mirror_mean or o.teacher_mirror
        self.contrast = Moco(encoder, o)
        # On the device, so that a schedule changes a recorded step as well.
        self.register_buffer("contrast_share", torch.tensor(float(o.contrast_rise[1] <= 0)))
        needed = {need for term in self.terms() for need in term.needs}
        self.maps: MapHead | None = None
        if needed & {"maps", "aligned"}:
            self.maps = MapHead(
                encoder,
                self.teacher,
                o.student_maps,
                o.teacher_maps,
                o.attention_temperature,
                o.standardize_teacher,
                align="aligned" in needed,
            )
        maps = () if self.maps is None else o.teacher_maps
        self.answers = TeacherAnswers(
            self.teacher, encoder.preprocessing, maps, o.teacher_views, o.teacher_side
        )
        self.queries: QueryHead | None = None
        self.teacher_queue: FeatureQueue | None = None
        if "queries" in needed:
            self.queries = QueryHead(
                encoder.feature_dim,
                o.projector_dim,
                self.teacher,
                None if self.teacher.projector is None else self.teacher.query_dim(),
                o.teacher_query_dim,
                o.projector_hidden,
                o.query_projector == "own",
                o.query_layers,
            )
            wants_distribution = o.w_query > 0 and o.query_form in ("distribution", "both")
            if wants_distribution or (o.neighbors_ignored > 0 and o.queue_size):
                self.teacher_queue = FeatureQueue(self.queries.dim, max(1, o.queue_size))
        if o.heads_start == "teacher":
            if self.maps is not None:
                self.maps.start_alike()
            if self.queries is not None:
                self.queries.start_alike(self.teacher)
        self.generators: nn.ModuleList | None = None
        if self.maps is not None and o.w_key > 0 and o.key_form != "match":
            self.generators = nn.ModuleList(generator(width) for width in self.maps.target_channels)
        self.features: FeatureHead | None = None
        if o.w_feature > 0:
            self.features = FeatureHead(encoder.feature_dim, self.teacher.encoder.feature_dim)
        self.balance: TermBalance | None = None
        if o.balance_step:
            names = [term.name for term in self.terms()]
            # A contrast that is yet to rise has a weight of 0, and a scale all the same.
            own = {"contrastive": o.w_contrastive, "dense": o.w_dense}
            names += [name for name, weight in own.items() if weight > 0]
            self.balance = TermBalance(names, o.balance_step)

    @classmethod
    def fit_to_dataset(cls, options: OptionsT, num_images: int) -> OptionsT:
        """Return the options with each queue cut to half the images."""
        return Moco.fit_to_dataset(options, num_images)

    def terms(self) -> list[Term]:
        """Return the terms that the teacher gives; a new term is one more line here.

        What a term needs is built where its weight is above 0.
        """
        o = self.options
        vector = () if o.joint_form == "map" else ("queries",)
        terms = [
            Term("joint", o.w_joint, lambda view: joint_term(view, o), ("aligned", *vector)),
            Term(
                "query",
                o.w_query,
                lambda view: query_term(view, o, self._earlier_queries()),
                ("queries",),
            ),
            Term("key", o.w_key, lambda view: key_term(view, o, self.generators), ("aligned",)),
            Term("attention_transfer", o.w_attention_transfer, transfer_term, ("maps",)),
            Term("feature", o.w_feature, self._feature),
        ]
        return [term for term in terms if term.weight > 0]

    @property
    def weights(self) -> dict[str, float | Tensor]:
        """Weight of each term of the loss: those of the contrast, then those of the teacher."""
        o = self.options
        return {
            "contrastive": o.w_contrastive * self.contrast_share,
            "dense": o.w_dense,
            **{term.name: term.weight for term in self.terms()},
        }

    @property
    def encoder(self) -> Encoder:
        """The student that gets exported."""
        return self.contrast.encoder

    @property
    def projector(self) -> nn.Module:
        """The student's projector."""
        return self.contrast.projector

    def num_negatives(self, batch_size: int) -> int:
        """Return how many negatives a query of the student's contrast met in the last step."""
        return self.contrast.num_negatives(batch_size)

    def prepare(
        self,
        images: Tensor,
        report: Callable[[int, int], None] | None = None,
        store: Path | None = None,
    ) -> None:
        """Ask the teacher about every face, where its views are sampled; see `Method.prepare`."""
        self.answers.prepare(images, report)

    def fit_heads(self, images: Tensor) -> None:
        """Fit the linear heads, where they are to start so; see `Method.fit_heads`."""
        if self.options.heads_start == "fitted":
            student, heads = self.contrast.network.encoder, [self.maps, self.queries, self.features]
            fit_heads(student, self.answers.of_faces, heads, images)

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and fill the queues."""
        first_only = self.options.student_views == "first"
        embeddings = self.contrast.embed(views, first_only)
        taught = self.answers.of_views(views, len(embeddings.queries))
        unit = self.options.query_form != "regression"
        targets = [
            self.queries.teacher(one, unit) if self.queries is not None else None for one in taught
        ]
        losses = self.contrast.terms(embeddings, self._neighbors(targets[0]))
        compared = [
            self.compare(*view) for view in zip(embeddings.queries, taught, targets, strict=True)
        ]
        for term in self.terms():
            losses[term.name] = torch.stack([term.compute(view) for view in compared]).mean()
        logged = {
            name: torch.stack([view.logged[name] for view in compared]).mean()
            for name in compared[0].logged
        }
        self.contrast.enqueue(embeddings)
        if self.teacher_queue is not None and targets[0] is not None:
            self.teacher_queue.enqueue(all_gather_rows(targets[0]))
        weights = self.weights
        if self.balance is not None:
            scales = self.balance(losses, list(self.contrast.network.encoder.parameters()))
            weights |= {name: weights[name] * scale for name, scale in scales.items()}
            logged |= {f"scale_{name}": scale.detach() for name, scale in scales.items()}
        return StepResult(
            torch.stack([weights[name] * loss for name, loss in losses.items()]).sum(),
            {name: loss.detach() for name, loss in losses.items()}
            | logged
            | self.contrast.similarities(embeddings),
        )

    def held_out_explained(self, images: Tensor) -> float | None:
        """Return the explained variance of the teacher's query vectors where they are regressed."""
        queries = self.queries
        if queries is None or self.options.query_form != "regression":
            return None
        network = self.contrast.network
        preprocessing = network.encoder.preprocessing

        def answers(x: Tensor) -> tuple[Tensor, Tensor]:
            (wanted,) = self.teacher.wanted(Views([x]), preprocessing, "view")
            taught = self.teacher(wanted, with_maps=False)
            feature = network.encoder(x)
            predicted = queries.student(feature, network.projector(feature))
            return predicted, queries.teacher(taught, unit=False)

        if self.teacher.encoder.preprocessing != preprocessing:
            return None
        return held_out_explained(self, network.encoder, images, answers)

    def compare(
        self, student: EmbeddingOutput, taught: TeacherOutput, target: Tensor | None
    ) -> Comparison:
        """Return one view as the terms read it.

        Args:
            student: what the student makes of it.
            taught: what the teacher makes of it.
            target: the teacher's query; None where no term needs one.
        """
        layers = self.maps(student.maps, taught) if self.maps is not None else []
        query = (
            self.queries.student(student.feature, student.projection)
            if self.queries is not None
            else None
        )
        return Comparison(student, taught, layers, query, target)

    def after_step(self, progress: float) -> None:
        """Move the student's momentum network, and the contrast's weight along its schedule."""
        self.contrast.after_step(progress)
        start, end = self.options.contrast_rise
        if end > 0:
            risen = (progress - start) / max(end - start, 1e-9)
            self.contrast_share.fill_(min(1.0, max(0.0, risen)))

    def check(self) -> None:
        """Raise `TrainingError` where the frozen teacher has changed."""
        self.teacher.check()

    def _neighbors(self, target: Tensor | None) -> Tensor | None:
        """Return which keys of the queue are left out for which image, (B,K) bool, or None."""
        share, queue = self.options.neighbors_ignored, self.teacher_queue
        if not share or queue is None or not queue.filled or target is None:
            return None
        return neighbor_mask(target, queue.negatives(), share)

    def _earlier_queries(self) -> Tensor | None:
        """Return the teacher's queue, (K,D_t); None before it holds anything."""
        queue = self.teacher_queue
        return queue.negatives() if queue is not None and queue.filled else None

    def _feature(self, view: Comparison) -> Tensor:
        """Return the loss of predicting the teacher's whole feature."""
        assert self.features is not None
        predicted, target = self.features(view.student.feature, view.teacher)
        return feature_regression(predicted, target, self.options.feature_form)
