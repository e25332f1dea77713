"""The base of what the engine trains: position, schedule, means, content of a checkpoint."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import lightning.pytorch as lightning
import torch
import torch.distributed as dist
from pydantic import BaseModel
from torch import Tensor, nn
from torch.optim import Optimizer

from asdcfer.errors import TrainingError
from asdcfer.methods.method import StepResult
from asdcfer.training.engine.optimizer import OptimizerOptions, build_optimizer
from asdcfer.training.engine.parameter_groups import RatedParameters
from asdcfer.training.engine.plan import LoopOptions, Plan
from asdcfer.training.engine.resume_checks import changed_settings
from asdcfer.training.engine.schedule import learning_rate_at, weight_decay_at
from asdcfer.training.engine.seeding import random_states, restore_random_states


class TrainingModule(lightning.LightningModule):
    """Something trainable, and where its training stands.

    Several processes: gradients are averaged by Lightning's DDP; batch statistics are each
    process's own unless `LoopOptions.sync_batch_norm`; what is exported is process 0's.

    A subclass gives `batch_loss`, `rated_parameters`, `exported_encoder` and `train_dataloader`;
    where it needs them `follow`, `check` and `images_seen`.

    Args:
        plan: the numbers of the run.
        loop: how the loop treats the steps.
        optimizer: which optimizer.
        settings: what a checkpoint must agree with, see `resume_checks`.
        seed: of everything random.
        made_from: name -> hash of what decides the weights beside settings and seed (faces,
            teacher); kept in the checkpoints and compared where both sides know a name.

    Attributes:
        generator: of views; its state is part of a checkpoint. On the CPU wherever training
            happens: the same views on every device, and a state that any machine can restore.
        advice: what to change when a loss is not finite.
    """

    advice = (
        "lower optimizer.learning_rate, lengthen warmup_epochs, set optimizer.clip_norm, or use "
        "precision=32"
    )

    def __init__(
        self,
        plan: Plan,
        loop: LoopOptions,
        optimizer: OptimizerOptions,
        settings: BaseModel,
        seed: int,
        made_from: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.plan, self.loop, self.optimizer_options = plan, loop, optimizer
        self.settings, self.seed, self.made_from = settings, seed, dict(made_from or {})
        self.generator = torch.Generator()
        self.batches = 0
        self.learning_rate = 0.0
        self.sums: dict[str, Tensor] = {}
        self.summed = 0
        self.first_bad_step: Tensor | None = None
        self._loaded_states: dict[str, Tensor] | None = None

    @property
    def step(self) -> int:
        """Updates made so far."""
        return self.batches // self.loop.accumulate

    @property
    def between_steps(self) -> bool:
        """Whether the batch just trained completed a step."""
        return self.batches % self.loop.accumulate == 0

    @property
    def epoch(self) -> int:
        """Epochs completed so far."""
        return self.step // self.plan.steps_per_epoch

    @property
    def exported_encoder(self) -> nn.Module:
        """The encoder that gets saved, and whose health is measured."""
        raise NotImplementedError

    def batch_loss(self, batch: Any) -> StepResult:
        """Return the loss of one batch, and what is logged beside it."""
        raise NotImplementedError

    def rated_parameters(self) -> Sequence[RatedParameters]:
        """Return what is trained, with its shares of the learning rate."""
        raise NotImplementedError

    def follow(self) -> None:
        """Do what follows an update: moving averages, queues; `step` counts the update already."""

    def check(self) -> None:
        """Raise `TrainingError` where something that must never change has changed."""

    def images_seen(self, step: int) -> int:
        """Return how many images the first `step` steps of the run show, over all processes."""
        return step * self.plan.images_per_step

    def epoch_summary(self, row: Mapping[str, float]) -> str | None:
        """Return a line about the epoch that just ended, None for none.

        Args:
            row: of the log.
        """
        return None

    def own_random_states(self) -> dict[str, Tensor]:
        """Return states of random generators that only this module has."""
        return {}

    def restore_own_random_states(self, states: Mapping[str, Tensor]) -> None:
        """Put back what `own_random_states` returned."""

    def configure_optimizers(self) -> Optimizer:
        """Build the optimizer; its learning rate is set before every step, from the step alone."""
        return build_optimizer(
            self.rated_parameters(), self.optimizer_options, self.plan.learning_rate
        )

    def on_train_start(self) -> None:
        """Put back the random states last of all, after whatever might have drawn from them."""
        if self._loaded_states is not None:
            self.restore_own_random_states(self._loaded_states)
            restore_random_states(self._loaded_states, self.generator)
            self._loaded_states = None

    def training_step(self, batch: Any, batch_number: int) -> Tensor:
        """Return the loss of one batch, and add to the sums of the log."""
        result = self.batch_loss(batch)
        self._notice(result.loss)
        self.batches += 1
        for name, value in {"loss": result.loss, **result.parts}.items():
            value = torch.as_tensor(value, device=self.device, dtype=torch.float32).detach()
            self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.summed += 1
        return result.loss

    def scheduled(self, peak: float) -> float:
        """Return the learning rate of the next update, from the step alone."""
        return learning_rate_at(
            self.step,
            self.plan.total_steps,
            self.plan.warmup_steps,
            peak,
            self.optimizer_options.final_fraction,
        )

    def optimizer_step(
        self,
        epoch: int,
        batch_idx: int,
        optimizer: Any,
        optimizer_closure: Callable[[], Any] | None = None,
    ) -> None:
        """Set the learning rates, update the weights, then let the module follow."""
        # Before the closure runs the training step, `step` is the number of updates already made.
        self.learning_rate = self.scheduled(self.plan.learning_rate)
        options = self.optimizer_options
        for group in optimizer.param_groups:
            group["lr"] = self.scheduled(group["peak"])
            if options.weight_decay_end is not None and group["decayed"]:
                group["weight_decay"] = weight_decay_at(
                    self.step, self.plan.total_steps, options.weight_decay, options.weight_decay_end
                )
        optimizer.step(closure=optimizer_closure)
        self.follow()

    def means(self) -> dict[str, float]:
        """Return the mean loss and parts since the last call, over all processes."""
        found = torch.stack(list(self.sums.values())) / self.summed
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(found)
            found = found / dist.get_world_size()
        named = dict(zip(self.sums, found.tolist(), strict=True))
        self.sums, self.summed = {}, 0
        return named

    def _notice(self, loss: Tensor) -> None:
        """Remember the first step whose loss is not finite, without waiting for the device."""
        bad = torch.where(torch.isfinite(loss.detach()), math.inf, float(self.step + 1)).to(
            torch.float64
        )
        self.first_bad_step = (
            bad if self.first_bad_step is None else torch.minimum(self.first_bad_step, bad)
        )

    def check_finite(self, last_good: str) -> None:
        """End the run, in all processes at once, where a loss was not finite.

        Raises:
            TrainingError: naming the step and the last good checkpoint.
        """
        if self.first_bad_step is None:
            return
        bad = self.first_bad_step.to(torch.float32)
        if self.trainer.world_size > 1:
            dist.all_reduce(bad, dist.ReduceOp.MIN)
        if math.isfinite(bad.item()):
            step = int(bad.item())
            raise TrainingError(
                f"the loss stopped being finite at step {step} in epoch "
                f"{(step - 1) // self.plan.steps_per_epoch + 1} (learning rate "
                f"{self.learning_rate:.4g}); {last_good}; {self.advice}"
            )

    def weights_are_finite(self) -> bool:
        """Whether every trained weight is finite; a checkpoint that is not is never kept."""
        norms = nn.utils.get_total_norm([p.detach() for p in self.parameters() if p.requires_grad])
        return bool(torch.isfinite(norms))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the position, the sums of the log and the random states of every process."""
        states = {**random_states(self.generator), **self.own_random_states()}
        everyone = [states]
        if self.trainer.world_size > 1:
            everyone = [{} for _ in range(self.trainer.world_size)]
            for name, state in states.items():
                parts = [torch.empty_like(state, device=self.device) for _ in everyone]
                dist.all_gather(parts, state.to(self.device))
                for process, part in zip(everyone, parts, strict=True):
                    process[name] = part.cpu()
        checkpoint["asdcfer"] = {
            **self._identity(),
            "batches": self.batches,
            "settings": self.settings.model_dump(mode="json"),
            "sums": dict(self.sums),
            "summed": self.summed,
            "random": everyone,
            "made_from": self.made_from,
        }

    def _identity(self) -> dict[str, int]:
        return {
            "seed": self.seed,
            "images": self.plan.images,
            "processes": self.trainer.world_size,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the position and the random states.

        Raises:
            TrainingError: the checkpoint is of other settings, faces or weights, or of another
                number of processes.
        """
        own = checkpoint.get("asdcfer")
        if own is None:
            raise TrainingError("the checkpoint was not written by asdcfer")
        # A checkpoint of before these hashes were kept holds none.
        before, now = own.get("made_from", {}), self.made_from
        changed = [
            *(name for name, value in self._identity().items() if own[name] != value),
            *changed_settings(own["settings"], self.settings),
            *(name for name in now if name in before and before[name] != now[name]),
        ]
        if changed:
            raise TrainingError(
                f"the checkpoint is of another run: {', '.join(changed)} differ; resume with the "
                "same settings, or start over with `force=True`"
            )
        self.batches, self.summed = own["batches"], own["summed"]
        self.sums = {name: value.to(self.device) for name, value in own["sums"].items()}
        self._loaded_states = own["random"][self.global_rank]

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Load the weights of a checkpoint, and see at once that what must not change is the same.

        Raises:
            TrainingError: the checkpoint is of another teacher, or of other networks.
        """
        try:
            loaded = super().load_state_dict(state_dict, strict=strict, assign=assign)
            self.check()
        except (RuntimeError, TrainingError) as error:
            # Of what torch says, the first tensor that does not fit; what the teacher says is about
            # the end of a training.
            why = (
                ""
                if isinstance(error, TrainingError)
                else f" ({str(error).splitlines()[:2][-1].strip().rstrip('.')})"
            )
            raise TrainingError(
                f"the checkpoint is of another teacher or other networks{why}; use the same ones, "
                "another `out`, or start over with `force=True`"
            ) from error
        return loaded
