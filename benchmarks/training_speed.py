"""Speed of training: images a second, where the time goes, peak memory, and the relative cost.

    # teacher and student of fer2013_small: .json and .md
    python benchmarks/training_speed.py --out docs/results/training_speed
    # one of them, as JSON, on the screen
    python benchmarks/training_speed.py --section teacher --recipe sample [overrides...]

The cost is told against the encoder's own forward and backward pass.
"Passes": one forward and backward pass of the trained encoder for each view that carries a
gradient, and nothing else. "Pure": passes, and one forward pass for each view of the momentum
network and of the teacher: what any training of this method needs. Both on ready-made views of the
same size, in the same precision and memory format. Everything else (augmentation, losses,
optimizer, moving averages, queue, the loop around it) is overhead, and the ratio says how much.
Pure passes and real steps alternate in one run, so that whatever else the machine is doing slows
both alike; the ratio is the median over the pairs.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from asdcfer.augmentation.views import ViewMaker
from asdcfer.data.sample import sample_pack
from asdcfer.devices import resolve_device, resolve_precision
from asdcfer.files import atomic_write, write_json
from asdcfer.methods.moco import Moco
from asdcfer.methods.queue import FeatureQueue
from asdcfer.methods.registry import build_method
from asdcfer.methods.teacher import Teacher
from asdcfer.models.ema import MomentumEncoder
from asdcfer.models.registry import build_encoder
from asdcfer.training.engine.module import TrainingModule
from asdcfer.training.engine.optimizer import build_optimizer
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.dataset import training_images
from asdcfer.training.pretrain.recipe import Recipe, StageOptions
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.training.pretrain.recipe_sections import fitted_options
from asdcfer.training.pretrain.train import train
from asdcfer.training.run_record import commit, hardware, peak_memory_mb

FACES = 28_709
"""Training faces of FER-2013: an epoch of the measured recipe."""
ORDER = ("views", "forward", "backward", "optimizer", "momentum", "queue")


class Stopwatch:
    """Adds up seconds by name; waits for the device where there is one."""

    def __init__(self, device: str) -> None:
        self.device, self.seconds = device, {}

    def wait(self) -> None:
        """Wait until the device has done what it was asked to."""
        if self.device == "cuda":
            torch.cuda.synchronize()

    @contextmanager
    def timing(self, name: str):
        """Add the seconds that the block takes to those of a name."""
        self.wait()
        start = time.perf_counter()
        yield
        self.wait()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Time every call of a method of an object."""
        plain = getattr(owner, method)

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.timing(name):
                return plain(*args, **kwargs)

        setattr(owner, method, timed)


def method_of(recipe: Recipe, section: str, images: int) -> Any:
    """Return the method of a recipe's section, ready to be trained."""
    stage: StageOptions = getattr(recipe, section)
    teacher = {}
    if stage.method == "asdc":
        teacher = {"teacher": Teacher(build_encoder(recipe.teacher.encoder))}
    return build_method(
        stage.method,
        build_encoder(stage.encoder),
        fitted_options(stage, images, section),
        **teacher,
    )


def pure_step(
    method: Any, views: Any, bf16: bool, device: str, trained_only: bool = False
) -> Callable[[], None]:
    """Return one pass of nothing but the networks, or of nothing but the trained encoder.

    The top of this file says what belongs to either.
    """
    moco = next(part for part in method.modules() if isinstance(part, Moco))
    encoder, momentum = moco.network.encoder, moco.momentum_network.network.encoder
    teacher = getattr(method, "teacher", None)

    def step() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            total = sum(encoder(crop).float().square().mean() for crop in views.crops)
            with torch.no_grad():
                for crop in (*views.crops, *views.warps) if not trained_only else ():
                    momentum(crop)
                if teacher is not None and not trained_only:
                    for crop in views.crops:
                        teacher.encoder(crop)
        total.backward()
        encoder.zero_grad()

    return step


