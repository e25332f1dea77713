"""Semi-supervised objective: the averaged model labels faces for the model that learns."""

import math
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task, without_labels
from asdcfer.errors import DataError
from asdcfer.losses.pseudo_label import pseudo_label_loss
from asdcfer.methods.method import StepResult
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.ema import MomentumEncoder
from asdcfer.training.finetune.objectives import SupervisedObjective
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.training.finetune.pseudo_labels import PseudoLabels


class SemiSupervisedObjective(SupervisedObjective):
    """Each step: a labeled batch, and `unlabeled_ratio` times as many faces without labels.

    The averaged model predicts a hardly moved view of an unlabeled face; `PseudoLabels` makes a
    label of that; the model learns it on a strongly moved view of the same face, where the label is
    believed: `loss = labeled loss + unlabeled_weight * pseudo_label_loss`.

    An epoch is one pass over the unlabeled faces (over the labeled ones, where they last longer);
    the labeled ones go round as often as steps need them.

    Args:
        model, pack, task, options, targets: as in `SupervisedObjective`.
        average: the averaged model, which labels.
        unlabeled: rows of the faces without labels.

    Source: Sohn et al., FixMatch, NeurIPS 2020, algorithm 1; predictions by averaged weights as in
        Tarvainen and Valpola, Mean Teacher, NeurIPS 2017.
    """

    memory: PseudoLabels

    def __init__(
        self,
        model: ExpressionModel,
        pack: Pack,
        task: Task,
        options: FinetuneOptions,
        average: MomentumEncoder,
        unlabeled: np.ndarray,
        targets: Tensor | None = None,
    ) -> None:
        super().__init__(model, pack, task, options, targets)
        self.average, self.unlabeled = average, unlabeled
        self.share = options.batch_size * options.unlabeled_ratio
        self.batches = math.ceil(len(unlabeled) / self.share)
        self.steps = max(self.batches, math.ceil(self.images / options.batch_size))
        self.images = self.steps * options.batch_size + len(unlabeled) * self.steps // self.batches
        self.memory = PseudoLabels(len(unlabeled), shares(task), options).to(self.device)

    def begin(self, epoch: int) -> None:
        """Make ready for the steps of an epoch."""
        super().begin(epoch)
        self.others = torch.randperm(len(self.unlabeled), generator=self.generator).numpy()

    def loss(self, step: int, side: int) -> StepResult:
        """Return the loss of a step of the epoch, and the share of pseudo-labels believed."""
        options = self.options
        rows = np.sort(
            self.task.train[
                stream(
                    len(self.task.train),
                    (self.epoch * self.steps + step) * options.batch_size,
                    options.batch_size,
                    options.seed,
                )
            ]
        )
        batch = step % self.batches
        index = np.sort(self.others[batch * self.share : (batch + 1) * self.share])
        x, target = self.labeled_batch(rows, side)
        others = self.unlabeled[index]
        probabilities = self.predicted(self.views(others, options.weak_views(side, options.hflip)))
        strong = self.views(others, options.strong_views(side, options.hflip))
        label, weight = self.memory.assign(torch.from_numpy(index).to(self.device), probabilities)
        # One pass, so that batch normalization sees both kinds together.
        known, guessed = torch.split(self.logits(torch.cat([x, strong])), [len(x), len(strong)])
        corrected = known + self.memory.correction
        labeled = F.cross_entropy(corrected, target, label_smoothing=options.label_smoothing)
        loss = labeled + options.unlabeled_weight * pseudo_label_loss(guessed, label, weight)
        return StepResult(loss, {"believed": weight.mean()})

    def predicted(self, x: Tensor) -> Tensor:
        """Return the averaged model's probabilities (B, expressions)."""
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            x = x.contiguous(memory_format=torch.channels_last)
            found: Tensor = self.average(x).float().softmax(1)
            if self.options.weak_tta:
                found = (found + self.average(x.flip(-1)).float().softmax(1)) / 2
            return found

    def images_seen(self, step: int) -> int:
        """Return how many images the first steps of an epoch show."""
        return self.images * step // self.steps


def unlabeled_rows(pack: Pack, task: Task) -> np.ndarray:
    """Return the rows of the training split that a task does not name.

    Those are the rows without a label, and those whose label was not drawn.

    Raises:
        DataError: there is none.
    """
    rows = without_labels(pack, task)
    if not len(rows):
        raise DataError(
            f"every training image of {pack.path} has a label that is used; use few of them with "
            "`labels_per_class=250`, or leave `unlabeled=True` out"
        )
    return rows


def only_known(task: Task) -> Task:
    """Return the task with the labels of its training and validation rows alone.

    What it does not hold, nothing can read.
    """
    labels = np.full_like(task.labels, -1)
    for rows in (task.train, task.validation):
        labels[rows] = task.labels[rows]
    return replace(task, labels=labels)


def shares(task: Task) -> Tensor:
    """Return how common each expression is among a task's training rows, (C,), sums to 1."""
    counts = torch.bincount(
        torch.from_numpy(task.labels[task.train]), minlength=len(task.expressions)
    ).float()
    return counts / counts.sum()


def stream(count: int, start: int, wanted: int, seed: int) -> np.ndarray:
    """Return a stretch of an endless row of passes over 0..count-1, each in its own random order.

    Args:
        count: of one pass.
        start: how many came before.
        wanted: how many to give.
        seed: of the orders.

    Example:
        >>> whole = stream(5, 0, 15, seed=0)
        >>> sorted(whole[5:10].tolist()), bool((stream(5, 3, 9, seed=0) == whole[3:12]).all())
        ([0, 1, 2, 3, 4], True)
    """
    first, last = start // count, (start + wanted - 1) // count
    passes = [
        np.random.default_rng([seed, 7, number]).permutation(count)
        for number in range(first, last + 1)
    ]
    return np.concatenate(passes)[start - first * count :][:wanted]
