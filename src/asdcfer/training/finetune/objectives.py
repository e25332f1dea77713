"""Objectives: what a step of fine-tuning learns from; here, from faces with labels."""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from asdcfer.augmentation.mixing import mixed
from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task
from asdcfer.errors import DataError
from asdcfer.methods.method import StepResult
from asdcfer.models.classifier import ExpressionModel
from asdcfer.training.engine.sampler import mixed_seed
from asdcfer.training.finetune.options import FinetuneOptions


class SupervisedObjective:
    """Passes over the labeled training images, in a new order each.

    All random numbers of an epoch come from the run's seed and the epoch's number. Several
    processes share each step's images; each makes its own views.

    Args:
        model: what learns.
        pack: the faces.
        task: rows of the labeled faces, and their labels.
        options: how.
        targets: float32 (N,C), what to learn of each image of the pack (`distilled_targets`); by
            default the labels themselves.
        process, processes: how many processes train together, and which of them this is.

    Attributes:
        images_per_step: over all processes.
        steps: of an epoch.
        images: that an epoch shows.
        memory: what a checkpoint must hold of the objective, or None.
        generator, mixing: of views and of mixed images, seeded anew by each epoch.

    Raises:
        DataError: fewer than two images for each process.
    """

    memory: nn.Module | None = None

    def __init__(
        self,
        model: ExpressionModel,
        pack: Pack,
        task: Task,
        options: FinetuneOptions,
        targets: Tensor | None = None,
        process: int = 0,
        processes: int = 1,
    ) -> None:
        self.model, self.pack, self.task, self.options = model, pack, task, options
        self.process, self.processes = process, processes
        self.device = model.classifier.linear.weight.device
        self.bf16 = options.wants_bf16(self.device.type)
        self.labels = torch.from_numpy(task.labels)
        self.targets = targets
        self.images_per_step = options.batch_size * processes
        self.images = len(task.train)
        if self.images < 2 * processes:
            raise DataError(
                f"{self.images} labeled training images are too few for {processes} process"
                f"{'es' if processes > 1 else ''}; a batch needs two"
            )
        whole, rest = divmod(self.images, self.images_per_step)
        # Batch statistics need two images at least in each process.
        self.steps = whole + (rest >= 2 * processes)
        self.makers: dict[ViewOptions, ViewMaker] = {}
        self.epoch = -1
        self.generator = torch.Generator()
        self.mixing = np.random.default_rng(0)

    def begin(self, epoch: int) -> None:
        """Make ready for the steps of an epoch."""
        seed = self.options.seed * 100_003 + epoch
        self.epoch = epoch
        self.generator.manual_seed(seed)
        self.order = torch.randperm(len(self.task.train), generator=self.generator).numpy()
        if self.process:
            seed = mixed_seed(seed, self.process)
            self.generator.manual_seed(seed)
        own = [self.process] if self.process else []
        self.mixing = np.random.default_rng([self.options.seed, epoch, *own])
        # For dropout.
        torch.manual_seed(seed)

    def loss(self, step: int, side: int) -> StepResult:
        """Return the loss of a step of the epoch.

        Args:
            step: in 0 .. steps - 1.
            side: of the views, pixels.
        """
        x, target = self.labeled_batch(self.rows(step), side)
        smoothing = self.options.label_smoothing
        return StepResult(F.cross_entropy(self.logits(x), target, label_smoothing=smoothing))

    def rows(self, step: int) -> np.ndarray:
        """Return the rows of the pack that this process learns from in a step, in rising order."""
        size = self.images_per_step
        shared = self.order[step * size : (step + 1) * size]
        part = len(shared) // self.processes
        return np.sort(self.task.train[shared[self.process * part : (self.process + 1) * part]])

    def images_seen(self, step: int) -> int:
        """Return how many images the first steps of an epoch show."""
        return min(self.images, step * self.images_per_step)

    def labeled_batch(self, rows: np.ndarray, side: int) -> tuple[Tensor, Tensor]:
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
            self.mixing,
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


def mixing_state(mixing: np.random.Generator) -> Tensor:
    """Return the state of a NumPy generator (PCG64) as bytes, uint8 (41,).

    Example:
        >>> one, other = np.random.default_rng(1), np.random.default_rng(2)
        >>> _ = one.random(3)
        >>> restore_mixing(other, mixing_state(one))
        >>> bool(one.random() == other.random())
        True
    """
    state = mixing.bit_generator.state
    words: Mapping[str, int] = state["state"]
    return torch.frombuffer(
        bytearray(
            words["state"].to_bytes(16, "little")
            + words["inc"].to_bytes(16, "little")
            + bytes([state["has_uint32"]])
            + int(state["uinteger"]).to_bytes(8, "little")
        ),
        dtype=torch.uint8,
    )


def restore_mixing(mixing: np.random.Generator, state: Tensor) -> None:
    """Put back what `mixing_state` returned."""
    raw = bytes(state.cpu().tolist())
    mixing.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {
            "state": int.from_bytes(raw[:16], "little"),
            "inc": int.from_bytes(raw[16:32], "little"),
        },
        "has_uint32": raw[32],
        "uinteger": int.from_bytes(raw[33:], "little"),
    }