def measure(recipe: Recipe, section: str, steps: int, device: str) -> dict[str, Any]:
    """Time steps part by part, paired with pure passes."""
    stage: StageOptions = getattr(recipe, section)
    images = training_images(
        sample_pack(),
        recipe.data.model_copy(update={"pack": "sample", "splits": ["train"], "images": None}),
        stage.encoder.preprocessing.channels,
    )
    images = images.repeat(-(-stage.batch_size * 4 // len(images)), 1, 1).to(device)
    precision = resolve_precision(stage.precision, device)
    bf16 = precision.precision.startswith("bf16")
    torch.manual_seed(0)
    method = (
        method_of(recipe, section, len(images))
        .train()
        .to(device, memory_format=torch.channels_last)
    )
    optimizer = build_optimizer(method, stage.optimizer, 0.01)
    maker, generator = ViewMaker(stage.views), torch.Generator().manual_seed(0)
    watch = Stopwatch(device)
    for part in method.modules():
        if isinstance(part, FeatureQueue):
            watch.watch(part, "enqueue", "queue")
            watch.watch(part, "negatives", "queue")
        elif isinstance(part, MomentumEncoder):
            watch.watch(part, "update", "momentum")

    def batch() -> Any:
        index = torch.randint(len(images), (stage.batch_size,), generator=generator)
        return maker(images[index.to(device)], method.encoder.preprocessing, generator)

    def whole_step() -> None:
        with watch.timing("views"):
            views = batch()
        with watch.timing("forward"), torch.autocast(device, torch.bfloat16, enabled=bf16):
            loss = method.training_step(views).loss
        with watch.timing("backward"):
            loss.backward()
        with watch.timing("optimizer"):
            optimizer.step()
            optimizer.zero_grad()
        method.after_step(0.5)

    pure, passes = (
        pure_step(method, batch(), bf16, device, trained_only) for trained_only in (False, True)
    )
    for _ in range(3):
        whole_step()
        pure()
        passes()
    watch.seconds.clear()
    whole, bare, least = [], [], []
    for _ in range(steps):
        for seconds, what in ((whole, whole_step), (bare, pure), (least, passes)):
            watch.wait()
            start = time.perf_counter()
            what()
            watch.wait()
            seconds.append(time.perf_counter() - start)
    parts = watch.seconds | {"forward": watch.seconds["forward"] - watch.seconds.get("queue", 0.0)}
    total = sum(whole)
    return {
        "recipe": recipe.name,
        "section": section,
        "device": device,
        "precision": precision.precision,
        "batch_size": stage.batch_size,
        "steps": steps,
        "images_per_second": round(stage.batch_size * steps / total, 1),
        "step_ms": round(1000 * statistics.median(whole), 2),
        "pure_ms": round(1000 * statistics.median(bare), 2),
        "step_over_pure": round(
            statistics.median(w / b for w, b in zip(whole, bare, strict=True)), 3
        ),
        "step_over_passes": round(
            statistics.median(w / p for w, p in zip(whole, least, strict=True)), 3
        ),
        "share": {name: round(parts.get(name, 0.0) / total, 4) for name in ORDER}
        | {"rest": round(1 - sum(parts.values()) / total, 4)},
    }


def loop_over_steps(recipe: Recipe, section: str, steps: int, device: str) -> dict[str, Any]:
    """Time the real trainer with logging, health and checkpoints.

    All of its time against what its steps took is the cost of the loop around them.
    """
    stage: StageOptions = getattr(recipe, section)
    images = training_images(
        sample_pack(),
        recipe.data.model_copy(update={"pack": "sample", "splits": ["train"], "images": None}),
        stage.encoder.preprocessing.channels,
    )
    per_epoch = max(1, len(images) // stage.batch_size)
    stage = stage.model_copy(
        update={"epochs": max(1, steps // per_epoch), "resolution": [], "accumulate": 1}
    )
    watch = Stopwatch(device)
    # One call holds the whole of a step: views, forward, backward, optimizer, moving averages.
    plain = TrainingModule.optimizer_step

    def timed(*args: Any, **kwargs: Any) -> None:
        with watch.timing("step"):
            plain(*args, **kwargs)

    TrainingModule.optimizer_step = timed
    try:
        with tempfile.TemporaryDirectory() as folder:
            result = train(
                method_of(recipe, section, len(images)),
                images,
                stage,
                Workplace(Path(folder), section),
                seed=0,
            )
    finally:
        TrainingModule.optimizer_step = plain
    rate = stage.epochs * per_epoch * stage.batch_size / result.seconds
    return {
        "trainer_images_per_second": round(rate, 1),
        "trainer_over_step": round(result.seconds / watch.seconds["step"], 3),
    }


def table(found: list[dict[str, Any]]) -> str:
    """Return what was measured as markdown."""
    rows = {
        "method, precision, batch": lambda r: f"{r['method']}, {r['precision']}, {r['batch_size']}",
        "images a second, steps alone": lambda r: f"{r['images_per_second']:,}",
        "images a second, the whole trainer": lambda r: f"{r['trainer_images_per_second']:,}",
        f"seconds an epoch of {FACES:,} faces, the whole trainer": lambda r: (
            f"{FACES / r['trainer_images_per_second']:.0f}"
        ),
        "step over pure passes of all networks (aim 1.25)": lambda r: f"{r['step_over_pure']:.2f}",
        "step over passes of the trained encoder alone": lambda r: f"{r['step_over_passes']:.2f}",
        "trainer over its own steps": lambda r: f"{r['trainer_over_step']:.2f}",
        **{
            f"share of a step: {name}": (lambda r, name=name: f"{100 * r['share'][name]:.1f} %")
            for name in (*ORDER, "rest")
        },
        "peak memory of the process, MB": lambda r: f"{r['peak_memory_mb']:,.0f}",
    }
    lines = [
        f"# Speed of training: recipe {found[0]['recipe']}",
        "",
        (
            "Made by `python benchmarks/training_speed.py --out docs/results/training_speed`; one "
            f"run, one process each, on {found[0]['hardware']['threads']} threads of "
            f"{found[0]['hardware']['cpu']}; raw"
        ),
        (
            "numbers in the JSON file beside this one. All of it at 48 pixels; the recipe trains "
            "at 32 pixels for most of the time, where a step costs about half. Pure passes and "
            "real steps take"
        ),
        "turns, ratios are medians over the pairs.",
        "",
        (
            "* *Pure passes of all networks*: forward and backward of the trained encoder for "
            "each view with a gradient, forward of the momentum network for each view and warp, "
            "and of the"
        ),
        (
            "  teacher for each view. No training of this method can do with less; the aim of "
            "1.25 is set against it."
        ),
        (
            "* *Passes of the trained encoder alone*: a momentum network adds at least a third to "
            "them, and a teacher four times as large as its student more than all of them: no"
        ),
        "  implementation comes near 1.25 of these.",
        (
            "* What a step takes beyond the pure passes is, for the teacher's training, "
            "projectors, loss and views; for the student's, the guidance on top: aligned and "
            "standardized maps of two stages, their"
        ),
        (
            "  attention, and four terms. They are small tensors and many operations, and weigh "
            "more the smaller the student is."
        ),
        "",
        "| | " + " | ".join(r["section"] for r in found) + " |",
        "|---" * (len(found) + 1) + "|",
    ]
    lines += [
        f"| {name} | " + " | ".join(cell(r) for r in found) + " |" for name, cell in rows.items()
    ]
    return "\n".join(lines) + "\n"


def in_processes_of_their_own(sections: tuple[str, ...], words: list[str]) -> list[dict[str, Any]]:
    """Measure each section in a new process.

    A process's peak memory is that of everything it ever did.
    """
    found = []
    for section in sections:
        done = subprocess.run(
            [sys.executable, __file__, *words, "--section", section],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found.append(json.loads(done.stdout))
    return found


def main() -> None:
    """Measure, print, and write where --out is given."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--recipe", default="fer2013_small")
    parser.add_argument(
        "--section", choices=["teacher", "student"], help="one of them only, printed as JSON"
    )
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path, help="gets .json and .md")
    chosen = parser.parse_args()
    if chosen.section is None:
        words = [
            *chosen.overrides,
            "--recipe",
            chosen.recipe,
            "--steps",
            str(chosen.steps),
            "--device",
            chosen.device,
        ]
        found = in_processes_of_their_own(("teacher", "student"), words)
        print(table(found))
        if chosen.out:
            write_json(chosen.out.with_suffix(".json"), found)
            with atomic_write(chosen.out.with_suffix(".md")) as temporary:
                temporary.write_text(table(found), encoding="utf-8")
        return
    recipe = load_recipe(chosen.recipe, chosen.overrides)
    device = resolve_device(chosen.device)
    found = {"method": getattr(recipe, chosen.section).method} | measure(
        recipe, chosen.section, chosen.steps, device
    )
    found |= loop_over_steps(recipe, chosen.section, chosen.steps, device)
    found |= {"peak_memory_mb": peak_memory_mb(), "commit": commit(), "hardware": hardware()}
    if device == "cuda":
        found["peak_device_memory_mb"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
