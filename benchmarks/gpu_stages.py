"""Stages with labels; benchmarks/gpu_stages.py is part of headline_gpu.py.

Fine-tuning for two label sets at once.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from gpu_run import Run
from safetensors.torch import save_file
from timed_training import Average, Plan, build_adamw, train_for
from torch import Tensor, nn

from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_model

VIEWS = ViewOptions(
    views=1,
    crop_area=(0.6, 1.0),
    rotate=12,
    brightness=0.2,
    contrast=0.2,
    gamma=0.3,
    blur=0.0,
    erase=0.25,
)
SMOOTHING = 0.1
SIDE = 48
"""Of the views, pixels."""


class TwoHeads(nn.Module):
    """An encoder with a linear head for each label set: FER+ (8 expressions) and FER-2013 (7)."""

    def __init__(self, encoder: Encoder, dropout: float = 0.3) -> None:
        super().__init__()
        self.encoder, self.dropout = encoder, nn.Dropout(dropout)
        self.ferplus, self.fer2013 = (
            nn.Linear(encoder.feature_dim, 8),
            nn.Linear(encoder.feature_dim, 7),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of both heads, (B,8) and (B,7)."""
        feature = self.dropout(self.encoder(x))
        return self.ferplus(feature), self.fer2013(feature)


class Committee(nn.Module):
    """Models whose calibrated answers are averaged.

    Args:
        members: each a model with two heads, and the temperatures of the heads.
        share: its part of the target of whoever learns from it.
    """

    def __init__(
        self, members: Sequence[tuple[nn.Module, tuple[float, float]]], share: float = 0.8
    ) -> None:
        super().__init__()
        self.share = share
        self.models = nn.ModuleList(model for model, _ in members).eval()
        self.heats = [heats for _, heats in members]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean probabilities, (B,8) and (B,7)."""
        told = [
            [
                (logits.float() / heat).softmax(1)
                for logits, heat in zip(model(x), heats, strict=True)
            ]
            for model, heats in zip(self.models, self.heats, strict=True)
        ]
        first, second = (torch.stack(list(each)).mean(0) for each in zip(*told, strict=True))
        return first, second


def shipped(name: str, device: torch.device) -> tuple[TwoHeads, tuple[float, float]]:
    """Return a model of the package with both of its heads, and their temperatures of 1.

    The head of a calibrated model has its temperature in its weights.
    """
    heads = [load_model(f"{name}:{labels}") for labels in ("ferplus", "fer2013")]
    model = TwoHeads(heads[0].encoder, dropout=0.1)
    for own, head in zip((model.ferplus, model.fer2013), heads, strict=True):
        own.weight.data.copy_(head.classifier.linear.weight / head.temperature)
        own.bias.data.copy_(head.classifier.linear.bias / head.temperature)
    return model.to(device, memory_format=torch.channels_last), (1.0, 1.0)


def layered(model: TwoHeads, peak: float, decay: float) -> list[dict[str, Any]]:
    """Return groups of parameters, each block of the encoder slower than the one above it."""
    stack = model.encoder.blocks()
    groups = [
        {"params": block, "peak": peak * decay ** (len(stack) - 1 - depth)}
        for depth, block in enumerate(stack)
    ]
    return [
        *groups,
        {"params": [*model.ferplus.parameters(), *model.fer2013.parameters()], "peak": peak},
    ]


class Mixer:
    """Mixup or CutMix with the next image of the batch.

    Its numbers live on the device, drawn by the host before each update.
    """

    def __init__(self, device: torch.device, seed: int, alpha: float = 0.2) -> None:
        self.rng, self.alpha = np.random.default_rng(seed), alpha
        self.numbers = torch.zeros(
            4, device=device
        )  # share, whether to cut, row and column of the middle

    def draw(self) -> None:
        """Draw the numbers of an update."""
        cut = self.rng.random() < 0.5
        share = self.rng.beta(1.0, 1.0) if cut else self.rng.beta(self.alpha, self.alpha)
        numbers = torch.tensor(
            [share, float(cut), self.rng.random(), self.rng.random()], dtype=torch.float32
        )
        self.numbers.copy_(
            numbers.pin_memory() if self.numbers.is_cuda else numbers, non_blocking=True
        )

    def __call__(self, x: Tensor, *targets: Tensor) -> tuple[Tensor, ...]:
        """Return mixed images and targets."""
        share, cut, row, column = self.numbers.unbind()
        side = x.shape[-1]
        line = (torch.arange(side, device=x.device) + 0.5) / side
        half = (1 - share).sqrt() / 2
        inside = ((line - row).abs() < half)[:, None] & ((line - column).abs() < half)[None]
        mask = torch.where(cut > 0, 1 - inside.float(), share)
        kept = mask.mean()
        other = x.roll(1, 0)
        return (
            x * mask + other * (1 - mask),
            *(kept * t + (1 - kept) * t.roll(1, 0) for t in targets),
        )


def cross_entropy(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted cross-entropy with soft targets: sum_b w_b CE_b / B."""
    return -(weight * (target * logits.float().log_softmax(1)).sum(1)).mean()


