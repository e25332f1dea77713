"""The data sets that `prepare` understands, by name; each is one file beside this one.

Importing this module imports none of them, so that the help of the command line, which lists them,
stays quick.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asdcfer.data.datasets.source import Source

SOURCES: "dict[str, str | Source]" = {
    "fer2013": "asdcfer.data.datasets.fer2013",
    "ferplus": "asdcfer.data.datasets.ferplus",
    "rafdb": "asdcfer.data.datasets.rafdb",
    "fer2013_folders": "asdcfer.data.datasets.fer2013_folders",
    "affectnet": "asdcfer.data.datasets.affectnet",
    "ckplus": "asdcfer.data.datasets.ckplus",
    "jaffe": "asdcfer.data.datasets.jaffe",
    "tree": "asdcfer.data.datasets.tree",
    "unlabeled": "asdcfer.data.datasets.unlabeled",
}
"""Kind -> the module that defines it as `SOURCE`, or the `Source` itself.

In the order in which a path is tried: the most specific first.
"""


def source_of(kind: str) -> "Source":
    """Return the source of a kind, its module imported.

    Example:
        >>> source_of("jaffe").title
        'JAFFE files, divided by subject'
    """
    found = SOURCES[kind]
    if isinstance(found, str):
        source: Source = importlib.import_module(found).SOURCE
        return source
    return found
