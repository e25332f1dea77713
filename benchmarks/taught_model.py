r"""Train a small model for both label sets on a CPU, from what a larger one says of many views.

    python benchmarks/taught_model.py nano packs/fer2013 --votes fer2013new.csv --epochs 200 \
        --out runs/nano
    python benchmarks/ship_label_sets.py nano runs/nano nano --data packs/fer2013 \
        --votes fer2013new.csv --teacher resnet18_finetuned --results runs/nano/results.json

First a bank is made: for each face itself and a few dozen moved, turned and relit views, and what
`resnet18_finetuned` says of each view under both label sets. Then the small model learns the
bank, a random view of each face in every epoch, mirrored, partly hidden, and mixed with another
face; a fifth of each target is the votes of ten people, or FER-2013's label. Nothing waits for
the larger model while the small one learns.

`finetuned` trains the larger model itself further, from its own end, by what several models say
of each view and of its mirror image together:

    python benchmarks/taught_model.py finetuned packs/fer2013 --votes fer2013new.csv --epochs 30 \
        --teacher resnet18_finetuned --teacher light --teacher nano --mirror --out runs/finetuned

A teacher may be a file, as of an earlier commit; results and cards call it by the file's name:

    for end in safetensors json; do git show \
        8a0c2b0:src/asdcfer/weights/resnet18_finetuned.$end \
        > runs/resnet18_finetuned-8a0c2b0.$end; done

Its weights and those of its start, mixed in one of `BLENDS`, are what is kept: that which is best
on PublicTest, accuracies under both label sets summed (Wortsman et al., Robust fine-tuning of
zero-shot models, CVPR 2022).

Bank and training go on where they were stopped. What comes out is what headline_gpu.py writes for
a stage: a file of weights, and results.json with the accuracies of PublicTest and PrivateTest at
the end; on the way PublicTest alone is looked at.
"""

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import torch.nn.functional as F
import typer
from gpu_run import Faces, Run, load_faces
from gpu_stages import (
    SMOOTHING,
    VIEWS,
    Mixer,
    TwoHeads,
    cross_entropy,
    logits_of,
    measure,
    shipped,
)
from safetensors.torch import load_file, save_file
from timed_training import Average, build_adamw, set_rates, share_of_peak
from torch import Tensor, nn

from asdcfer.augmentation.erasing import erase_regions, random_boxes
from asdcfer.augmentation.views import ViewMaker
from asdcfer.files import atomic_write
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_encoder, load_model
from asdcfer.provenance import commit
from asdcfer.training.finetune.options import FinetuneOptions

TEACHER = "resnet18_finetuned"
CLASSES = {"ferplus": 8, "fer2013": 7}
GRID = {"maps": [0, 1, 2], "cells": [4, 3, 3]}
RATES = {"nano": 4e-3, "light": 1.5e-3, "finetuned": 8e-4}
SHARE = 0.8
"""Of the larger model in each target."""
ERASED = 0.25
"""Probability that a part of a view is hidden."""
BLENDS = (1.0, 0.7, 0.5)
"""Shares of the trained weights in what is kept; the rest is the start's."""
BATCH = 256
AVERAGE = 0.9995
DROPOUT = 0.1
DECAY = 0.05
WARM = 0.02
HOW = (
    "encoder and both classifiers at once on 28,709 training images: the shares of ten people's "
    f"votes, and FER-2013's own labels; {SHARE} of each target is what {{teachers}} say of the "
    "very view{mirror}, one of {views} of each face"
)
LOOK_EVERY = 4
"""Epochs between two looks at PublicTest, and between two checkpoints."""


@dataclass(frozen=True)
class Bank:
    """Views of each training face, and what the larger model says of them.

    Attributes:
        views: uint8 (K,N,48,48) on disk; the first view of each face is the face itself.
        answers: float16 (K,N,15), probabilities of FER+'s eight and FER-2013's seven expressions.
    """

    views: np.ndarray
    answers: np.ndarray


