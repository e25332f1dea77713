"""A tiny job for the tests of training: real encoder, real method, 64 small random faces.

Run as a script it is killed where it is told to be.

`python -m tests.training.standin OUT [--resume] [--kill-in-step N] [--kill-in-save N] [--devices
2]`
"""

import argparse
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from asdcfer.augmentation.views import Views
from asdcfer.data.pack import Pack
from asdcfer.methods.asdc import Asdc
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.method import Method, StepResult
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_model, save_encoder
from asdcfer.progress import SILENT, Progress
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.finetune.context import FinetuneContext
from asdcfer.training.finetune.finetune import finetune
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.training.pretrain.recipe import StageOptions
from asdcfer.training.pretrain.train import TrainResult, train

SPEC = EncoderSpec(
    name="resnet18", arguments={"width": 4}, pooling="stages", preprocessing=Preprocessing(size=16)
)
CPU = Hardware("cpu")
SMALL = {"projector_hidden": 16, "projector_dim": 8, "queue_size": 24}


class Simple(Method):
    """A method of one encoder and a loss of its feature."""

    def __init__(self, loss) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network, self.head, self.loss, self.steps = build_encoder(SPEC), nn.Identity(), loss, 0

    @property
    def encoder(self):
        return self.network

    @property
    def projector(self):
        return self.head

    def training_step(self, views: Views) -> StepResult:
        self.steps += 1
        return StepResult(self.loss(self.network(views.crops[0]), self.steps))


def faces(count: int = 64, seed: int = 0) -> torch.Tensor:
    """Return random smooth images, uint8 (count, 16, 16)."""
    noise = torch.rand(count, 1, 4, 4, generator=torch.Generator().manual_seed(seed))
    return (
        torch.nn.functional.interpolate(noise, size=(16, 16), mode="bicubic").clamp(0, 1)[:, 0]
        * 255
    ).to(torch.uint8)


def stage(**changes: object) -> StageOptions:
    """Return settings of a few quick steps."""
    settings: dict = {
        "encoder": SPEC,
        "epochs": 3,
        "batch_size": 8,
        "accumulate": 1,
        "log_every": 3,
        "precision": "32",
        "checkpoint_every": 3,
        "views": {"size": 16, "warp_negatives": 1},
        "optimizer": {"learning_rate": 0.1, "warmup_epochs": 0.5},
        "health": {"every_epochs": 1, "images": 32, "knn_images": 0},
    }
    return StageOptions.model_validate(settings | changes)


class Told:
    """A progress that keeps what it is told, and can end a run at a message."""

    def __init__(self, killed_at: str | None = None) -> None:
        self.killed_at = killed_at
        self.messages: list[str] = []
        self.steps: list[tuple[str, float, float]] = []

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        self.steps.append((stage, done, total))

    def message(self, text: str) -> None:
        self.messages.append(text)
        if self.killed_at is not None and text.startswith(self.killed_at):
            raise KilledError


