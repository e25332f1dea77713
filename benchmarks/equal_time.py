"""Compare the time of a step of one recipe's student with that of another's.

    python benchmarks/equal_time.py [--recipe fer2013_small] [--steps 12] [overrides...]

The two alternate in one process, so that a busy machine slows both alike. The overrides are of the
second student; without them it is the first one's encoder, trained by contrast alone.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import torch
from training_speed import method_of

from asdcfer.augmentation.views import ViewMaker
from asdcfer.data.sample import sample_pack
from asdcfer.devices import resolve_device, resolve_precision
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.training.engine.optimizer import build_optimizer
from asdcfer.training.pretrain.dataset import training_images
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_files import load_recipe


def by_contrast_alone(recipe: str) -> list[str]:
    """Return the overrides that leave a recipe's student its own momentum contrast alone."""
    options = load_recipe(recipe, []).student.options
    return [
        "student.method=moco",
        f"student.options={json.dumps({name: options[name] for name in MocoOptions.model_fields})}",
    ]


def shares(recipe: Recipe) -> list[tuple[int, float]]:
    """Return each side of a view in pixels with its share of the student's steps."""
    marks = recipe.student.resolution or [(0.0, recipe.student.views.size)]
    ends = [start for start, _ in marks[1:]] + [1.0]
    return [(int(size), end - start) for (start, size), end in zip(marks, ends, strict=True)]


def step_of(recipe: Recipe, size: int, images: torch.Tensor, device: str) -> Callable[[], None]:
    """Return one whole training step of the student, views of that side made anew each time."""
    stage = recipe.student
    bf16 = resolve_precision(stage.precision, device).precision.startswith("bf16")
    torch.manual_seed(0)
    method = (
        method_of(recipe, "student", len(images))
        .train()
        .to(device, memory_format=torch.channels_last)
    )
    optimizer = build_optimizer(method, stage.optimizer, 0.01)
    maker, generator = (
        ViewMaker(stage.views.model_copy(update={"size": size})),
        torch.Generator().manual_seed(0),
    )

    def step() -> None:
        index = torch.randint(len(images), (stage.batch_size,), generator=generator)
        views = maker(images[index], method.encoder.preprocessing, generator)
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            loss = method.training_step(views).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        method.after_step(0.5)

    return step


def seconds_ratio(first: Recipe, second: Recipe, steps: int = 12) -> float:
    """Return the time of a whole run's steps of the first student over the second's.

    Each resolution of the first weighs as it does in training.
    """
    device = resolve_device("cpu")
    data = first.data.model_copy(update={"pack": "sample", "splits": ["train"], "images": None})
    images = training_images(sample_pack(), data, first.student.encoder.preprocessing.channels)
    spent = [0.0, 0.0]
    for size, share in shares(first):
        both = [step_of(recipe, size, images, device) for recipe in (first, second)]
        taken: list[list[float]] = [[], []]
        for _ in range(steps + 2):
            for step, seconds in zip(both, taken, strict=True):
                start = time.perf_counter()
                step()
                seconds.append(time.perf_counter() - start)
        for place, seconds in enumerate(taken):
            spent[place] += share * statistics.median(seconds[2:])
    return spent[0] / spent[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--recipe", default="fer2013_small")
    parser.add_argument("--steps", type=int, default=12)
    chosen = parser.parse_args()
    overrides = chosen.overrides or by_contrast_alone(chosen.recipe)
    print(
        round(
            seconds_ratio(
                load_recipe(chosen.recipe, []), load_recipe(chosen.recipe, overrides), chosen.steps
            ),
            3,
        )
    )


if __name__ == "__main__":
    main()
