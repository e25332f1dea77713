"""Results as pages, plots and tables."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.reporting.page import write_report as write_report
    from asdcfer.reporting.runs import Run as Run
    from asdcfer.reporting.runs import read_run as read_run

_MODULES = {
    "Run": "asdcfer.reporting.runs",
    "read_run": "asdcfer.reporting.runs",
    "write_report": "asdcfer.reporting.page",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
