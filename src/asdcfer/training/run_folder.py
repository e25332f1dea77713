"""The folder of a run: never overwritten by accident, continued only with the same settings."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from asdcfer.errors import RecipeError
from asdcfer.training.module import FREE_TO_CHANGE
from asdcfer.training.recipe import Recipe, differences
from asdcfer.training.record import RunRecord
from asdcfer.training.trainer import is_first_process, say

MADE = ("probes", "report.html")
"""What follows from the stages and is made again when one of them is."""


def open_run(
    recipe: Recipe,
    out: Path,
    sections: list[str],
    *,
    resume: bool,
    force: bool,
    data: dict[str, Any],
) -> RunRecord:
    """Make or continue the folder of a run.

    Args:
        recipe: its effective values are printed and stored as recipe.yaml.
        out: the folder.
        sections: the stages that this command trains.
        resume: continue what is there.
        force: remove what these stages left there before.
        data: what is known of the pack, for the record.

    Raises:
        RecipeError: there is a run already, or one with other settings.
    """
    if not is_first_process():
        return RunRecord(out / "run.json", recipe=recipe.name, seed=recipe.seed, data=data)
    if out.exists() and not out.is_dir():
        raise RecipeError(f"{out} is a file; choose another --out")
    there = [section for section in sections if (out / section).exists()]
    if there and not resume and not force:
        raise RecipeError(
            f"{out} holds a run ({', '.join(there)}); continue it with --resume, start over with "
            "--force, or choose another --out"
        )
    if there and resume and not force:
        changed = [
            key
            for key in changed_settings(recipe, out / "recipe.yaml")
            if key.split(".")[0] in {*sections, "seed", "data"}
        ]
        if changed:
            raise RecipeError(
                f"{out} was started with other settings: {', '.join(changed)} differ; use the same "
                "ones, another --out, or --force"
            )
    if resume and not there and not force:
        say(f"{out} holds nothing to resume; this run starts from the beginning")
    if force:
        for name in (*sections, *MADE):
            path = out / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    recipe.save(out / "recipe.yaml")
    say(f"recipe {recipe.name}, effective values (stored in {out / 'recipe.yaml'}):")
    say("".join(f"  {line}\n" for line in recipe.as_lines().splitlines()).rstrip())
    return RunRecord(out / "run.json", recipe=recipe.name, seed=recipe.seed, data=data)


def changed_settings(recipe: Recipe, stored: Path) -> list[str]:
    """Return the settings that differ from a stored recipe and that change weights; none where
    nothing is stored.
    """
    try:
        before = yaml.safe_load(stored.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return []
    return [
        key
        for key in differences(before, recipe.model_dump(mode="json"))
        if key.split(".")[-1] not in FREE_TO_CHANGE
    ]