class Teachers:
    """Models whose answers are averaged.

    Args:
        names: of `asdcfer models`, or files; each with both label sets.
        mirror: average the answers to a view and to its mirror image.

    Attributes:
        names: theirs; files are called by their names without folder and suffix.
    """

    def __init__(self, names: Sequence[str], mirror: bool) -> None:
        self.names, self.mirror = [Path(name).stem for name in names], mirror
        self.models = [[load_model(f"{name}:{labels}") for labels in CLASSES] for name in names]
        for heads in self.models:
            heads[0].encoder.to(memory_format=torch.channels_last)

    @torch.no_grad()
    def say(self, views: np.ndarray) -> Tensor:
        """Return probabilities (N,15) of FER+'s eight and FER-2013's seven expressions."""
        seen = [views, views[..., ::-1]] if self.mirror else [views]
        return torch.stack(
            [self._one(heads, np.ascontiguousarray(x)) for heads in self.models for x in seen]
        ).mean(0)

    def _one(self, heads: Sequence[ExpressionModel], views: np.ndarray) -> Tensor:
        encoder = heads[0].encoder
        x = encoder.preprocessing.batch(views).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            feature = encoder(x).float()
        return torch.cat(
            [(head.classifier(feature) / head.temperature).softmax(1) for head in heads], 1
        )

    def sign(self, folder: Path) -> None:
        """Note in a bank whose answers it holds; refuse a bank of other teachers."""
        note = folder / "teachers.json"
        own = {"teachers": self.names, "mirror": self.mirror}
        if not note.exists():
            with atomic_write(note) as temporary:
                temporary.write_text(json.dumps(own), encoding="utf-8")
        elif (kept := json.loads(note.read_text(encoding="utf-8"))) != own:
            raise SystemExit(f"{folder} holds the answers of {kept}, not of {own}; name another")


