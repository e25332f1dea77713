"""SFEW 2.0: frames of films in {Train,Val}/CLASS/FILM_TIME_FRAME.png, and a Test without classes.

The test images have no labels; they are read as unlabeled images of the split "test".
Source: Dhall, Goecke, Lucey and Gedeon, "Static facial expression analysis in tough conditions",
    ICCV workshops 2011. Non-commercial research, by agreement with its authors.
"""

import re

from asdcfer.data.datasets.class_folders import ClassFolders
from asdcfer.data.datasets.folder_dataset import Plan, folder_source, share_named
from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.named_files import MOST_OF
from asdcfer.data.datasets.source import Options
from asdcfer.data.datasets.tree import plan_tree

_NAME = re.compile(r".+_\d{6,10}_\d{8}\.\w+")
_CK = re.compile(r"S\d{3}_\d{3}_\d{8}\.\w+")


def _plan(layout: Layout, options: Options) -> Plan | None:
    def named(name: str) -> bool:
        return bool(_NAME.fullmatch(name)) and not _CK.fullmatch(name)

    if share_named(layout.images, named) < MOST_OF:
        return None
    plan = plan_tree(layout, options)
    if plan is None or {item.split for item, _ in plan.found} == {"train"}:
        return None
    folders = ClassFolders(layout.images.folders, options.own_classes)
    claimed = {item.path for item, _ in plan.found}
    for place in layout.images:
        meant = folders.of(place.parts[:-1])
        if place.path not in claimed and meant.split == "test":
            plan.add(Item(place.path, place.name, "test"), None)
            claimed.add(place.path)
    plan.skipped = [
        s for s in plan.skipped if s.source_id not in {i.source_id for i, _ in plan.found}
    ]
    plan.by = f"files named like {plan.found[0][0].source_id}"
    plan.about = {
        "name": "SFEW 2.0",
        "origin": "Dhall et al., ICCV workshops 2011",
        "license": "non-commercial research, by agreement with the authors",
    }
    return plan


SOURCE = folder_source(
    "sfew", "SFEW 2.0, frames of films in folders", _plan, "{Train,Val}/CLASS/FILM_TIME_FRAME.png"
)
