"""`report`: one self-contained HTML page from finished runs."""

import os
from collections.abc import Sequence
from pathlib import Path

from asdcfer.api.data_inputs import PathLike
from asdcfer.errors import AsdcferError
from asdcfer.files import make_folder
from asdcfer.progress import SILENT, Progress
from asdcfer.reporting.page import write_report


def report(
    runs: PathLike | Sequence[PathLike],
    out: PathLike | None = None,
    *,
    progress: Progress = SILENT,
) -> Path:
    """Draw one HTML page: curves, results with protocols, confusion, features, attention.

    Args:
        runs: folder of a run, or several that are compared.
        out: the page; by default RUN/report.html, or report.html for several runs.
        progress: is told of what is being drawn.

    Returns:
        The path of the page.

    Raises:
        DataError: a folder is missing or is not a run.
    """
    folders = [Path(run) for run in ([runs] if isinstance(runs, str | os.PathLike) else runs)]
    if out is not None:
        page = Path(out)
    else:
        page = folders[0] / "report.html" if len(folders) == 1 else Path("report.html")
    # What can be found out is found out before a minute of drawing.
    if page.is_dir():
        raise AsdcferError(
            f"{page} is a folder; `out` names the page, such as {page / 'report.html'}"
        )
    if page.parent != folders[0]:
        make_folder(page.parent)
    return write_report(folders, page, lambda stage: progress(stage, 0, 0))
