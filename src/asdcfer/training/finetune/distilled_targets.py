"""Soft labels: what fine-tuned models say about training faces, blended with their labels."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task
from asdcfer.errors import WeightsError
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.label_sets import unlike
from asdcfer.training.finetune.predictions import logits_of


def distilled_targets(
    teachers: Sequence[ExpressionModel],
    pack: Pack,
    task: Task,
    weight: float,
    temperature: float = 1.0,
    bf16: bool = False,
) -> Tensor:
    """Return the targets of the labeled training faces.

    `(1 - weight) one_hot(label) + weight mean_t softmax(logits_t / temperature)`
    Every teacher sees the face as it is and its mirror image; the mean goes over both and over the
    teachers.

    Args:
        teachers: fine-tuned models of the same expressions; with none, or with weight 0, the labels
            are returned as they are.
        pack: the faces.
        task: rows of the labeled faces, and their labels.
        weight: of the teachers, in 0..1.
        temperature: above 1 softens what they say.
        bf16: let them compute in bfloat16.

    Returns:
        float32 (N,C), one row for every image of the pack; zeros where an image is not of the
        labeled training faces.

    Raises:
        WeightsError: a teacher knows other expressions.

    Source: Hinton et al., Distilling the Knowledge in a Neural Network, 2015, section 2; a teacher
    of the student's own kind as in Furlanello et al., Born-Again Neural Networks, ICML 2018,
    section 3.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.data.splits import task_of
        >>> pack = sample_pack()
        >>> task = task_of(pack)
        >>> targets = distilled_targets([], pack, task, 0.5)
        >>> targets.shape == (len(pack.images), 7)
        True
        >>> bool((targets[task.train].argmax(1).numpy() == task.labels[task.train]).all())
        True
    """
    labels = torch.from_numpy(task.labels[task.train])
    targets = F.one_hot(labels, len(task.expressions)).float()
    for teacher in teachers:
        if teacher.expressions != tuple(task.expressions):
            raise WeightsError(unlike(teacher, task.expressions, "teacher"))
    if teachers and weight:
        said = [
            torch.from_numpy(logits_of(teacher, pack, task.train, hflip=hflip, bf16=bf16))
            .div(temperature)
            .softmax(1)
            for teacher in teachers
            for hflip in (False, True)
        ]
        targets = (1 - weight) * targets + weight * torch.stack(said).mean(0)
    table = torch.zeros(len(pack.images), len(task.expressions))
    table[torch.from_numpy(np.asarray(task.train))] = targets
    return table
