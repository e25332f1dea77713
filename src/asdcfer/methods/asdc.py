"""ASDC: attention-guided self-supervised distilled contrastive learning, the student's training."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from asdcfer.augmentation.views import Views
from asdcfer.distributed import all_gather_rows
from asdcfer.errors import TrainingError
from asdcfer.losses.attention import spatial_attention
from asdcfer.losses.attention_transfer import attention_transfer
from asdcfer.losses.facial_key_feature import (
    attention_disagreement,
    hidden_at,
    key_cosine_distance,
    key_positions,
    reconstruction_error,
)
from asdcfer.losses.feature_regression import feature_regression
from asdcfer.losses.joint_feature import (
    joint_feature,
    joint_feature_distance,
    weighted_map_distance,
)
from asdcfer.losses.negatives import neighbor_mask
from asdcfer.losses.query_distillation import (
    distribution_query_distillation,
    squared_query_distillation,
)
from asdcfer.methods.distillation_heads import (
    FeatureHead,
    Layer,
    MapHead,
    QueryHead,
    generator,
)
from asdcfer.methods.embedding_network import EmbeddingOutput
from asdcfer.methods.method import Method, StepResult
from asdcfer.methods.moco import Moco, MocoOptions
from asdcfer.methods.queue import FeatureQueue
from asdcfer.methods.teacher import Teacher, TeacherOutput
from asdcfer.models.encoder import Encoder


class AsdcOptions(MocoOptions):
    """Settings of the student: those of its own momentum contrast, and of the terms that its
    teacher gives.

    Attributes:
        w_contrastive, w_joint, w_query, w_key: weights of the four terms of the method; 0 switches
            a term off and builds nothing for it.
        w_attention_transfer, w_feature: weights of two further terms: attention transfer
            (Zagoruyko), and prediction of the teacher's whole feature.
        student_maps, teacher_maps: which maps are compared, by index, in pairs.
        teacher_side: "own" shows the teacher every view at the side it was made for; "view" at the
            side that the student sees, which costs less while views are small.
        attention_temperature: tau_a of the attention.
        standardize_teacher: standardize the teacher's channels over the data before its maps are
            imitated.
        joint_form: the attention-weighted "map", the joint feature "vector", or "both".
        teacher_mirror: the teacher's answer is the mean over a view and its mirror image.
        joint_cells: cells along each side in which the joint feature pools the map.
        query_form: "squared" distance of unit vectors (DisCo), "distribution" over key and queue
            (SEED), "both" of these, or "regression" of the teacher's projection as it is (all
            dimensions under one scale), which loses nothing of it.
        query_teacher_temperature, query_student_temperature: of the distribution.
        query_projector: "shared" lets the student's contrastive projection imitate where widths
            agree, "own" always learns one of its own.
        query_layers: layers of a projector of its own; 1 makes the teacher's query linearly
            readable in the student's feature.
        teacher_query_dim: width of the stand-in for the query of a teacher without projector.
        key_form: "match" the teacher at key positions, "reconstruct" them from their surroundings,
            or "both".
        key_fraction: rho, share of the positions that are key.
        key_attention: add the agreement of attention to "match".
        feature_form: "squared" or "cosine".
        contrast_rise: shares of the run between which the weight of the contrast rises from 0 to
            w_contrastive; [0, 0] has it whole from the start.
        neighbors_ignored: share of the queue, nearest to an image by the teacher's queries, that
            is not among its negatives.
    """

    w_contrastive: float = Field(1.0, ge=0)
    w_joint: float = Field(1.0, ge=0)
    w_query: float = Field(1.0, ge=0)
    w_key: float = Field(1.0, ge=0)
    w_attention_transfer: float = Field(0.0, ge=0)
    w_feature: float = Field(0.0, ge=0)
    student_maps: tuple[int, ...] = (-2, -1)
    teacher_maps: tuple[int, ...] = (-2, -1)
    teacher_side: Literal["own", "view"] = "own"
    attention_temperature: float = Field(0.5, gt=0)
    standardize_teacher: bool = True
    joint_form: Literal["both", "map", "vector"] = "both"
    teacher_mirror: bool = False
    joint_cells: int = Field(1, ge=1)
    query_form: Literal["squared", "distribution", "both", "regression"] = "squared"
    query_teacher_temperature: float = Field(0.05, gt=0)
    query_student_temperature: float = Field(0.2, gt=0)
    query_projector: Literal["shared", "own"] = "shared"
    query_layers: int = Field(2, ge=1)
    teacher_query_dim: int = Field(256, ge=2)
    key_form: Literal["match", "reconstruct", "both"] = "match"
    key_fraction: float = Field(0.25, gt=0, le=1)
    key_attention: bool = True
    feature_form: Literal["squared", "cosine"] = "squared"
    contrast_rise: tuple[float, float] = (0.0, 0.0)
    neighbors_ignored: float = Field(0.0, ge=0, lt=1)


class Asdc(Method):
    """L = w_contrastive L_contrastive + w_joint L_joint + w_query L_query + w_key L_key (+ the
    optional terms).

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
        >>> student = Asdc(build_encoder(small), build_encoder(small), AsdcOptions(projector_hidden=16, projector_dim=8, queue_size=8))
        >>> result = student.training_step(Views([torch.randn(4, 1, 48, 48), torch.randn(4, 1, 48, 48)]))
        >>> sorted(result.parts)
        ['contrastive', 'joint', 'key', 'positive_similarity', 'query']
    """

    def __init__(self, encoder: Encoder, teacher: Teacher | Encoder, options: AsdcOptions) -> None:
        super().__init__()
        o = self.options = options
        self.teacher = teacher if isinstance(teacher, Teacher) else Teacher(teacher)
        self.teacher.mirror_mean = self.teacher.mirror_mean or o.teacher_mirror
        self.contrast = Moco(encoder, o)
        # On the device, so that a schedule changes a recorded step as well.
        self.register_buffer("contrast_share", torch.tensor(float(o.contrast_rise[1] <= 0)))
        self.maps = self.queries = self.features = self.teacher_queue = self.generators = None
        if o.w_joint > 0 or o.w_key > 0 or o.w_attention_transfer > 0:
            align = o.w_joint > 0 or o.w_key > 0
            self.maps = MapHead(
                encoder,
                self.teacher,
                o.student_maps,
                o.teacher_maps,
                o.attention_temperature,
                o.standardize_teacher,
                align,
            )
        if o.w_query > 0 or (o.w_joint > 0 and o.joint_form != "map"):
            width = self._teacher_query_width()
            self.queries = QueryHead(
                encoder.feature_dim,
                o.projector_dim,
                self.teacher,
                width,
                o.teacher_query_dim,
                o.projector_hidden,
                o.query_projector == "own",
                o.query_layers,
            )
            wants_distribution = o.w_query > 0 and o.query_form in ("distribution", "both")
            if wants_distribution or (o.neighbors_ignored > 0 and o.queue_size):
                self.teacher_queue = FeatureQueue(self.queries.dim, max(1, o.queue_size))
        if o.w_key > 0 and o.key_form != "match":
            self.generators = nn.ModuleList(
                generator(align.out_channels) for align in self.maps.align
            )
        if o.w_feature > 0:
            self.features = FeatureHead(encoder.feature_dim, self.teacher.encoder.feature_dim)

    @property
    def encoder(self) -> Encoder:
        """The student that gets exported."""
        return self.contrast.encoder

    @property
    def projector(self) -> nn.Module:
        """The student's projector."""
        return self.contrast.projector

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and fill the queues."""
        embeddings = self.contrast.embed(views)
        wanted = self.teacher.wanted(
            views, self.contrast.network.encoder.preprocessing, self.options.teacher_side
        )
        taught = [self.teacher(crop, with_maps=self.maps is not None) for crop in wanted]
        unit = self.options.query_form != "regression"
        targets = [
            self.queries.teacher(one, unit) if self.queries is not None else None for one in taught
        ]
        terms = self.contrast.terms(embeddings, self._neighbors(targets[0]))
        guided = [
            self.guided_terms(*view)
            for view in zip(embeddings.queries, taught, targets, strict=True)
        ]
        terms |= {name: torch.stack([one[name] for one in guided]).mean() for name in guided[0]}
        self.contrast.enqueue(embeddings)
        if self.teacher_queue is not None:
            self.teacher_queue.enqueue(all_gather_rows(targets[0]))
        weights = self.weights | {"contrastive": self.options.w_contrastive * self.contrast_share}
        weighted = [weights[name] * term for name, term in terms.items() if name in weights]
        return StepResult(
            torch.stack(weighted).sum(),
            {name: term.detach() for name, term in terms.items()}
            | self.contrast.similarities(embeddings),
        )

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each term of the loss; anything else among the terms is there for the log."""
        o = self.options
        return {
            "contrastive": o.w_contrastive,
            "dense": o.w_dense,
            "joint": o.w_joint,
            "query": o.w_query,
            "key": o.w_key,
            "attention_transfer": o.w_attention_transfer,
            "feature": o.w_feature,
        }

    def guided_terms(
        self, student: EmbeddingOutput, taught: TeacherOutput, target: Tensor | None
    ) -> dict[str, Tensor]:
        """Return the terms that the teacher gives for one view; `target` is its query vector."""
        o, terms = self.options, {}
        layers = self.maps(student.maps, taught) if self.maps is not None else []
        query = (
            self.queries.student(student.feature, student.projection)
            if self.queries is not None
            else None
        )
        if o.w_joint > 0:
            terms["joint"] = torch.stack(
                [self._joint(layer, query, target) for layer in layers]
            ).mean()
        if o.w_query > 0:
            terms |= self._query(query, target)
        if o.w_key > 0:
            terms["key"] = torch.stack(
                [self._key(i, layer) for i, layer in enumerate(layers)]
            ).mean()
        if o.w_attention_transfer > 0:
            terms["attention_transfer"] = torch.stack(
                [attention_transfer(layer.own, layer.teacher) for layer in layers]
            ).mean()
        if o.w_feature > 0:
            terms["feature"] = feature_regression(
                *self.features(student.feature, taught), o.feature_form
            )
        return terms

    def after_step(self, progress: float) -> None:
        """Move the student's momentum network, and the weight of the contrast along its schedule."""
        self.contrast.after_step(progress)
        start, end = self.options.contrast_rise
        if end > 0:
            self.contrast_share.fill_(
                min(1.0, max(0.0, (progress - start) / max(end - start, 1e-9)))
            )

    def check(self) -> None:
        """Raise `TrainingError` where the frozen teacher has changed."""
        self.teacher.check()

    def _neighbors(self, target: Tensor | None) -> Tensor | None:
        """Return which keys of the queue are not negatives of which image, (B,K) bool; None where
        all are.
        """
        share = self.options.neighbors_ignored
        if (
            not share
            or self.teacher_queue is None
            or not self.teacher_queue.filled
            or target is None
        ):
            return None
        return neighbor_mask(target, self.teacher_queue.negatives(), share)

    def _joint(self, layer: Layer, query: Tensor | None, target: Tensor | None) -> Tensor:
        """Return L_joint of one layer.

        The teacher's attention pools both maps: it guides where the student's is read.
        """
        form, loss = self.options.joint_form, layer.aligned.new_zeros((), dtype=torch.float32)
        if form != "vector":
            loss = loss + weighted_map_distance(
                layer.aligned, layer.target, layer.spatial, layer.channel
            )
        if form != "map":
            cells = self.options.joint_cells
            student, teacher = (
                joint_feature(layer.aligned, layer.spatial, query, cells),
                joint_feature(layer.target, layer.spatial, target, cells),
            )
            loss = loss + joint_feature_distance(student, teacher)
        return loss

    def _query(self, query: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Return L_query, and the entropy of the teacher's distribution for the log."""
        o, terms = self.options, {"query": query.new_zeros((), dtype=torch.float32)}
        if o.query_form == "regression":
            terms["query"] = feature_regression(query, target)
        elif o.query_form != "distribution":
            terms["query"] = terms["query"] + squared_query_distillation(query, target)
        if o.query_form in ("distribution", "both"):
            # Before the queue holds anything the other images of the batch stand in for it.
            rows = self.teacher_queue.negatives() if self.teacher_queue.filled else target
            loss, terms["target_entropy"] = distribution_query_distillation(
                query, target, rows, o.query_teacher_temperature, o.query_student_temperature
            )
            terms["query"] = terms["query"] + loss
        return terms

    def _key(self, index: int, layer: Layer) -> Tensor:
        """Return L_key of one layer."""
        o, loss = self.options, layer.aligned.new_zeros((), dtype=torch.float32)
        positions = key_positions(layer.spatial, o.key_fraction)
        if o.key_form != "reconstruct":
            loss = loss + key_cosine_distance(layer.aligned, layer.target, positions)
            if o.key_attention:
                loss = loss + attention_disagreement(
                    spatial_attention(layer.own, o.attention_temperature), layer.spatial
                )
        if self.generators is not None:
            loss = loss + reconstruction_error(
                self.generators[index](hidden_at(layer.aligned, positions)), layer.target, positions
            )
        return loss

    def _teacher_query_width(self) -> int | None:
        """Return the width of the teacher's projection by trying it once, None without a projector."""
        projector = self.teacher.projector
        if projector is None:
            return None
        weight = next(projector.parameters())
        feature = weight.new_zeros(2, self.teacher.encoder.feature_dim)
        try:
            with torch.no_grad():
                return projector(feature).shape[1]
        except RuntimeError as error:
            raise TrainingError(
                f"the teacher's projector does not take its feature of {feature.shape[1]} "
                "dimensions; save both from the same training"
            ) from error
