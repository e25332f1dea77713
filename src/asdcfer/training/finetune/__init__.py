"""Fine-tuning of an encoder and a classifier on labels; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.training.finetune.context import FinetuneContext as FinetuneContext
    from asdcfer.training.finetune.objectives import SupervisedObjective as SupervisedObjective
    from asdcfer.training.finetune.options import FinetuneOptions as FinetuneOptions
    from asdcfer.training.finetune.semi_supervised import (
        SemiSupervisedObjective as SemiSupervisedObjective,
    )

_MODULES = {
    "FinetuneContext": "asdcfer.training.finetune.context",
    "FinetuneOptions": "asdcfer.training.finetune.options",
    "SemiSupervisedObjective": "asdcfer.training.finetune.semi_supervised",
    "SupervisedObjective": "asdcfer.training.finetune.objectives",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
