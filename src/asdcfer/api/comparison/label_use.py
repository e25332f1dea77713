"""Use of labels: whether what a row compares, or who taught it, ever learnt from them."""

from collections.abc import Mapping
from typing import Any

from asdcfer.methods.registry import learns_from_labels
from asdcfer.models.cards import read_card
from asdcfer.models.find_weights import find_encoder
from asdcfer.training.pretrain.recipe import Recipe, StageOptions
from asdcfer.training.pretrain.recipe_sections import stage_of
from asdcfer.training.pretrain.recipe_validation import needs_teacher


def recipe_saw_labels(recipe: Recipe, section: str) -> bool:
    """Return whether a section learns from labels: by its method, its start or its teacher.

    Args:
        recipe: of the row.
        section: the one whose encoder is compared.

    Raises:
        WeightsError: weights that a stage starts from are not there.
    """
    stages = [stage_of(recipe, section)]
    if section != "teacher" and needs_teacher(stages[0]) and recipe.teacher is not None:
        stages.append(recipe.teacher)
    return any(_stage_saw_labels(stage) for stage in stages)


def card_saw_labels(card: Mapping[str, Any]) -> bool:
    """Return whether weights learnt from labels, by what their card says of their training.

    Args:
        card: see `models.cards`.

    Example:
        >>> card_saw_labels({"stage": {"method": "supcon"}}), card_saw_labels({"classifier": {}})
        (True, True)
        >>> card_saw_labels({"stage": {"method": "asdc"}})
        False
    """
    tuned = "classifier" in card or bool(card.get("finetune"))
    return tuned or learns_from_labels((card.get("stage") or {}).get("method", ""))


def _stage_saw_labels(stage: StageOptions) -> bool:
    if learns_from_labels(stage.method):
        return True
    return stage.start is not None and card_saw_labels(read_card(find_encoder(stage.start)))
