"""Fitted heads: the linear layers between student and teacher, solved before the first step."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from asdcfer.methods.distillation_heads import FeatureHead, MapHead, QueryHead
from asdcfer.methods.running_scaler import RunningScaler
from asdcfer.methods.teacher import TeacherOutput
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import eval_mode

Answer = TypeVar("Answer")
Ask = Callable[[Tensor, Tensor], TeacherOutput]
"""Rows (B,) of faces, and the faces themselves, uint8 -> what the teacher makes of them."""
BATCH = 250
MOST = 4000
"""Faces that heads are fitted to at most, spread evenly over all."""
RIDGE = 0.1
"""Penalty, as a share of the mean square of an input."""


class Moments:
    """Sums of a least-squares problem over its batches.

    Args:
        inputs, outputs: numbers of a row.
        device: where the sums are kept, in float64.
    """

    def __init__(self, inputs: int, outputs: int, device: torch.device) -> None:
        self.count = 0
        nothing = torch.zeros((), dtype=torch.float64, device=device)
        self.x, self.y = nothing.repeat(inputs), nothing.repeat(outputs)
        self.xx, self.xy = nothing.repeat(inputs, inputs), nothing.repeat(inputs, outputs)

    def add(self, x: Tensor, y: Tensor) -> None:
        """Take rows (N,inputs) and what is wanted of them (N,outputs)."""
        x, y = x.double(), y.double()
        self.count += len(x)
        self.x += x.sum(0)
        self.y += y.sum(0)
        self.xx += x.T @ x
        self.xy += x.T @ y

    def solve(self, ridge: float = RIDGE) -> tuple[Tensor, Tensor]:
        """Return weight (outputs,inputs) and bias (outputs,) of least error, float32.

            min  sum_n || W x_n + b - y_n ||^2 + N p || W ||^2,   p = ridge * mean square of x

        Args:
            ridge: penalty, as a share of the mean square of a centered input.

        Example:
            >>> x = torch.tensor([[0.0], [1.0], [2.0]])
            >>> moments = Moments(1, 1, x.device)
            >>> moments.add(x, 3 * x + 1)
            >>> weight, bias = moments.solve(ridge=0.0)
            >>> round(weight.item(), 4), round(bias.item(), 4)
            (3.0, 1.0)
        """
        mean_x, mean_y = self.x / self.count, self.y / self.count
        xx = self.xx / self.count - mean_x[:, None] * mean_x
        xy = self.xy / self.count - mean_x[:, None] * mean_y
        penalty = ridge * xx.diagonal().mean().clamp_min(1e-12)
        weight = torch.linalg.solve(xx + penalty * torch.eye(len(xx)).to(xx), xy).T
        return weight.float(), (mean_y - weight @ mean_x).float()


def ridge_regression(x: Tensor, y: Tensor, ridge: float = RIDGE) -> tuple[Tensor, Tensor]:
    """Return weight (K,D) and bias (K,) of least error; for fewer rows than inputs.

        W = Y' (X X' + N p)^-1 X,   X, Y centered,   p = ridge * mean square of X

    Args:
        x: (N,D).
        y: (N,K).
        ridge: penalty, as a share of the mean square of a centered input.

    Example:
        >>> weight, bias = ridge_regression(torch.tensor([[0.0], [2.0]]), torch.eye(2), ridge=0.0)
        >>> weight.flatten().tolist(), bias.tolist()
        ([-0.5, 0.5], [1.0, 0.0])
    """
    mean_x, mean_y = x.mean(0), y.mean(0)
    centered = (x - mean_x).double()
    gram = centered @ centered.T
    penalty = max(ridge, 1e-9) * gram.diagonal().mean().clamp_min(1e-12) / x.shape[1] * len(x)
    gram.diagonal().add_(penalty)
    weight = (torch.linalg.solve(gram, (y - mean_y).double()).T @ centered).to(x)
    return weight, mean_y - weight @ mean_x


def fit_heads(
    student: Encoder,
    ask: Ask,
    heads: Sequence[MapHead | QueryHead | FeatureHead | None],
    images: Tensor,
) -> None:
    """Set linear heads to what best predicts the teacher, before the first step.

    Args:
        student: whose maps and feature go into the heads.
        ask: what the teacher makes of faces.
        heads: are changed; None where nothing needs one.
        images: uint8 (N,H,W) or (N,H,W,3), the training faces.
    """
    for head in heads:
        if isinstance(head, MapHead):
            fit_map_head(student, ask, head, images)
        elif isinstance(head, QueryHead):
            fit_query_head(student, ask, head, images)
        elif head is not None:
            fit_feature_head(student, ask, head, images)


@torch.no_grad()
def fit_map_head(student: Encoder, ask: Ask, head: MapHead, images: Tensor) -> None:
    """Set the convolutions to what best predicts the teacher's scaled maps from the student's.

    Random layers send a trained student noise until they have learnt, and it forgets what it knew.

    Args:
        student: whose maps go into the head.
        ask: what the teacher makes of faces.
        head: is changed; its statistics of the teacher's maps are begun as well.
        images: uint8 (N,H,W) or (N,H,W,3), the training faces; at most `MOST` are looked at.

    Source: Kumar et al., ICLR 2022: fit the head first, then tune everything. NOTE: our reading:
        least squares in place of a training of the head.
    """
    device = next(student.parameters()).device
    layers = [layer for layer in head.align if isinstance(layer, nn.Conv2d)]
    problems = [Moments(layer.in_channels, layer.out_channels, device) for layer in layers]
    if head.statistics is not None:
        for _, taught in untouched_faces(student, ask, images):
            for number, scaler in zip(head.teacher_maps, head.statistics, strict=True):
                cast(RunningScaler, scaler).observe(taught.maps[number])
    with eval_mode(student), eval_mode(head):
        for x, taught in untouched_faces(student, ask, images):
            for problem, pair in zip(problems, head(student.forward_maps(x), taught), strict=True):
                problem.add(_positions(pair.own), _positions(pair.target))
    for problem, layer in zip(problems, layers, strict=True):
        weight, bias = problem.solve()
        layer.weight.copy_(weight[:, :, None, None])
        cast(Tensor, layer.bias).copy_(bias)


@torch.no_grad()
def fit_query_head(student: Encoder, ask: Ask, head: QueryHead, images: Tensor) -> None:
    """Set a projector of one layer to what best predicts the teacher's queries.

    Args:
        student: whose feature goes into the projector.
        ask: what the teacher makes of faces.
        head: its projector is changed; of a teacher without projector the statistics are begun.
        images: uint8 (N,H,W) or (N,H,W,3), the training faces; at most `MOST` are looked at.
    """
    if head.projector is None:
        return
    if head.statistics is not None:
        for _, taught in untouched_faces(student, ask, images):
            head.statistics.observe(taught.feature)
    with eval_mode(student), eval_mode(head):
        pairs = [
            (student(x), head.teacher(taught, unit=False))
            for x, taught in untouched_faces(student, ask, images)
        ]
    fit_linear(cast(nn.Linear, head.projector.network[0]), pairs)


@torch.no_grad()
def fit_feature_head(student: Encoder, ask: Ask, head: FeatureHead, images: Tensor) -> None:
    """Set the layer to what best predicts the teacher's standardized feature.

    Args:
        student: whose feature goes into it.
        ask: what the teacher makes of faces.
        head: is changed; its statistics are begun as well.
        images: uint8 (N,H,W) or (N,H,W,3), the training faces; at most `MOST` are looked at.
    """
    for _, taught in untouched_faces(student, ask, images):
        head.statistics.observe(taught.feature)
    with eval_mode(student):
        pairs = [
            (student(x), head.statistics(taught.feature))
            for x, taught in untouched_faces(student, ask, images)
        ]
    fit_linear(head.linear, pairs)


def fit_linear(layer: nn.Linear, pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Set a layer to what predicts best.

    Args:
        layer: is changed.
        pairs: inputs (B,D) and what is wanted of them (B,K), of as many faces as there are.
    """
    xs, ys = zip(*pairs, strict=True)
    weight, bias = ridge_regression(torch.cat(xs).float(), torch.cat(ys).float())
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)


def rows_looked_at(num_images: int) -> range:
    """Return the rows of evenly spaced faces that heads are fitted to, at most `MOST`.

    Example:
        >>> len(rows_looked_at(3_000)), len(rows_looked_at(28_709))
        (3000, 3589)
    """
    return range(0, num_images, max(1, -(-num_images // MOST)))


def untouched_faces(
    student: Encoder, ask: Callable[[Tensor, Tensor], Answer], images: Tensor
) -> Iterator[tuple[Tensor, Answer]]:
    """Yield faces as the student wants them, and what is said of them, in batches.

    Args:
        student: who is shown them.
        ask: rows (B,) of faces, and the faces themselves, uint8 -> what is said of them.
        images: uint8 (N,H,W) or (N,H,W,3); see `rows_looked_at`.
    """
    device = next(student.parameters()).device
    rows = torch.tensor(rows_looked_at(len(images)))
    for part in torch.split(rows, BATCH):
        faces = images[part.to(images.device)]
        yield student.preprocessing.batch(faces).to(device), ask(part.to(device), faces)


def _positions(feature_map: Tensor) -> Tensor:
    """Return the channel vector of every position, (B H W, C)."""
    return feature_map.movedim(1, -1).flatten(0, -2)
