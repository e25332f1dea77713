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
    "ferplus_folders": "asdcfer.data.datasets.ferplus_folders",
    "rafdb": "asdcfer.data.datasets.rafdb",
    "rafdb_compound": "asdcfer.data.datasets.rafdb_compound",
    "fer2013_folders": "asdcfer.data.datasets.fer2013_folders",
    "affectnet": "asdcfer.data.datasets.affectnet",
    "ckplus": "asdcfer.data.datasets.ckplus",
    "ckplus_official": "asdcfer.data.datasets.ckplus_official",
    "jaffe": "asdcfer.data.datasets.jaffe",
    "kdef": "asdcfer.data.datasets.kdef",
    "sfew": "asdcfer.data.datasets.sfew",
    "yolo": "asdcfer.data.datasets.yolo",
    "coco": "asdcfer.data.datasets.coco",
    "parquet": "asdcfer.data.datasets.parquet_images",
    "list": "asdcfer.data.datasets.image_list",
    "tree": "asdcfer.data.datasets.tree",
    "names": "asdcfer.data.datasets.labels_in_names",
    "unlabeled": "asdcfer.data.datasets.unlabeled",
    "videos": "asdcfer.data.datasets.videos",
}
"""Kind -> the module that defines it as `SOURCE`, or the `Source` itself.

Of two that explain a path equally well the first one wins: the more specific.
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
