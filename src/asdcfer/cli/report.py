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
    """Draw one self-contained HTML page: curves, results with protocols, confusion, features,
    attention; several runs side by side.

    Examples:

      asdcfer report runs/a

      asdcfer report runs/full runs/contrast_only --out compare.html
    """
    from asdcfer.errors import AsdcferError
    from asdcfer.files import make_folder
    from asdcfer.reporting.console_tables import Bar
    from asdcfer.reporting.page import write_report

    out = out or (runs[0] / "report.html" if len(runs) == 1 else Path("report.html"))
    # What can be found out is found out before a minute of drawing.
    if out.is_dir():
        raise AsdcferError(
            f"{out} is a folder; --out names the page, such as {out / 'report.html'}"
        )
    if out.parent != runs[0]:
        make_folder(out.parent)
    with Bar() as bar:
        path = write_report(runs, out, bar.stage)
    print(path)
