"""`asdcfer share`: a folder that a model hub takes."""

from pathlib import Path
from typing import Annotated

import typer


def share(
    model: Annotated[
        str,
        typer.Argument(
            help=(
                "A safetensors file, the folder of a run, or a name of `asdcfer models` or of a "
                "hub, hf:user/name."
            ),
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Argument(help="Folder to make.", show_default=False)],
    name: Annotated[
        str | None,
        typer.Option("--name", help="Of the model, for people.", show_default="that on its card"),
    ] = None,
    onnx: Annotated[
        bool, typer.Option("--onnx/--no-onnx", help="Also write model.onnx, checked against torch.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Write weights as a folder that a model hub takes as it is.

    README with metadata and measured numbers, safetensors, card, and ONNX of a model with a
    classifier. Nothing is sent anywhere: upload the folder yourself.

    For example:

      asdcfer share runs/mine/model shared --name "Drivers, 7 expressions"
    """
    import json

    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress

    with ConsoleProgress() as progress:
        done = api.share(model, out, name=name, onnx=onnx, progress=progress)
    if as_json:
        print(json.dumps({"out": str(out), "files": list(done.files), "results": done.results}))
        return
    word = "number" if done.results == 1 else "numbers"
    print(f"{out}: {', '.join(done.files)}; {done.results:,} measured {word} in README.md")
