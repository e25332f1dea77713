"""A few labels an expression; benchmarks/gpu_few_labels.py is part of headline_gpu.py."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from gpu_probe import features
from gpu_run import Run
from gpu_stages import SMOOTHING, VIEWS, logits_of, softmax
from timed_training import Average, Plan, build_adamw, train_for
from torch import Tensor, nn

from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.evaluation.probes.few_labels import draw_labels
from asdcfer.evaluation.probes.linear_selection import fit_linear
from asdcfer.losses.pseudo_label import estimated_prior, pseudo_label_loss
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder
from asdcfer.training.finetune.label_propagation import principal, propagate_labels
from asdcfer.training.finetune.options import UnlabeledOptions
from asdcfer.training.finetune.pseudo_labels import PseudoLabels

WEAK = ViewOptions(
    views=1, crop_area=(0.85, 1.0), aspect=(1.0, 1.0), rotate=0, brightness=0, contrast=0, blur=0.0
)
FEW = 250


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