def supervised(
    run: Run,
    stage: str,
    start: Encoder | TwoHeads,
    seconds: float,
    *,
    rate: float,
    layer_decay: float,
    teacher: Committee,
    save: bool = True,
) -> TwoHeads:
    """Train an encoder, or a model, for both label sets.

    A part of the target is what a committee says of the very view. Views are whole: the committee
    knows no others.

    Args:
        run: the run.
        stage: name of the result.
        start: where it begins.
        seconds: time to train.
        rate: the peak of the learning rate.
        layer_decay: a block's rate over that of the block above it.
        teacher: the committee.
        save: write the model.
    """
    device, faces = run.device, run.faces
    torch.manual_seed(0)
    begun = copy.deepcopy(start).requires_grad_(True)
    model = begun if isinstance(begun, TwoHeads) else TwoHeads(begun)
    model = model.to(device, memory_format=torch.channels_last).train()
    average = Average(model)

    rows = faces.pack.rows("train")
    images = faces.tensor("train", device)
    votes = torch.from_numpy(faces.votes[rows]).to(device)
    plus = votes / votes.sum(1, keepdim=True).clamp_min(1)
    certain = votes.sum(1) / 10
    own = (
        F.one_hot(torch.from_numpy(faces.labels("train")).to(device), 7).float() * (1 - SMOOTHING)
        + SMOOTHING / 7
    )
    make = ViewMaker(VIEWS.model_copy(update={"size": SIDE}))
    mixer, share = Mixer(device, 0), torch.tensor(teacher.share, device=device)
    fast = device.type == "cuda"

    def loss_of(batch: Tensor, side: int) -> StepResult:
        x = (
            make(images[batch], model.encoder.preprocessing, None)
            .crops[0]
            .contiguous(memory_format=torch.channels_last)
        )
        with torch.autocast(device.type, torch.bfloat16, enabled=fast, cache_enabled=False):
            with torch.no_grad():
                told = teacher(x)
            first = (1 - share) * plus[batch] + share * told[0]
            second = (1 - share) * own[batch] + share * told[1]
            weight = torch.maximum(certain[batch], share)[:, None]
            x, first, second, weight = mixer(x, first, second, weight)
            logits = model(x.contiguous(memory_format=torch.channels_last))
        losses = (
            cross_entropy(logits[0], first, weight[:, 0]),
            cross_entropy(logits[1], second, torch.ones_like(weight[:, 0])),
        )
        return StepResult(
            losses[0] + losses[1], {"ferplus": losses[0].detach(), "fer2013": losses[1].detach()}
        )

    def before(progress: float) -> None:
        mixer.draw()

    optimizer = build_adamw(layered(model, rate, layer_decay), device, 0.05)
    timed = train_for(
        stage,
        seconds,
        loss_of,
        optimizer,
        len(images),
        run.batch,
        Plan(
            device=device,
            sides=((0.0, SIDE),),
            averages=[average],
            before=before,
            capture=run.capture,
        ),
    )
    found = measure(run, average.module)
    run.keep(
        stage,
        {
            **found,
            "parameters": sum(p.numel() for p in average.module.parameters()),
            **timed.facts(),
        },
    )
    if save:
        write(run, stage, average.module, found)
    return average.module


def write(run: Run, stage: str, model: TwoHeads, found: dict[str, Any]) -> None:
    """Write a model in 16 bits, as `ship_label_sets.py` reads it."""
    tensors = {
        name: (t.half() if t.ndim > 1 else t).contiguous().cpu()
        for name, t in model.state_dict().items()
    }
    save_file(
        tensors,
        run.out / f"{stage}.safetensors",
        metadata={
            "heads": "ferplus,fer2013",
            "encoder": model.encoder.spec.model_dump_json(),
            "results": str(found),
        },
    )


@torch.no_grad()
def logits_of(
    model: nn.Module, images: np.ndarray, device: torch.device, tta: bool = False
) -> list[np.ndarray]:
    """Return the logits of both heads."""
    found: list[list[Tensor]] = []
    for start in range(0, len(images), 1024):
        x = (
            model.encoder.preprocessing.batch(np.array(images[start : start + 1024]))
            .to(device)
            .contiguous(memory_format=torch.channels_last)
        )
        made = model(x.flip(-1) if tta else x)
        found.append([one.float().cpu() for one in (made if isinstance(made, tuple) else (made,))])
    return [torch.cat(parts).numpy() for parts in zip(*found, strict=True)]


def measure(run: Run, model: nn.Module) -> dict[str, Any]:
    """Return accuracies in percent under both label sets, and temperatures fitted to PublicTest.

    Accuracies are of one pass, and of one with the mirror image.
    """
    found: dict[str, Any] = {}
    for split in ("public", "private"):
        images, labels, plus = (
            run.faces.images(split),
            run.faces.labels(split),
            run.faces.ferplus(split),
        )
        one, other = (logits_of(model, images, run.device, tta) for tta in (False, True))
        known = plus >= 0

        def right(logits: np.ndarray, truth: np.ndarray, keep: np.ndarray) -> float:
            return round(100 * float((logits.argmax(1) == truth)[keep].mean()), 2)

        every = np.ones(len(labels), bool)
        both = [softmax(a) + softmax(b) for a, b in zip(one, other, strict=True)]
        found[split] = {
            "ferplus": right(one[0], plus, known),
            "fer2013": right(one[1], labels, every),
            "ferplus_flip": right(both[0], plus, known),
            "fer2013_flip": right(both[1], labels, every),
        }
        if split == "private":
            found[split] |= {
                "ferplus_without_twins": right(one[0], plus, known & ~run.faces.twin),
                "fer2013_without_twins": right(one[1], labels, ~run.faces.twin),
            }
            found[split]["agrees_with_mirror"] = round(
                100 * float((one[0].argmax(1) == other[0].argmax(1)).mean()), 2
            )
        else:
            found["temperature"] = {
                "ferplus": fit_temperature(one[0][known], plus[known]),
                "fer2013": fit_temperature(one[1], labels),
            }
    return found


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities."""
    return torch.from_numpy(logits).softmax(1).numpy()
