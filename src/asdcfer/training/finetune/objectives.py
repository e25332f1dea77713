"""Lessons: what a step of fine-tuning learns from, as a loss with a gradient; here, from faces with
labels.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from asdcfer.augmentation.mixing import mixed
from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task
from asdcfer.models.classifier import ExpressionModel
from asdcfer.training.finetune.options import FinetuneOptions


class SupervisedObjective:
    """Passes over the labeled training images, in a new order each.

    All random numbers of an epoch come from the run's seed and the epoch's number, so that a
    resumed run needs to remember none.

    Args:
        model: what learns.
        pack: the faces.
        task: rows of the labeled faces, and their labels.
        options: how.
        bf16: compute in bfloat16.
        targets: float32 (N,C), what to learn of each image of the pack (`distilled_targets`); by
            default the labels themselves.

    Attributes:
        steps: of an epoch.
        images: that an epoch shows.
        memory: what a checkpoint must hold of the lesson, or None.
    """

    memory: nn.Module | None = None

    def __init__(
        self,
        model: ExpressionModel,
        pack: Pack,
        task: Task,
        options: FinetuneOptions,
        bf16: bool,
        targets: Tensor | None = None,
    ) -> None:
        self.model, self.pack, self.task, self.options, self.bf16 = model, pack, task, options, bf16
        self.device = model.classifier.linear.weight.device
        self.labels = torch.from_numpy(task.labels)
        self.targets = targets
        self.images = len(task.train)
        self.steps = math.ceil(self.images / options.batch_size)
        self.makers: dict[ViewOptions, ViewMaker] = {}
        self.epoch = -1

    def begin(self, epoch: int) -> None:
        """Make ready for the steps of an epoch."""
        seed = self.options.seed * 100_003 + epoch
        self.epoch, self.generator, self.rng = (
            epoch,
            torch.Generator().manual_seed(seed),
            np.random.default_rng([self.options.seed, epoch]),
        )
        # For dropout.
        torch.manual_seed(seed)
        self.order = torch.randperm(len(self.task.train), generator=self.generator).numpy()

    def loss(self, step: int, side: int) -> Tensor | None:
        """Return the loss of a step of the epoch; None where too few images are left for one.

        Args:
            step: in 0 .. steps - 1.
            side: of the views, pixels.
        """
        size = self.options.batch_size
        rows = np.sort(self.task.train[self.order[step * size : (step + 1) * size]])
        if len(rows) < 2:
            return None
        x, target = self.labeled(rows, side)
        return F.cross_entropy(self.logits(x), target, label_smoothing=self.options.label_smoothing)

    def images_seen(self, step: int) -> int:
        """Return how many images the epoch has shown after a step."""
        return min(self.images, (step + 1) * self.options.batch_size)

    def logged(self) -> dict[str, float]:
        """Return what the log of the epoch says beyond the loss."""
        return {}

    def labeled(self, rows: np.ndarray, side: int) -> tuple[Tensor, Tensor]:
        """Return views (B,C,S,S) of labeled faces and their labels (B, expressions), mixed."""
        x = self.views(rows, self.options.views(side))
        target = (
            F.one_hot(self.labels[rows], len(self.model.expressions)).float()
            if self.targets is None
            else self.targets[rows]
        )
        return mixed(
            x,
            target.to(self.device),
            self.rng,
            self.options.mixup,
            self.options.cutmix,
            self.options.cutmix_share,
        )

    def views(self, rows: np.ndarray, options: ViewOptions) -> Tensor:
        """Return one view (B,C,S,S) of each face, normalized."""
        maker = self.makers.setdefault(options, ViewMaker(options))
        images = torch.from_numpy(np.array(self.pack.images[rows])).to(self.device)
        return maker(images, self.model.encoder.preprocessing, self.generator).crops[0]

    def logits(self, x: Tensor) -> Tensor:
        """Return float32 logits (B, expressions) of views."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return self.model.logits(x.contiguous(memory_format=torch.channels_last)).float()
