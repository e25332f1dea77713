"""Context of a fine-tuning: what there is beside encoder, pack and options."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asdcfer.data.splits import Task
from asdcfer.errors import WeightsError
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.label_sets import unlike


@dataclass(frozen=True)
class FinetuneContext:
    """What a fine-tuning is given beside encoder, pack and options.

    Attributes:
        task: rows and labels; None for what the pack's splits say.
        begun: the fine-tuned model that the encoder is of, whose classifier is trained further
            where `options.classifier_start` is "own".
        teachers: fine-tuned models whose opinion of the training faces becomes part of the labels,
            see `distilled_targets`.
        votes: FER+ votes to join, to report FER+ as well.
        float16: save the weights in 16 bits; what is measured is what was saved.
        recipe, card: go into the card.
    """

    task: Task | None = None
    begun: ExpressionModel | None = None
    teachers: Sequence[ExpressionModel] = ()
    votes: str | os.PathLike[str] | None = None
    float16: bool = False
    recipe: str | None = None
    card: dict[str, Any] | None = None


def check_begun(begun: ExpressionModel | None, encoder: Encoder, task: Task) -> None:
    """Refuse to go on from a classifier that is not there, or that answers for something else.

    Args:
        begun: the model that is gone on from.
        encoder: its encoder, perhaps with another pooling.
        task: the expressions that are learnt.

    Raises:
        WeightsError: there is none, or it knows other expressions or takes another feature.
    """
    if begun is None:
        raise WeightsError(
            "classifier_start=own goes on from a fine-tuned model, and these weights are an "
            "encoder's alone; use classifier_start=probe"
        )
    if begun.expressions != tuple(task.expressions):
        raise WeightsError(f"{unlike(begun, task.expressions)}; or use classifier_start=probe")
    if begun.classifier.linear.in_features != encoder.feature_dim:
        raise WeightsError(
            f"the model's classifier takes {begun.classifier.linear.in_features} numbers and this "
            f"pooling gives {encoder.feature_dim}; leave the pooling as it is, or use "
            "classifier_start=probe"
        )
