"""The Lightning module: batches of indices in, views made on the device, one step of the method,
schedules of the optimizer.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import lightning.pytorch as lightning
import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim import Optimizer

from asdcfer.augmentation.resolution import resolution_at
from asdcfer.augmentation.views import ViewMaker
from asdcfer.errors import TrainingError
from asdcfer.methods.method import Method
from asdcfer.models.ema import MomentumEncoder
from asdcfer.training.engine.optimizer import build_optimizer
from asdcfer.training.engine.sampler import BatchSampler, mixed_seed
from asdcfer.training.engine.schedule import effective_learning_rate, learning_rate_at
from asdcfer.training.engine.seeding import random_states, restore_random_states
from asdcfer.training.pretrain.recipe import StageOptions, differences

FREE_TO_CHANGE = {"log_every", "checkpoint_every", "checkpoint_epochs"}
"""Settings of a stage that may change when a run is resumed: none of them touches a weight that is
trained or exported.
"""


@dataclass(frozen=True)
class Plan:
    """The numbers that follow from a recipe, the data and the processes; printed and stored before
    the first step.

    Attributes:
        images: faces trained on.
        images_per_step: faces of one update, over processes and accumulated batches.
        steps_per_epoch, total_steps, warmup_steps: updates.
        learning_rate: the effective peak.
        processes: how many train together.
    """

    images: int
    images_per_step: int
    steps_per_epoch: int
    total_steps: int
    warmup_steps: int
    learning_rate: float
    processes: int


def plan_for(stage: StageOptions, images: int, processes: int = 1) -> Plan:
    """Work out the plan of a stage.

    Raises:
        DataError: fewer images than one step takes.
    """
    sampler = BatchSampler(
        images,
        stage.batch_size,
        seed=0,
        accumulate=stage.accumulate,
        processes=processes,
        drop_last=stage.drop_last,
    )
    rate = effective_learning_rate(
        stage.optimizer.learning_rate, stage.optimizer.per_images, sampler.images_per_step
    )
    return Plan(
        images,
        sampler.images_per_step,
        sampler.steps_per_epoch,
        sampler.steps_per_epoch * stage.epochs,
        round(stage.optimizer.warmup_epochs * sampler.steps_per_epoch),
        rate,
        processes,
    )


class TrainingModule(lightning.LightningModule):
    """Train one method on images that live on the training device.

    Several processes: each draws its own part of a step's images (see `BatchSampler`) and its own
    views; gradients are averaged by Lightning's DDP; keys are gathered by the method in the order
    of the ranks, so that all queues agree; batch statistics are each process's own unless
    `sync_batch_norm`; what is exported is process 0's.

    Args:
        method: what is trained.
        images: uint8 (N,H,W) or (N,H,W,3), in memory.
        stage: how.
        plan: from `plan_for`.
        seed: of order and views.
        made_from: hashes of teacher and faces, kept in the checkpoints; see
            `training.run_directory`.
    """

    def __init__(
        self,
        method: Method,
        images: Tensor,
        stage: StageOptions,
        plan: Plan,
        seed: int,
        made_from: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.made_from = dict(made_from or {})
        self.method, self.stage, self.plan, self.seed = method, stage, plan, seed
        self.images = images
        self.average = MomentumEncoder(method.encoder) if stage.weight_average > 0 else None
        if self.average is not None:
            self.average.eval()
        sides = {stage.views.size} | {size for _, size in stage.resolution}
        self.view_makers = {
            side: ViewMaker(stage.views.model_copy(update={"size": side})) for side in sides
        }
        # On the CPU wherever training happens: the same views on every device, and a state that any
        # machine can restore.
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
        return self.batches // self.stage.accumulate

    @property
    def between_steps(self) -> bool:
        """Whether the batch just trained completed a step."""
        return self.batches % self.stage.accumulate == 0

    @property
    def epoch(self) -> int:
        """Epochs completed so far."""
        return self.step // self.plan.steps_per_epoch

    @property
    def exported_encoder(self) -> torch.nn.Module:
        """The encoder that gets saved: the averaged one where the recipe asks for it."""
        return self.method.encoder if self.average is None else self.average.network

    def train_dataloader(self) -> Iterator[Tensor]:
        """Return the index batches of this process from the present position on."""
        return BatchSampler(
            len(self.images),
            self.stage.batch_size,
            seed=self.seed,
            accumulate=self.stage.accumulate,
            processes=self.trainer.world_size,
            process=self.trainer.global_rank,
            drop_last=self.stage.drop_last,
            position=self.batches,
            device=self.images.device,
        )

    def configure_optimizers(self) -> Optimizer:
        """Build the optimizer; its learning rate is set before every step, from the step alone."""
        return build_optimizer(self.method, self.stage.optimizer, self.plan.learning_rate)

    def on_fit_start(self) -> None:
        """Bring the images to the training device, once."""
        self.images = self.images.to(self.device)

    def on_train_start(self) -> None:
        """Put back the random states last of all, after anything that might have drawn from them."""
        if self._loaded_states is not None:
            restore_random_states(self._loaded_states, self.generator)
            self._loaded_states = None

    def views_of(self, index: Tensor) -> Any:
        """Return the views of a batch; their randomness is a function of seed, process and batch
        number.
        """
        side = resolution_at(
            self.step / self.plan.total_steps, self.stage.resolution, self.stage.views.size
        )
        self.generator.manual_seed(mixed_seed(self.seed, self.global_rank, self.batches, 5))
        return self.view_makers[side](
            self.images[index], self.method.encoder.preprocessing, self.generator, index
        )

    def training_step(self, index: Tensor, batch_number: int) -> Tensor:
        """Return the loss of one batch of indices (B,)."""
        result = self.method.training_step(self.views_of(index))
        self._notice(result.loss)
        self.batches += 1
        for name, value in {"loss": result.loss, **result.parts}.items():
            value = torch.as_tensor(value, device=self.device, dtype=torch.float32).detach()
            self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.summed += 1
        return result.loss

    def optimizer_step(
        self, epoch: int, batch_idx: int, optimizer: Any, optimizer_closure: Any = None
    ) -> None:
        """Set the learning rate, update the weights, then let the method follow."""
        options = self.stage.optimizer
        # Before the closure runs the training step, `step` is the number of updates already made.
        self.learning_rate = learning_rate_at(
            self.step,
            self.plan.total_steps,
            self.plan.warmup_steps,
            self.plan.learning_rate,
            options.final_fraction,
        )
        for group in optimizer.param_groups:
            group["lr"] = self.learning_rate
        optimizer.step(closure=optimizer_closure)
        self.method.after_step(min(1.0, self.step / self.plan.total_steps))
        if self.average is not None:
            # A young average would still hold the random start; it forgets as fast as the run is
            # old.
            self.average.update(
                self.method.encoder, min(self.stage.weight_average, self.step / (self.step + 10))
            )

    def means(self) -> dict[str, float]:
        """Return the mean loss and parts since the last call."""
        found = {name: (value / self.summed).item() for name, value in self.sums.items()}
        self.sums, self.summed = {}, 0
        return found

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
            raise TrainingError(
                f"the loss stopped being finite at step {int(bad.item())} (learning rate "
                f"{self.learning_rate:.4g}); {last_good}; "
                "lower optimizer.learning_rate, lengthen warmup_epochs, set optimizer.clip_norm, "
                "or use precision=32"
            )

    def weights_are_finite(self) -> bool:
        """Whether every trained weight is finite; a checkpoint that is not is never kept."""
        norms = torch._foreach_norm(
            [p.detach() for p in self.method.parameters() if p.requires_grad]
        )
        return bool(torch.isfinite(torch.stack(norms)).all())

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the position and the random states of every process."""
        states = random_states(self.generator)
        everyone = [states]
        if self.trainer.world_size > 1:
            everyone = [{} for _ in range(self.trainer.world_size)]
            for name, state in states.items():
                parts = [torch.empty_like(state, device=self.device) for _ in everyone]
                dist.all_gather(parts, state.to(self.device))
                for process, part in zip(everyone, parts, strict=True):
                    process[name] = part.cpu()
        checkpoint["asdcfer"] = {
            "batches": self.batches,
            "seed": self.seed,
            "stage": self.stage.model_dump(mode="json"),
            "images": len(self.images),
            "processes": self.trainer.world_size,
            "random": everyone,
            "made_from": self.made_from,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the position and the random states.

        Raises:
            TrainingError: the checkpoint is of another recipe, data set or number of processes.
        """
        own = checkpoint.get("asdcfer")
        if own is None:
            raise TrainingError("the checkpoint was not written by asdcfer")
        stored = {
            "seed": own["seed"],
            "images": own["images"],
            "processes": own["processes"],
            **own["stage"],
        }
        wanted = {
            "seed": self.seed,
            "images": len(self.images),
            "processes": self.trainer.world_size,
            **self.stage.model_dump(mode="json"),
        }
        changed = [
            key for key in differences(stored, wanted) if key.split(".")[0] not in FREE_TO_CHANGE
        ]
        if changed:
            raise TrainingError(
                f"the checkpoint is of another run: {', '.join(changed)} differ; resume with the "
                "same settings, or start over with --force"
            )
        self.batches = own["batches"]
        self._loaded_states = own["random"][self.global_rank]

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Load the weights of a checkpoint, and see at once that a frozen teacher in it is the one
        that was given.

        Checkpoints of earlier versions hold no hash of their teacher; they hold the teacher.

        Raises:
            TrainingError: the checkpoint is of another teacher, or of other networks.
        """
        try:
            loaded = super().load_state_dict(state_dict, strict=strict, assign=assign)
            self.method.check()
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
                "another --out, or start over with --force"
            ) from error
        return loaded
