"""Stages with labels; benchmarks/gpu_stages.py is part of headline_gpu.py.

Fine-tuning for two label sets at once, and 250 labels an expression.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from timed_training import Average, Plan, build_adamw, train_for
from torch import Tensor, nn

from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.data.pack import Pack
from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.evaluation.probes.few_labels import draw_labels
from asdcfer.evaluation.probes.linear_selection import fit_linear
from asdcfer.losses.pseudo_label import estimated_prior, pseudo_label_loss
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder
from asdcfer.training.finetune.label_propagation import principal, propagate_labels
from asdcfer.training.finetune.options import UnlabeledOptions
from asdcfer.training.finetune.pseudo_labels import PseudoLabels

if TYPE_CHECKING:
    from headline_gpu import Run

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
WEAK = ViewOptions(
    views=1, crop_area=(0.85, 1.0), aspect=(1.0, 1.0), rotate=0, brightness=0, contrast=0, blur=0.0
)
SMOOTHING = 0.1
FEW = 250


@dataclass
class Faces:
    """Pack, votes and labels.

    Attributes:
        pack: FER-2013.
        votes: float32 (N,8) counts of the eight expressions; zeros where FER+ sees no face.
        majority: int64 (N,), FER+ majority labels, -1 where there is none.
        plurality: int64 (N,), the most voted expression, -1 where there is none.
        twin: bool (private,), whether a test image has a twin in training.
    """

    pack: Pack
    votes: np.ndarray
    majority: np.ndarray
    plurality: np.ndarray
    twin: np.ndarray

    def images(self, split: str) -> np.ndarray:
        """Return the images of a split, uint8 (N,H,W)."""
        return np.asarray(self.pack.images[self.pack.rows(split)])

    def tensor(self, split: str, device: torch.device) -> Tensor:
        """Return them on the device."""
        return torch.from_numpy(np.array(self.images(split))).to(device)

    def labels(self, split: str) -> np.ndarray:
        """Return FER-2013's labels of a split."""
        return np.asarray(self.pack.labels[self.pack.rows(split)])

    def ferplus(self, split: str) -> np.ndarray:
        """Return the FER+ majority labels of a split."""
        return self.majority[self.pack.rows(split)]


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
    encoder: Encoder,
    seconds: float,
    *,
    rate: float,
    layer_decay: float,
    teacher: nn.Module | None = None,
) -> nn.Module:
    """Train an encoder for both label sets.

    Its own average, or a teacher, gives half of the target, as the mean over a face and its mirror
    image.
    """
    device, faces = run.device, run.faces
    torch.manual_seed(0)
    model = (
        TwoHeads(copy.deepcopy(encoder).requires_grad_(True))
        .to(device, memory_format=torch.channels_last)
        .train()
    )
    average = Average(model)
    guide = average.module if teacher is None else teacher.eval()
    rows = faces.pack.rows("train")
    images = faces.tensor("train", device)
    votes = torch.from_numpy(faces.votes[rows]).to(device)
    plus = votes / votes.sum(1, keepdim=True).clamp_min(1)
    certain = votes.sum(1) / 10
    own = (
        F.one_hot(torch.from_numpy(faces.labels("train")).to(device), 7).float() * (1 - SMOOTHING)
        + SMOOTHING / 7
    )
    makers = {side: ViewMaker(VIEWS.model_copy(update={"size": side})) for side in (32, 40, 48)}
    mixer, share = Mixer(device, 0), torch.zeros((), device=device)
    fast = device.type == "cuda"

    def loss_of(batch: Tensor, side: int) -> StepResult:
        x = (
            makers[side](images[batch], model.encoder.preprocessing, None)
            .crops[0]
            .contiguous(memory_format=torch.channels_last)
        )
        with torch.autocast(device.type, torch.bfloat16, enabled=fast, cache_enabled=False):
            with torch.no_grad():
                told = [
                    a.float().softmax(1) + b.float().softmax(1)
                    for a, b in zip(guide(x), guide(x.flip(-1)), strict=True)
                ]
            first = (1 - share) * plus[batch] + share * told[0] / 2
            second = (1 - share) * own[batch] + share * told[1] / 2
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
        # An average of the model itself has nothing to say before it has learnt something.
        share.fill_(
            0.8 if teacher is not None else 0.5 * min(1.0, max(0.0, (progress - 0.2) / 0.2))
        )

    optimizer = build_adamw(layered(model, rate, layer_decay), device, 0.05)
    timed = train_for(
        stage,
        seconds,
        loss_of,
        optimizer,
        len(images),
        run.batch,
        Plan(device=device, averages=[average], before=before, capture=run.capture),
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
    tensors = {
        name: (t.half() if t.ndim > 1 else t).contiguous().cpu()
        for name, t in average.module.state_dict().items()
    }
    save_file(
        tensors,
        run.out / f"{stage}.safetensors",
        metadata={
            "heads": "ferplus,fer2013",
            "encoder": average.module.encoder.spec.model_dump_json(),
            "results": str(found),
        },
    )
    return average.module


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


class OneHead(nn.Module):
    """An encoder with one linear head."""

    def __init__(
        self, encoder: Encoder, weight: Tensor, bias: Tensor, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.encoder, self.dropout = encoder, nn.Dropout(dropout)
        self.head = nn.Linear(encoder.feature_dim, len(bias))
        self.head.weight.data.copy_(weight.T)
        self.head.bias.data.copy_(bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B,C)."""
        return self.head(self.dropout(self.encoder(x)))


def few_labels(run: Run, encoder: Encoder, seconds: float, draw: int) -> None:
    """Learn from 250 labeled faces an expression and all others without labels.

    Chosen on PublicTest: the penalty of the first probe, nothing else.
    """
    device, faces = run.device, run.faces
    labels = faces.labels("train")
    known = draw_labels(labels, np.arange(len(labels)), per_class=FEW, seed=draw)
    others = np.setdiff1d(np.arange(len(labels)), known)
    from headline_gpu import features

    every, public = (
        features(encoder, faces.images("train")),
        features(encoder, faces.images("public")),
    )
    fitted = fit_linear(
        every[known], labels[known], public, faces.labels("public"), 7, device=str(device)
    )
    heat = fit_temperature(fitted.logits(public), faces.labels("public"))
    first = {
        split: round(100 * float((fitted.logits(part).argmax(1) == faces.labels(split)).mean()), 2)
        for split, part in (
            ("public", public),
            ("private", features(encoder, faces.images("private"))),
        )
    }
    balance = torch.bincount(torch.from_numpy(labels[known]), minlength=7).float() / len(known)
    said = (torch.from_numpy(fitted.logits(every[others])).double() / heat).softmax(1)
    prior, said = estimated_prior(said, balance.double(), 0.01 * len(others))
    x = torch.from_numpy(every).to(device)
    mean, directions = principal(x[torch.randperm(len(x), device=device)[:2048]], 256)
    start = torch.zeros(len(labels), 7, device=device)
    start[torch.from_numpy(others).to(device)] = said.float().to(device)
    start[torch.from_numpy(known).to(device)] = F.one_hot(
        torch.from_numpy(labels[known]).to(device), 7
    ).float()
    smooth = propagate_labels(start, (x - mean) @ directions)
    del x
    model = (
        OneHead(
            copy.deepcopy(encoder).requires_grad_(True), fitted.weight / heat, fitted.bias / heat
        )
        .to(device, memory_format=torch.channels_last)
        .train()
    )
    average = Average(model)
    options = UnlabeledOptions(alignment="estimated", label_memory=0.7)
    memory = PseudoLabels(len(others), balance, options).to(device)
    at = torch.from_numpy(others).to(device)
    memory.begin(prior.float().to(device), smooth[at])
    images = faces.tensor("train", device)
    known_at = torch.from_numpy(known).to(device)
    truth = F.one_hot(torch.from_numpy(labels).to(device), 7).float()
    weak = {side: ViewMaker(WEAK.model_copy(update={"size": side})) for side in (32, 40, 48)}
    strong = {side: ViewMaker(options.strong_views(side)) for side in (32, 40, 48)}
    light = {side: ViewMaker(VIEWS.model_copy(update={"size": side})) for side in (32, 40, 48)}
    prep, small = encoder.preprocessing, max(8, run.batch // 4)
    fast = device.type == "cuda"

    def loss_of(rows: Tensor, side: int) -> StepResult:
        pick = known_at[torch.randint(len(known_at), (small,), device=device)]
        asked = images[at[rows]]
        with torch.autocast(device.type, torch.bfloat16, enabled=fast, cache_enabled=False):
            with torch.no_grad():
                seen = (
                    weak[side](asked, prep, None)
                    .crops[0]
                    .contiguous(memory_format=torch.channels_last)
                )
                told = (
                    average.module(seen).float().softmax(1)
                    + average.module(seen.flip(-1)).float().softmax(1)
                ) / 2
                label, weight = memory.assign(rows, told)
            x = torch.cat(
                [
                    light[side](images[pick], prep, None).crops[0],
                    strong[side](asked, prep, None).crops[0],
                ]
            )
            logits = model(x.contiguous(memory_format=torch.channels_last)).float()
        corrected = logits[:small] + memory.correction
        target = truth[pick] * (1 - SMOOTHING) + SMOOTHING / 7
        supervised_loss = -(target * corrected.log_softmax(1)).sum(1).mean()
        unsupervised = pseudo_label_loss(logits[small:], label, weight)
        return StepResult(
            supervised_loss + unsupervised,
            {
                "labeled": supervised_loss.detach(),
                "unlabeled": unsupervised.detach(),
                "believed": weight.mean(),
            },
        )

    stack = model.encoder.blocks()
    groups = [
        {"params": block, "peak": 5e-4 * 0.85 ** (len(stack) - 1 - depth)}
        for depth, block in enumerate(stack)
    ]
    optimizer = build_adamw(
        [*groups, {"params": list(model.head.parameters()), "peak": 5e-4}], device, 0.05
    )
    timed = train_for(
        f"few_labels_{draw}",
        seconds,
        loss_of,
        optimizer,
        len(others),
        run.batch,
        Plan(device=device, seed=draw, averages=[average], capture=run.capture),
    )
    found = {}
    for split in ("public", "private"):
        (one,), (other,) = (
            logits_of(average.module, faces.images(split), device, tta) for tta in (False, True)
        )
        truth_there = faces.labels(split)
        found[split] = {
            "one_pass": round(100 * float((one.argmax(1) == truth_there).mean()), 2),
            "tta": round(
                100 * float(((softmax(one) + softmax(other)).argmax(1) == truth_there).mean()), 2
            ),
        }
    run.keep(f"few_labels_{draw}", {"labels": len(known), "probe": first, **found, **timed.facts()})
