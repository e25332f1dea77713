"""Any folder of images without labels, searched recursively.

Sizes and formats may be mixed, gray or color.
"""

from pathlib import Path

from asdcfer.data.datasets.folder_walk import (
    Decoded,
    Item,
    every_file,
    is_image_name,
    require_folder,
    walk,
)
from asdcfer.data.datasets.source import Options, Reading, Source
from asdcfer.data.pack import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS


def _recognize(path: Path) -> str | None:
    if path.is_dir() and any(is_image_name(file.name) for file in every_file(path)):
        return "images, and nothing that looks like labels"
    return None


def _read(path: Path, options: Options) -> Reading:
    skipped: list[Skipped] = []
    items = [Item(place.path, place.name) for place in walk(require_folder(path), skipped)]
    if not items:
        raise DataError(
            f"{path} holds no images (JPEG, PNG, WebP, BMP, ...)"
            + (f"; {len(skipped)} other files" if skipped else "")
        )
    faces = Decoded(items, options, skipped)
    return Reading(faces, EXPRESSIONS, skipped, faces.fraction, {"name": "unlabeled folder"})


SOURCE = Source("unlabeled", "a folder of images without labels", _recognize, _read)
