"""The options of `pretrain`, `distill` and `run`, said once, and what they become."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from asdcfer.cli.shared_options import Device


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """What every training is given on the command line: each field is an option of its name."""

    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            help="Values of the recipe to change: student.epochs=20 seed=1", show_default=False
        ),
    ] = None
    recipe: Annotated[
        str,
        typer.Option("--recipe", help="A recipe of the package (asdcfer recipes), or a YAML file."),
    ] = "sample"
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            help=(
                "A pack (its path, or its name under ./packs or $ASDCFER_DATA), anything `prepare` "
                "understands, or `sample`."
            ),
            show_default="the recipe's",
        ),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the run.", show_default="runs/RECIPE"),
    ] = None
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            help=(
                "Train as many epochs as end in this time: 150m, 2h30m. Measured before the run "
                "starts, printed and stored."
            ),
            show_default="the recipe's epochs",
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Continue from the last checkpoint; finished parts are kept."
        ),
    ] = False
    force: Annotated[
        bool, typer.Option("--force", help="Replace what this command left there before.")
    ] = False
    device: Device = "auto"
    devices: Annotated[
        int,
        typer.Option("--devices", min=1, help="Processes on this machine that train together."),
    ] = 1
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="Machines that train together.")] = 1
    strategy: Annotated[str, typer.Option("--strategy", help="Lightning's strategy.")] = "auto"
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")
    ] = False

    def arguments(self) -> dict[str, Any]:
        """Return the arguments that `api.pretrain`, `api.distill` and `api.run` have in common.

        Raises:
            RecipeError: there is no such recipe, or a value in it is impossible.
        """
        from asdcfer.training.engine.hardware import Hardware
        from asdcfer.training.pretrain.recipe_files import load_recipe

        names = ("device", "devices", "nodes", "strategy", "tensorboard")
        return {
            "recipe": load_recipe(self.recipe, with_budget(self.overrides, self.budget)),
            "data": self.data,
            "out": self.out,
            "resume": self.resume,
            "force": self.force,
            "hardware": Hardware(**{name: asdict(self)[name] for name in names}),
        }


def with_budget(overrides: list[str] | None, budget: str | None) -> list[str]:
    """Return the changes of a recipe with `--budget` among them.

    Example:
        >>> with_budget(["seed=1"], "150m")
        ['seed=1', "budget='150m'"]
    """
    return [*(overrides or []), *([] if budget is None else [f"budget='{budget}'"])]


def training_verb(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options of every training, beside its own.

    Args:
        verb: a function of `TrainingOptions` and of options of its own.

    Example:
        >>> @training_verb
        ... def rehearse(options: TrainingOptions, loud: bool = False) -> None:
        ...     print(options.recipe, options.devices, loud)
        >>> list(inspect.signature(rehearse).parameters)[:3]
        ['loud', 'overrides', 'recipe']
        >>> rehearse(loud=True, devices=2)
        sample 2 True
    """
    shared = inspect.signature(TrainingOptions).parameters
    own = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for each in list(inspect.signature(verb).parameters.values())[1:]
    ]

    @functools.wraps(verb)
    def parsed(**words: Any) -> None:
        options = TrainingOptions(**{name: words.pop(name) for name in shared if name in words})
        verb(options, **words)

    signature = inspect.Signature([*own, *shared.values()])
    parsed.__signature__ = signature  # type: ignore[attr-defined]  # what Typer reads
    parsed.__annotations__ = {name: p.annotation for name, p in signature.parameters.items()}
    return parsed
