"""`asdcfer recipes`: list the recipes, or print one with its effective values."""

from typing import Annotated

import typer


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A recipe of the package, or the path of a YAML file.", show_default=False
        ),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="Overrides, as for `run`: teacher.epochs=20", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the recipes, or print one with its effective values, defaults included.

    The output for one recipe is a complete recipe file: save it, change it, and give its path to
    --recipe.

    For example:

      asdcfer recipes

      asdcfer recipes sample

      asdcfer recipes fer2013_small teacher.epochs=20 > mine.yaml
    """
    import json

    from asdcfer.training.pretrain.recipe_files import load_recipe, recipe_names

    if name is not None:
        recipe = load_recipe(name, overrides)
        print(
            json.dumps(recipe.model_dump(mode="json"), indent=1) if as_json else recipe.as_yaml(),
            end="\n" if as_json else "",
        )
        return
    found = [load_recipe(each) for each in recipe_names()]
    if as_json:
        print(
            json.dumps([{"name": recipe.name, "about": recipe.about} for recipe in found], indent=1)
        )
        return
    width = max(len(recipe.name) for recipe in found)
    for recipe in found:
        print(f"{recipe.name.ljust(width)}  {recipe.about}")