def fill_bank(faces: Faces, folder: Path, count: int, teachers: Teachers) -> Bank:
    """Return the bank; views that an earlier call made are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    teachers.sign(folder)
    images = faces.images("train")
    preprocessing = teachers.models[0][0].encoder.preprocessing
    make = ViewMaker(VIEWS.model_copy(update={"size": 48, "hflip": 0.0, "erase": 0.0}))
    for number in range(count):
        pictures, said = folder / f"views{number}.npy", folder / f"answers{number}.npy"
        if said.exists():
            continue
        generator = torch.Generator().manual_seed(number)
        views, answers = np.empty(images.shape, np.uint8), []
        for start in range(0, len(images), 512):
            chunk = np.array(images[start : start + 512])
            if number:
                pixels = make(torch.from_numpy(chunk), preprocessing, generator).pixels[0]
                chunk = (pixels[:, 0] * 255).round().clamp(0, 255).to(torch.uint8).numpy()
            views[start : start + len(chunk)] = chunk
            answers.append(teachers.say(chunk).half().numpy())
        for path, value in ((pictures, views), (said, np.concatenate(answers))):
            with atomic_write(path) as temporary, open(temporary, "wb") as file:
                np.save(file, value)
        print(f"view {number + 1} of {count}", flush=True)
    made = [
        [
            np.load(folder / f"{kind}{number}.npy", mmap_mode="r", allow_pickle=False)
            for number in range(count)
        ]
        for kind in ("views", "answers")
    ]
    return Bank(np.stack(made[0]), np.stack(made[1]))


def new_model(stage: str) -> TwoHeads:
    """Return what is trained: a new small network, the light encoder, or the larger model."""
    if stage == "finetuned":
        return shipped(TEACHER, torch.device("cpu"))[0].requires_grad_(True)
    if stage == "light":
        return TwoHeads(load_encoder("light_encoder").requires_grad_(True), dropout=DROPOUT)
    spec = EncoderSpec(name="nano_resnet", pooling="grid", pooling_arguments=GRID)
    return TwoHeads(build_encoder(spec), dropout=DROPOUT)


class Learner:
    """Small model, its average, optimizer and random numbers, on disk between two epochs."""

    def __init__(self, stage: str, epochs: int, faces: Faces, bank: Bank) -> None:
        torch.manual_seed(0)
        self.model = new_model(stage).train()
        self.model.to(memory_format=torch.channels_last)
        self.average = Average(self.model, AVERAGE)
        group = {"params": list(self.model.parameters()), "peak": RATES[stage]}
        self.optimizer = build_adamw([group], torch.device("cpu"), DECAY)
        self.epochs, self.epoch, self.bank = epochs, 0, bank
        rows = faces.pack.rows("train")
        votes = torch.from_numpy(faces.votes[rows])
        labels = torch.from_numpy(faces.labels("train"))
        self.told = (
            votes / votes.sum(1, keepdim=True).clamp_min(1),
            F.one_hot(labels, 7).float() * (1 - SMOOTHING) + SMOOTHING / 7,
        )
        self.votes = votes.sum(1) / 10

    def learn(self) -> float:
        """Make an epoch and return its mean loss."""
        views, answers = self.bank.views, self.bank.answers
        rng = np.random.default_rng(self.epoch)
        torch.manual_seed(self.epoch)
        mixer = Mixer(torch.device("cpu"), self.epoch)
        steps = views.shape[1] // BATCH
        order = rng.permutation(views.shape[1])[: steps * BATCH].reshape(steps, BATCH)
        losses = []
        for step, rows in enumerate(order):
            set_rates(
                self.optimizer, share_of_peak((self.epoch + step / steps) / self.epochs, WARM)
            )
            chosen = rng.integers(len(views), size=BATCH)
            said = torch.from_numpy(answers[chosen, rows].astype(np.float32))
            x = self.seen(torch.from_numpy(views[chosen, rows]))
            index = torch.from_numpy(rows)
            first, second = (
                (1 - SHARE) * own[index] + SHARE * part
                for own, part in zip(self.told, said.split(list(CLASSES.values()), 1), strict=True)
            )
            weight = self.votes[index].clamp_min(SHARE)[:, None]
            mixer.draw()
            x, first, second, weight = mixer(x, first, second, weight)
            with torch.autocast("cpu", torch.bfloat16):
                logits = self.model(x.contiguous(memory_format=torch.channels_last))
            loss = cross_entropy(logits[0], first, weight[:, 0])
            loss = loss + cross_entropy(logits[1], second, torch.ones(BATCH))
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
            self.optimizer.step()
            self.average.update()
            losses.append(float(loss.detach()))
        self.epoch += 1
        return float(np.mean(losses))

    def seen(self, views: Tensor) -> Tensor:
        """Return normalized views, half of them mirrored and some with a part hidden."""
        pixels = views[:, None].float() / 255
        mirrored = torch.rand(len(pixels)) < 0.5
        pixels = torch.where(mirrored[:, None, None, None], pixels.flip(-1), pixels)
        draws = torch.rand(len(pixels), 5)
        pixels = erase_regions(pixels, random_boxes(draws[:, 1:]), draws[:, 0] < ERASED)
        return self.model.encoder.preprocessing.normalized(pixels)

    def save(self, path: Path) -> None:
        """Write everything that the next epoch needs."""
        state = self.optimizer.state_dict()["state"]
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.module.state_dict().items()}
        tensors |= {f"adamw.{i}.{k}": v for i, one in state.items() for k, v in one.items()}
        facts = {"epoch": str(self.epoch), "updates": str(self.average.updates)}
        with atomic_write(path) as temporary:
            save_file({k: v.contiguous() for k, v in tensors.items()}, temporary, metadata=facts)
        with atomic_write(path.with_suffix(".json")) as temporary:
            temporary.write_text(json.dumps(facts), encoding="utf-8")

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        tensors = load_file(path)
        facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        self.epoch, self.average.updates = int(facts["epoch"]), int(facts["updates"])

        def part(name: str) -> dict[str, Tensor]:
            return {
                key.removeprefix(f"{name}."): t
                for key, t in tensors.items()
                if key.startswith(name)
            }

        self.model.load_state_dict(part("model"))
        self.average.module.load_state_dict(part("average"))
        state = self.optimizer.state_dict()
        for key, value in part("adamw").items():
            number, name = key.split(".")
            if value.ndim == 4:  # laid out as its weights are, which the fused update relies on
                value = value.contiguous(memory_format=torch.channels_last)
            state["state"].setdefault(int(number), {})[name] = value
        self.optimizer.load_state_dict(state)


def options_of(stage: str, epochs: int) -> FinetuneOptions:
    """Return what `asdcfer finetune` has of the options; `--like` begins with them."""
    return FinetuneOptions(
        epochs=epochs,
        batch_size=BATCH,
        optimizer="adamw",
        learning_rate=RATES[stage],
        encoder_rate=1.0,
        layer_decay=1.0,
        weight_decay=DECAY,
        warmup_epochs=WARM * epochs,
        label_smoothing=SMOOTHING,
        mixup=0.2,
        cutmix=1.0,
        teacher_weight=SHARE,
        dropout=DROPOUT,
        crop_area=VIEWS.crop_area,
        rotate=VIEWS.rotate,
        brightness=VIEWS.brightness,
        contrast=VIEWS.contrast,
        erase=ERASED,
        ema=AVERAGE,
        precision="bf16",
    )


def public_accuracy(faces: Faces, model: nn.Module) -> dict[str, float]:
    """Return PublicTest's accuracies by one pass, percent, under both label sets."""
    logits = logits_of(model, faces.images("public"), torch.device("cpu"))
    known = faces.ferplus("public") >= 0
    right = {
        "ferplus": (logits[0].argmax(1) == faces.ferplus("public"))[known],
        "fer2013": logits[1].argmax(1) == faces.labels("public"),
    }
    return {name: round(100 * float(one.mean()), 2) for name, one in right.items()}


