"""Pretraining on the engine: indices in, views made on the device, one step of the method."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from asdcfer.augmentation.draws import SharedGenerator
from asdcfer.augmentation.resolution import resolution_at
from asdcfer.augmentation.views import Partners, ViewMaker
from asdcfer.errors import RecipeError
from asdcfer.methods.method import Method, StepResult
from asdcfer.models.ema import MomentumEncoder
from asdcfer.training.engine.module import TrainingModule
from asdcfer.training.engine.parameter_groups import RatedParameters, rated_parameters
from asdcfer.training.engine.plan import LoopOptions, Plan
from asdcfer.training.engine.sampler import BatchSampler, Share, mixed_seed
from asdcfer.training.engine.schedule import effective_learning_rate
from asdcfer.training.pretrain.recipe import StageOptions
from asdcfer.training.pretrain.shard_stream import ShardStream, sampler_for


def plan_for(
    stage: StageOptions, images: int, processes: int = 1, stream: ShardStream | None = None
) -> Plan:
    """Work out the plan of a stage.

    Args:
        stage: how is trained.
        images: how many faces.
        processes: how many train together.
        stream: the faces, where they are those of a sharded pack.

    Raises:
        DataError: fewer images than one step takes.
        RecipeError: the epochs are to follow from a budget, and have not yet.
    """
    if stage.epochs == "auto":
        raise RecipeError("epochs=auto becomes a number when a run starts with a budget")
    sampler = sampler_for(
        torch.empty(images, 0) if stream is None else stream,
        stage.batch_size,
        seed=0,
        accumulate=stage.accumulate,
        share=Share(processes=processes),
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


class PretrainModule(TrainingModule):
    """Train one method on images that live on the training device.

    Several processes: each takes its own part of a step's images (see `BatchSampler`), with the
    views that one process would give them; keys are gathered by the method in the order of the
    ranks, so that all queues agree. So the same global batch gives the same losses on any number of
    processes, but for BatchNorm, whose statistics are each process's own without
    `sync_batch_norm`.

    Args:
        method: what is trained.
        images: uint8 (N,H,W) or (N,H,W,3), in memory or streamed from shards.
        stage: how.
        plan: from `plan_for`.
        seed: of order and views.
        made_from: hashes of teacher and faces; see `training.run_directory`.
    """

    def __init__(
        self,
        method: Method,
        images: Tensor | ShardStream,
        stage: StageOptions,
        plan: Plan,
        seed: int,
        made_from: Mapping[str, str] | None = None,
    ) -> None:
        loop = LoopOptions(
            precision=stage.precision,
            accumulate=stage.accumulate,
            clip_norm=stage.optimizer.clip_norm,
            sync_batch_norm=stage.sync_batch_norm,
            log_every=stage.log_every,
            checkpoint_every=stage.checkpoint_every,
            checkpoint_epochs=stage.checkpoint_epochs,
        )
        super().__init__(plan, loop, stage.optimizer, stage, seed, made_from)
        self.method, self.stage, self.images = method, stage, images
        self.average = MomentumEncoder(method.encoder) if stage.weight_average > 0 else None
        if self.average is not None:
            self.average.eval()
        sides = {stage.views.size} | {size for _, size in stage.resolution}
        self.view_makers = {
            side: ViewMaker(stage.views.model_copy(update={"size": side})) for side in sides
        }

    @property
    def exported_encoder(self) -> nn.Module:
        """The encoder that gets saved: the averaged one where the recipe asks for it."""
        return self.method.encoder if self.average is None else self.average.network

    def train_dataloader(self) -> BatchSampler:
        """Return the index batches of this process from the present position on."""
        return sampler_for(
            self.images,
            self.stage.batch_size,
            seed=self.seed,
            accumulate=self.stage.accumulate,
            share=Share(self.trainer.global_rank, self.trainer.world_size),
            drop_last=self.stage.drop_last,
            position=self.batches,
        )

    def rated_parameters(self) -> Sequence[RatedParameters]:
        """Return the method's trainable parameters, the encoder's by the recipe's layer decay."""
        return rated_parameters(self.method, self.method.encoder, self.stage.optimizer.layer_decay)

    def on_fit_start(self) -> None:
        """Bring the images to the training device, once, and share the views of a batch."""
        self.images = self.images.to(self.device)
        self.generator = SharedGenerator(self.trainer.global_rank, self.trainer.world_size)

    def views_of(self, index: Tensor) -> Any:
        """Return the views of a batch, random by seed and batch number alone."""
        side = resolution_at(
            self.step / self.plan.total_steps, self.stage.resolution, self.stage.views.size
        )
        self.generator.manual_seed(mixed_seed(self.seed, 0, self.batches, 5))
        maker, preprocessing = self.view_makers[side], self.method.encoder.preprocessing
        partner = self.method.partners(index, self.generator)
        others = None if partner is None else Partners(self.images[partner], partner)
        return maker(self.images[index], preprocessing, self.generator, index, others)

    def batch_loss(self, batch: Tensor) -> StepResult:
        """Return the loss of one batch of indices (B,)."""
        return self.method.training_step(self.views_of(batch))

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the norm of the whole gradient; Lightning's own refuses fused optimizers in bf16."""
        if gradient_clip_val:
            nn.utils.clip_grad_norm_(self.method.parameters(), gradient_clip_val)

    def follow(self) -> None:
        """Let the method and the averaged encoder follow the weights."""
        self.method.after_step(min(1.0, self.step / self.plan.total_steps))
        if self.average is not None:
            # A young average would still hold the random start; it forgets as fast as the run is
            # old.
            self.average.update(
                self.method.encoder, min(self.stage.weight_average, self.step / (self.step + 10))
            )

    def check(self) -> None:
        """Let the method see that its frozen parts are as they were."""
        self.method.check()
