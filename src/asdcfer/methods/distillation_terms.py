"""Terms of a distillation: what is compared in one view, and how each comparison becomes a loss."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

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
from asdcfer.losses.query_distillation import (
    distribution_query_distillation,
    squared_query_distillation,
)
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.distillation_heads import Layer
from asdcfer.methods.embedding_network import EmbeddingOutput
from asdcfer.methods.teacher import TeacherOutput

Need = Literal["maps", "aligned", "queries"]
"""What a term reads beside the features: pairs of maps, pairs with aligned channels, or queries."""


@dataclass(frozen=True)
class Comparison:
    """One view as student and teacher see it; a term is computed from it.

    Attributes:
        student: what the student makes of the view, with gradient.
        teacher: what the teacher makes of it, without.
        layers: pairs of maps; empty where no term needs "maps" or "aligned".
        student_query, teacher_query: (B,D_t) each; None where no term needs "queries".
        logged: a term may leave values for the log here, detached scalars by name.
    """

    student: EmbeddingOutput
    teacher: TeacherOutput
    layers: list[Layer] = field(default_factory=list)
    student_query: Tensor | None = None
    teacher_query: Tensor | None = None
    logged: dict[str, Tensor] = field(default_factory=dict)

    def queries(self) -> tuple[Tensor, Tensor]:
        """Return the student's and the teacher's query.

        Raises:
            TrainingError: no term said that it needs them.
        """
        if self.student_query is None or self.teacher_query is None:
            raise TrainingError('a term that reads queries must say so: Term(needs=("queries",))')
        return self.student_query, self.teacher_query

    def mean_over_layers(self, compute: Callable[[Layer], Tensor]) -> Tensor:
        """Return the mean of a loss over the pairs of maps.

        Raises:
            TrainingError: no term said that it needs maps.
        """
        if not self.layers:
            raise TrainingError('a term that reads maps must say so: Term(needs=("maps",))')
        return torch.stack([compute(layer) for layer in self.layers]).mean()


@dataclass(frozen=True)
class Term:
    """One term of the loss.

    Attributes:
        name: its column in the log.
        weight: its factor in the loss; a term of weight 0 is left out.
        compute: one view -> scalar; the mean over the views is taken.
        needs: what it reads of a `Comparison` beside the features.
    """

    name: str
    weight: float
    compute: Callable[[Comparison], Tensor]
    needs: tuple[Need, ...] = ()


def joint_term(view: Comparison, options: AsdcOptions) -> Tensor:
    """Return L_joint of one view.

    The teacher's attention pools both maps: it guides where the student's is read.
    """
    form, cells = options.joint_form, options.joint_cells

    def of_layer(layer: Layer) -> Tensor:
        loss = layer.aligned.new_zeros((), dtype=torch.float32)
        if form != "vector":
            loss = loss + weighted_map_distance(
                layer.aligned, layer.target, layer.spatial, layer.channel
            )
        if form != "map":
            query, target = view.queries()
            student = joint_feature(layer.aligned, layer.spatial, query, cells)
            teacher = joint_feature(layer.target, layer.spatial, target, cells)
            loss = loss + joint_feature_distance(student, teacher)
        return loss

    return view.mean_over_layers(of_layer)


def query_term(view: Comparison, options: AsdcOptions, queue: Tensor | None) -> Tensor:
    """Return L_query of one view, and log the entropy of the teacher's distribution.

    Args:
        view: with queries.
        options: say which form.
        queue: (K,D_t) earlier queries of the teacher, for the form "distribution"; None where there
            are none yet: the other images of the batch stand in for them.
    """
    form, (query, target) = options.query_form, view.queries()
    if form == "regression":
        return feature_regression(query, target)
    loss = query.new_zeros((), dtype=torch.float32)
    if form != "distribution":
        loss = loss + squared_query_distillation(query, target)
    if form != "squared":
        divergence, view.logged["target_entropy"] = distribution_query_distillation(
            query,
            target,
            target if queue is None else queue,
            options.query_teacher_temperature,
            options.query_student_temperature,
        )
        loss = loss + divergence
    return loss


def key_term(view: Comparison, options: AsdcOptions, generators: nn.ModuleList | None) -> Tensor:
    """Return L_key of one view.

    Args:
        view: with aligned maps.
        options: say which form.
        generators: one for each pair of maps, for the form "reconstruct"; None without it.
    """
    made_up = iter(generators if generators is not None else ())

    def of_layer(layer: Layer) -> Tensor:
        loss = layer.aligned.new_zeros((), dtype=torch.float32)
        positions = key_positions(layer.spatial, options.key_fraction)
        if options.key_form != "reconstruct":
            loss = loss + key_cosine_distance(layer.aligned, layer.target, positions)
            if options.key_attention:
                loss = loss + attention_disagreement(
                    spatial_attention(layer.own, options.attention_temperature), layer.spatial
                )
        if options.key_form != "match":
            generated = next(made_up)(hidden_at(layer.aligned, positions))
            loss = loss + reconstruction_error(generated, layer.target, positions)
        return loss

    return view.mean_over_layers(of_layer)


def transfer_term(view: Comparison) -> Tensor:
    """Return the attention transfer of one view, of maps whose channels need not be alike."""
    return view.mean_over_layers(lambda layer: attention_transfer(layer.own, layer.teacher))
