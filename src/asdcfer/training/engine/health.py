"""Health: is a self-supervised run learning, or has it collapsed? Pure measures and a verdict.

A contrastive loss alone does not tell: a network that gives every face the same feature keeps a
finite, steady loss. So the features themselves are measured: how far they spread, how many
directions they use, and how well neighbors agree on the expression where labels exist.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST_SPREAD = 0.03
"""Below this share of an isotropic spread the features count as one point. A new ResNet-18 gives
0.06 to 0.2 on faces, a trained one 0.2 to 0.9.
"""

LEAST_RANK = 2.0
"""Below this many directions the features count as collapsed onto a line."""

AT_CHANCE = 0.01
"""A contrastive loss this near to chance level, as a share of it, is that of a projection that is
the same for every face.
"""


def chance_loss(negatives: int) -> float:
    """Return InfoNCE of a network that tells nothing apart: `log(1 + negatives)`, in nats.

    Example:
        >>> round(chance_loss(4096), 3)
        8.318
    """
    return math.log1p(negatives)


def feature_spread(features: Tensor) -> float:
    """Return the spread of unit features against that of isotropic ones.

    `sqrt(D) mean_d std_n(f_nd / |f_n|)`
    Args:
        features: (N, D), N at least 2.

    Returns:
        0 where all features point the same way, about 1 where they fill the sphere (each
        coordinate's deviation is then 1/sqrt(D)).

    Source: Chen and He, "Exploring simple Siamese representation learning" (CVPR 2021), section
        4.1.

    Example:
        >>> feature_spread(torch.ones(4, 8))
        0.0
        >>> spread = torch.randn(4000, 16, generator=torch.Generator().manual_seed(0))
        >>> round(feature_spread(spread), 1)
        1.0
    """
    unit = F.normalize(features.float(), dim=1)
    return (unit.std(dim=0, unbiased=False).mean() * math.sqrt(features.shape[1])).item()


def effective_rank(features: Tensor) -> float:
    """Return how many directions the centered unit features use.

    `exp(H(s / sum s))` of their singular values s.

    Args:
        features: (N, D).

    Returns:
        Between 1 and min(N - 1, D); 0 where the features do not vary at all.

    Source: Roy and Vetterli, "The effective rank" (EUSIPCO 2007), definition 1. NOTE: our reading:
    centered first, so that a common offset (features after a ReLU are all positive) does not hide
    the variation.

    Example:
        >>> round(effective_rank(torch.eye(6)), 2)
        5.0
    """
    unit = F.normalize(features.float(), dim=1)
    centered = unit - unit.mean(dim=0)
    values = torch.linalg.svdvals(centered)
    total = values.sum()
    if total.item() < 1e-5 * math.sqrt(len(features)):
        return 0.0
    share = values / total
    return torch.exp(-(share * share.clamp_min(1e-12).log()).sum()).item()


@dataclass
class Health:
    """What is known about a run's health.

    Attributes:
        verdict: "healthy", "collapsed", or "not learning" for features that are spread under a
            contrastive loss above chance.
        reasons: one sentence for each sign of collapse, or for what was found instead.
        feature_spread, effective_rank: of the encoder's feature at the end.
        loss, chance: the contrastive loss at the end and its chance level, nats; None for a method
            without negatives.
        target_entropy: of the teacher's soft targets, nats; None without any. 0 is a one-hot
            target, which teaches nothing soft.
        knn_online: accuracy on the labeled split at the end, in 0..1; None without labels.
        explained: share of the variance of the teacher's answers that the student gives from faces
            held out; None for a method that predicts none.
    """

    verdict: str
    reasons: list[str] = field(default_factory=list)
    feature_spread: float = 0.0
    effective_rank: float = 0.0
    loss: float | None = None
    chance: float | None = None
    target_entropy: float | None = None
    knn_online: float | None = None
    explained: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def assess_health(
    features: Tensor,
    *,
    loss: float | None = None,
    negatives: int | None = None,
    target_entropy: float | None = None,
    knn_online: float | None = None,
    class_shares: Sequence[float] | None = None,
    explained: float | None = None,
) -> Health:
    """Judge a run by its features and its loss.

    Args:
        features: (N, D) of plain faces, from the encoder in evaluation mode.
        loss: the contrastive loss, nats; None without one.
        negatives: negatives of each query; None for a method without any.
        target_entropy: mean entropy of the teacher's soft targets, nats.
        knn_online: accuracy of neighbors on a labeled split.
        class_shares: share of each class in that split; the largest is what guessing reaches.
        explained: share of the teacher's answers that is explained on faces held out.

    Example:
        >>> assess_health(torch.ones(8, 4)).verdict
        'collapsed'
        >>> spread = torch.randn(64, 16, generator=torch.Generator().manual_seed(0))
        >>> assess_health(spread).verdict, assess_health(spread, loss=9.0, negatives=4096).verdict
        ('healthy', 'not learning')
    """
    signs = []
    if not torch.isfinite(features).all():
        signs.append("features are not finite")
        features = torch.zeros_like(features)
    spread, rank = feature_spread(features), effective_rank(features)
    if spread < LEAST_SPREAD:
        signs.append(
            f"features spread {spread:.4f} of an isotropic spread (under {LEAST_SPREAD}): every "
            "face gets the same feature"
        )
    if rank < LEAST_RANK:
        signs.append(f"features use {rank:.2f} directions (under {LEAST_RANK:g})")
    chance = chance_loss(negatives) if negatives else None
    if chance is not None and loss is not None and abs(loss - chance) < AT_CHANCE * chance:
        signs.append(
            f"contrastive loss {loss:.3f} is at chance level, log(1 + {negatives}) = {chance:.3f}"
        )
    reasons, idle = signs, False
    if not signs:
        reasons = [
            f"features spread {spread:.2f} of an isotropic spread over {rank:.1f} directions"
        ]
        if chance is not None and loss is not None:
            told = f"contrastive loss {loss:.3f} against {chance:.3f} at chance"
            idle = loss >= chance
            reasons.append(
                f"{told}: nothing learnt yet, train longer or with a smaller learning rate"
                if idle
                else told
            )
    # These are worth a sentence and no verdict: short runs show them, too.
    if explained is not None:
        reasons.append(
            f"{explained:.0%} of the variance of the teacher's answers is explained on faces held "
            "out"
        )
    if target_entropy is not None and target_entropy < 0.01:
        reasons.append(
            f"the teacher's targets have an entropy of {target_entropy:.4f} nats, nearly one-hot: "
            "raise the teacher's temperature"
        )
    if knn_online is not None and class_shares and knn_online <= max(class_shares):
        reasons.append(
            f"neighbors agree on {knn_online:.1%}, no more than always guessing the most frequent "
            f"expression ({max(class_shares):.1%})"
        )
    verdict = "collapsed" if signs else "not learning" if idle else "healthy"
    measured = (spread, rank, loss, chance, target_entropy, knn_online, explained)
    return Health(verdict, reasons, *measured)
