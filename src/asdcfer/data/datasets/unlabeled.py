"""Any folder of images without labels, searched recursively.

Sizes and formats may be mixed, gray or color. Where all images lie in folders of splits (train,
test), those are kept.
"""

from asdcfer.data.datasets.class_folders import ClassFolders
from asdcfer.data.datasets.folder_dataset import Plan, reading, readings_told
from asdcfer.data.datasets.folder_faces import FolderFaces, Meant
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Explanation, Options, Reading, Source
from asdcfer.errors import DataError


def _plan(layout: Layout, options: Options) -> Plan | None:
    if not layout.images:
        return None
    folders = ClassFolders(layout.images.folders)
    splits = [folders.of(block.folder.parts).split for block in layout.images.blocks]
    kept = all(splits) and len(set(splits)) > 1
    plan = Plan("images, and nothing that looks like labels", {"name": "unlabeled folder"})
    plan.found = FolderFaces(
        layout.whole.blocks,
        [Meant(None, (split or "train") if kept else "train") for split in splits],
    )
    if kept:
        named = ", ".join(sorted({split for split in splits if split}))
        plan.by += f"; the folders keep their splits ({named})"
        plan.notes = readings_told(folders.splits_read_as)
    return plan


def _read(layout: Layout, options: Options) -> Reading:
    layout.require_folder()
    plan = _plan(layout, options)
    if plan is None:
        others = len(layout.others)
        raise DataError(
            f"{layout.path} holds no images (JPEG, PNG, WebP, BMP, ...)"
            + (f"; {others} other files" if others else "")
        )
    return reading(plan, layout, options)


def _explain(layout: Layout, options: Options) -> Explanation | None:
    plan = _plan(layout, options)
    return plan.explanation() if plan else None


SOURCE = Source("unlabeled", "a folder of images without labels", _explain, _read)
