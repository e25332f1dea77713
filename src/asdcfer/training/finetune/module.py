"""Fine-tuning on the engine: a loss from an objective, an average of the weights, a best epoch."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn
from torch.optim import Optimizer

from asdcfer.augmentation.resolution import resolution_at
from asdcfer.methods.method import StepResult
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.ema import MomentumEncoder
from asdcfer.training.engine.metrics_log import MetricsLog
from asdcfer.training.engine.module import TrainingModule
from asdcfer.training.engine.parameter_groups import RatedParameters, rated_parameters
from asdcfer.training.engine.plan import LoopOptions, Plan
from asdcfer.training.finetune.objectives import (
    SupervisedObjective,
    mixing_state,
    restore_mixing,
)
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.training.finetune.predictions import logits_of


def plan_for(objective: SupervisedObjective, options: FinetuneOptions) -> Plan:
    """Work out the plan of a fine-tuning."""
    return Plan(
        images=objective.images,
        images_per_step=objective.images_per_step,
        steps_per_epoch=objective.steps,
        total_steps=objective.steps * options.epochs,
        warmup_steps=round(options.warmup_epochs * objective.steps),
        learning_rate=options.peak,
        processes=objective.processes,
    )


class FinetuneModule(TrainingModule):
    """Train an expression model on an objective.

    A batch is the number of a step; the objective knows which faces belong to it.

    Args:
        objective: what a step learns from; holds the model.
        average: follows the model; measured and kept.
        options: how.
        made_from: hashes of where the weights start, of the faces, of teachers.
    """

    advice = "lower learning_rate, lengthen warmup_epochs, or set precision=32"

    def __init__(
        self,
        objective: SupervisedObjective,
        average: MomentumEncoder,
        options: FinetuneOptions,
        made_from: Mapping[str, str] | None = None,
    ) -> None:
        plan = plan_for(objective, options)
        loop = LoopOptions(
            precision=options.precision,
            clip_norm=options.clip_norm or None,
            unused_parameters=True,
            log_every=plan.steps_per_epoch,
            checkpoint_every=plan.steps_per_epoch,
        )
        super().__init__(plan, loop, options.optimizer_options, options, options.seed, made_from)
        self.objective, self.options = objective, options
        self.model, self.average, self.memory = objective.model, average, objective.memory
        self.generator = objective.generator

    @property
    def exported_encoder(self) -> nn.Module:
        """The averaged encoder, which is measured and kept."""
        return averaged_model(self.average).encoder

    def train_dataloader(self) -> Iterator[int]:
        """Return the numbers of the steps from the present one on."""
        return itertools.count(self.step)

    def rated_parameters(self) -> Sequence[RatedParameters]:
        """Return the classifier's parameters, and the encoder's, slower the deeper a block lies."""
        return rated_parameters(
            self.model, self.model.encoder, self.options.layer_decay, self.options.encoder_rate
        )

    def on_train_start(self) -> None:
        """Begin the epoch that a checkpoint lies in, then put back the random states."""
        if self.step % self.plan.steps_per_epoch:
            self.objective.begin(self.epoch)
        super().on_train_start()

    def batch_loss(self, batch: int) -> StepResult:
        """Return the loss of one step of the run."""
        epoch, step = divmod(batch, self.plan.steps_per_epoch)
        if self.objective.epoch != epoch:
            self.objective.begin(epoch)
        side = resolution_at(
            batch / self.plan.total_steps,
            self.options.resolution,
            self.model.encoder.preprocessing.size,
        )
        # Only the network computes in 16 bits, and the objective says where; not the views.
        with torch.autocast(self.device.type, enabled=False):
            return self.objective.loss(step, side)

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the norm of the whole gradient, in the order of the model's parameters."""
        if gradient_clip_val:
            nn.utils.clip_grad_norm_(self.model.parameters(), gradient_clip_val)

    def follow(self) -> None:
        """Move the average; a short memory at first, or it would remember the start."""
        self.average.update(self.model, min(self.options.ema, self.step / (self.step + 9)))

    def images_seen(self, step: int) -> int:
        """Return how many images the first `step` steps of the run show, over all processes."""
        epochs, rest = divmod(step, self.plan.steps_per_epoch)
        return epochs * self.objective.images + self.objective.images_seen(rest)

    def epoch_summary(self, row: Mapping[str, float]) -> str:
        """Return the line that a person wants to read after an epoch."""
        believed = ""
        if "believed" in row:
            believed = f"{row['believed']:.0%} of the pseudo-labels believed, "
        return (
            f"epoch {self.epoch}/{self.plan.epochs}: loss {row['loss']:.3f}, {believed}"
            f"{row['accuracy']:.2%} on the validation split"
        )

    def own_random_states(self) -> dict[str, Tensor]:
        """Return the state of the generator that mixes images."""
        return {"mixing": mixing_state(self.objective.mixing)}

    def restore_own_random_states(self, states: Mapping[str, Tensor]) -> None:
        """Put it back."""
        restore_mixing(self.objective.mixing, states["mixing"])


def averaged_model(average: MomentumEncoder) -> ExpressionModel:
    """Return the model that holds the averaged weights."""
    return cast(ExpressionModel, average.network)


def validation_scores(model: ExpressionModel, objective: SupervisedObjective) -> dict[str, float]:
    """Return accuracy and mean log-likelihood of a model on the validation split."""
    rows = objective.task.validation
    logits = torch.from_numpy(logits_of(model, objective.pack, rows, bf16=objective.bf16)).double()
    truth = objective.labels[rows]
    return {
        "accuracy": float((logits.argmax(1) == truth).double().mean()),
        "likelihood": -float(F.cross_entropy(logits, truth)),
    }


class BestEpoch(Callback):
    """Measure the averaged weights at the end of every epoch, and keep those of the best one.

    Better is the higher accuracy on the validation split, then the higher likelihood.

    Args:
        log: gets accuracy and likelihood as columns.

    Attributes:
        epoch: the best one, from 1; 0 before any.
        tensors: its averaged weights, on the CPU.
        scores: its (accuracy, likelihood).
    """

    def __init__(self, log: MetricsLog) -> None:
        self.metrics = log
        self.epoch = 0
        self.scores = (-1.0, float("-inf"))
        self.tensors: dict[str, Tensor] = {}

    def on_train_batch_end(
        self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Measure at the end of an epoch; comes before the log, whose row takes the numbers up."""
        if module.step % module.plan.steps_per_epoch or not trainer.is_global_zero:
            return
        found = validation_scores(averaged_model(module.average), module.objective)
        self.metrics.measured |= found
        scores = (found["accuracy"], found["likelihood"])
        if scores > self.scores:
            self.epoch, self.scores = module.epoch, scores
            self.tensors = {
                key: tensor.detach().cpu().clone()
                for key, tensor in module.average.network.state_dict().items()
            }

    def state_dict(self) -> dict[str, Any]:
        """Return the best epoch so far, for the checkpoint."""
        return {"epoch": self.epoch, "scores": list(self.scores), "tensors": self.tensors}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the best epoch so far."""
        self.epoch, self.tensors = state_dict["epoch"], state_dict["tensors"]
        self.scores = tuple(state_dict["scores"])