class Printed(Told):
    """A progress that writes its messages to standard error."""

    def message(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class KilledError(Exception):
    """A run was ended from outside."""


def trained(
    method: Method,
    images: torch.Tensor,
    settings: StageOptions,
    folder: Path,
    *,
    seed: int = 0,
    resume: bool = False,
    hardware: Hardware = CPU,
    progress: Progress = SILENT,
    **rest: object,
) -> TrainResult:
    """Train a method in a folder."""
    place = Workplace(folder, hardware=hardware, resume=resume, progress=progress)
    return train(method, images, settings, place, seed=seed, **rest)


def finetuned(
    encoder: Encoder,
    pack: Pack,
    folder: Path,
    options: FinetuneOptions,
    *,
    resume: bool = False,
    device: str = "cpu",
    progress: Progress = SILENT,
    **context: object,
) -> list[dict]:
    """Fine-tune an encoder in a folder."""
    place = Workplace(folder, hardware=Hardware(device), resume=resume, progress=progress)
    return finetune(encoder, pack, place, options, FinetuneContext(**context))


def model_tensors(folder: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of the model that a fine-tuning left in a folder."""
    return load_model(folder / "model").state_dict()


def assert_resumes_to_the_same_weights(
    encoder: Callable[[], Encoder], pack: Pack, folder: Path, options: FinetuneOptions
) -> None:
    """Fine-tune whole, and in two parts with a kill between them; both end with equal weights.

    What the second run leaves is in `folder / "parts"`.
    """
    finetuned(encoder(), pack, folder / "whole", options)

    with pytest.raises(KilledError):
        finetuned(encoder(), pack, folder / "parts", options, progress=Told(killed_at="epoch 2/"))
    torch.manual_seed(123)
    finetuned(encoder(), pack, folder / "parts", options, resume=True)
    one, two = model_tensors(folder / "whole"), model_tensors(folder / "parts")
    assert all(torch.equal(one[name], two[name]) for name in one)


def moco(seed: int = 0, **options: object) -> Moco:
    """Return a small momentum contrast, the same for the same seed."""
    torch.manual_seed(seed)
    return Moco(build_encoder(SPEC), MocoOptions.model_validate(SMALL | options))


class Noisy(Asdc):
    """A student whose loss draws from every global generator, so that a random state that is not
    restored shows in the weights.
    """

    def training_step(self, views: Views) -> StepResult:
        """Scale the loss at random."""
        result = super().training_step(views)
        return StepResult(
            result.loss
            * (
                0.5
                + float(torch.rand(()))
                + np.random.rand()
                + random.random()
                + 0.1 * abs(random.gauss(0, 1))
            ),
            result.parts,
        )


def noisy(teacher_seed: int = 1, teacher_width: int = 4) -> Noisy:
    """Return a small noisy student under a random teacher."""
    torch.manual_seed(teacher_seed)
    teacher = build_encoder(SPEC.model_copy(update={"arguments": {"width": teacher_width}}))
    torch.manual_seed(2)
    return Noisy(
        build_encoder(SPEC),
        teacher,
        AsdcOptions.model_validate({**SMALL, "query_form": "both", "teacher_query_dim": 8}),
    )


def job(out: Path, resume: bool = False) -> TrainResult:
    """Train a student with everything that has a state: queues, momentum, average, accumulation,
    resolution, bf16.
    """
    settings = stage(
        accumulate=2, weight_average=0.9, resolution=[[0.0, 16], [0.4, 20]], precision="bf16"
    )
    result = trained(noisy(), faces(), settings, out, seed=5, resume=resume, progress=Printed())
    save_encoder(out / "encoder", result.encoder, projector=result.projector)
    return result


def _killed_in_step(step: int) -> None:
    """Be killed between the optimizer's update and what follows it."""
    calls = {"n": 0}
    after = Noisy.after_step

    def after_step(self: Noisy, progress: float) -> None:
        calls["n"] += 1
        if calls["n"] == step:
            os.kill(os.getpid(), signal.SIGKILL)
        after(self, progress)

    Noisy.after_step = after_step


def _killed_in_save(count: int) -> None:
    """Be killed with half a checkpoint written."""
    from asdcfer.training.engine import checkpoint

    calls = {"n": 0}
    save = checkpoint.save_file

    def save_file(tensors: dict, path: Path) -> None:
        save(tensors, path)
        calls["n"] += 1
        if calls["n"] == count:
            with open(path, "r+b") as file:
                file.truncate(100)
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoint.save_file = save_file


def for_two() -> StageOptions:
    """Return settings with so small a learning rate that rounding grows into no difference."""
    return stage(epochs=1, optimizer={"learning_rate": 0.01, "warmup_epochs": 0.5})


def _two_processes(out: Path) -> None:
    method = moco()
    trained(method, faces(), for_two(), out, seed=5, hardware=Hardware("cpu", devices=2))
    torch.distributed.barrier()
    from safetensors.torch import save_file

    state = {name: tensor.contiguous() for name, tensor in method.state_dict().items()}
    save_file(state, out / f"process-{os.environ.get('LOCAL_RANK', '0')}.safetensors")


def unnormalized(method: str) -> Method:
    """Return a small method without BatchNorm, whose losses no split of the batch changes."""
    spec = EncoderSpec(
        name="vit",
        arguments={"dim": 16, "depth": 4, "heads": 2, "patch": 4},
        preprocessing=Preprocessing(size=16),
    )
    options = {"projector_layers": 1, "projector_dim": 8, "queue_size": 32}
    torch.manual_seed(0)
    if method == "moco":
        return Moco(build_encoder(spec), MocoOptions.model_validate(options))
    teacher = build_encoder(spec)
    teacher.requires_grad_(False)
    return Asdc(
        build_encoder(spec), teacher, AsdcOptions.model_validate(options | {"query_layers": 1})
    )


def global_batch(method: str, processes: int, out: Path) -> None:
    """Train with 16 faces a step, on so many processes."""
    settings = stage(
        batch_size=16 // processes,
        log_every=1,
        epochs=2,
        optimizer={"learning_rate": 0.02, "per_images": 16, "warmup_epochs": 0.5},
    )
    hardware = Hardware("cpu", devices=processes)
    trained(unnormalized(method), faces(), settings, out, seed=5, hardware=hardware)


def _finetuned_by_two(out: Path) -> None:
    """Fine-tune in two processes, and keep what each ends with."""
    from asdcfer.training.finetune.module import FinetuneModule
    from tests.evaluation.standin import toy_encoder, toy_pack

    process = os.environ.get("LOCAL_RANK", "0")
    pack = toy_pack(out / f"pack-{process}")
    options = FinetuneOptions(batch_size=15, epochs=2, precision="32", ema=0.5)

    def keep(self: FinetuneModule) -> None:
        weights = torch.cat([p.detach().flatten() for p in self.model.parameters()])
        (out / f"process-{process}.bin").write_bytes(weights.numpy().tobytes())

    FinetuneModule.check = keep
    place = Workplace(out / "out", hardware=Hardware("cpu", devices=2))
    finetune(toy_encoder(), pack, place, options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--kill-in-step", type=int, default=0)
    parser.add_argument("--kill-in-save", type=int, default=0)
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--finetune", action="store_true")
    parser.add_argument("--global-batch", choices=["moco", "asdc"])
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.kill_in_step:
        _killed_in_step(chosen.kill_in_step)
    if chosen.kill_in_save:
        _killed_in_save(chosen.kill_in_save)
    if chosen.global_batch:
        global_batch(chosen.global_batch, chosen.devices, chosen.out)
    elif chosen.finetune:
        _finetuned_by_two(chosen.out)
    elif chosen.devices == 2:
        _two_processes(chosen.out)
    else:
        job(chosen.out, chosen.resume)
