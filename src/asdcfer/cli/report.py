"""`asdcfer report`: one HTML page from finished runs."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs; several are compared.", show_default=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="The page.",
            show_default="RUN/report.html, or report.html for several runs",
        ),
    ] = None,
) -> None:
    """Draw one self-contained HTML page from finished runs.

    It shows curves, results with protocols, confusion, features and attention; several runs stand
    side by side.

    For example:

      asdcfer report runs/a

      asdcfer report runs/full runs/contrast_only --out compare.html
    """
    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress

    with ConsoleProgress() as progress:
        page = api.report(runs, out, progress=progress)
    print(page)