def main(
    stage: Annotated[str, typer.Argument(help="nano, light or finetuned.")],
    data: Annotated[Path, typer.Argument(help="FER-2013 as `asdcfer prepare` writes it.")],
    votes: Annotated[Path, typer.Option(help="fer2013new.csv, the FER+ votes.")],
    out: Annotated[Path, typer.Option(help="Folder of checkpoints and results.")],
    epochs: Annotated[int, typer.Option(help="Passes over the training faces.")] = 200,
    views: Annotated[int, typer.Option(help="Views of each face in the bank.")] = 24,
    bank: Annotated[Path | None, typer.Option(help="Folder of the bank; one serves all.")] = None,
    twin_rows: Annotated[Path | None, typer.Option(help="Rows with a twin (.npy).")] = None,
    teacher: Annotated[list[str] | None, typer.Option(help="Who answers; may be repeated.")] = None,
    mirror: Annotated[bool, typer.Option(help="Average answers over the mirror image.")] = False,
) -> None:
    """Fill the bank, train, and measure."""
    faces = load_faces(data, votes, twin_rows)
    teachers = Teachers(teacher or [TEACHER], mirror)
    made = fill_bank(faces, bank or out / "bank", views, teachers)
    learner = Learner(stage, epochs, faces, made)
    checkpoint = out / "checkpoint.safetensors"
    curve_file = out / "curve.json"
    curve: list[dict[str, Any]] = []
    if checkpoint.exists():
        learner.load(checkpoint)
        curve = json.loads(curve_file.read_text(encoding="utf-8"))
    seconds = curve[-1]["seconds"] if curve else 0.0
    begun = time.perf_counter() - seconds
    while learner.epoch < epochs:
        loss = learner.learn()
        if learner.epoch % LOOK_EVERY and learner.epoch < epochs:
            continue
        found = public_accuracy(faces, learner.average.module)
        seconds = round(time.perf_counter() - begun, 1)
        curve.append({"epoch": learner.epoch, "seconds": seconds, "loss": round(loss, 4), **found})
        print(json.dumps(curve[-1]), flush=True)
        with atomic_write(curve_file) as temporary:
            temporary.write_text(json.dumps(curve), encoding="utf-8")
        learner.save(checkpoint)
    how = HOW.format(
        views=views,
        teachers=" and ".join(teachers.names),
        mirror=" and of its mirror image" if mirror else "",
    )
    by: dict[str, Any] = {"teachers": teachers.names, "mirror": mirror}
    if stage == "finetuned":
        by["blends"] = blended(faces, learner.average.module)
    report(stage, out, faces, learner, {"curve": curve, "how": how, **by})


def blended(faces: Faces, trained: nn.Module) -> list[dict[str, float]]:
    """Mix the trained larger model with its start, in place; return what each mix has.

    The best on PublicTest is kept, the first of equals.
    """
    start = new_model("finetuned").state_dict()
    own = {name: t.clone() for name, t in trained.state_dict().items()}
    tried: list[dict[str, float]] = []

    def mix(share: float) -> None:
        trained.load_state_dict(
            {
                name: torch.lerp(start[name].float(), t, share) if t.is_floating_point() else t
                for name, t in own.items()
            }
        )

    for share in BLENDS:
        mix(share)
        tried.append({"share": share, **public_accuracy(faces, trained)})
        print(json.dumps(tried[-1]), flush=True)
    mix(max(tried, key=lambda one: one["ferplus"] + one["fer2013"])["share"])
    return tried


def report(stage: str, out: Path, faces: Faces, learner: Learner, told: dict[str, Any]) -> None:
    """Write the weights and what they reach."""
    run = Run(faces, out, torch.device("cpu"), 0, BATCH, False, 0, 0, 1)
    about = {"commit": commit(), "batch": BATCH, "machine": platform.machine()}
    about |= {"cores": os.cpu_count(), "torch": torch.__version__, "seed": 0}
    run.keep("about", about)
    model = learner.average.module
    steps = learner.average.updates
    facts = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": steps,
        "seconds": told["curve"][-1]["seconds"],
        "images_per_second": round(steps * BATCH / told["curve"][-1]["seconds"]),
        "finetune": options_of(stage, learner.epochs).model_dump(mode="json"),
        "script": "benchmarks/taught_model.py",
        "views": len(learner.bank.views),
        **told,
    }
    run.keep(stage, {**measure(run, model), **facts})
    tensors = {
        name: (t.half() if t.ndim > 1 else t).contiguous() for name, t in model.state_dict().items()
    }
    metadata = {"heads": ",".join(CLASSES), "encoder": model.encoder.spec.model_dump_json()}
    with atomic_write(out / f"{stage}.safetensors") as temporary:
        save_file(tensors, temporary, metadata=metadata)


if __name__ == "__main__":
    typer.run(main)
