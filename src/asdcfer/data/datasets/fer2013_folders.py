"""FER-2013 as the folders of its Kaggle release.

train/CLASS/Training_*.jpg and test/CLASS/{PublicTest,PrivateTest}_*.jpg. The release puts both test
splits into one folder; the file names still tell them apart. They do so only where nearly all files
have such names and none contradicts its folder: a tree that was joined or divided anew keeps its
own splits.
"""

import re
from dataclasses import replace

from asdcfer.data.datasets import fer2013
from asdcfer.data.datasets.folder_dataset import Plan, folder_source, share_named
from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.named_files import MOST_OF
from asdcfer.data.datasets.source import Options
from asdcfer.data.datasets.tree import plan_tree
from asdcfer.expressions import EXPRESSIONS

_NAME = re.compile(r"(Training|PublicTest|PrivateTest)_\d+\.\w+", re.IGNORECASE)
_SPLITS = {usage.lower(): split for usage, split in fer2013.USAGES.items()}


def _plan(layout: Layout, options: Options) -> Plan | None:
    if options.own_classes or share_named(layout.images, _NAME.fullmatch) < MOST_OF:
        return None
    plan = plan_tree(layout, options)
    if plan is None or plan.expressions is not None:
        return None
    divided = any(item.split != "train" for item, _ in plan.found)
    found: list[tuple[Item, str | None]] = []
    for item, label in plan.found:
        match = _NAME.fullmatch(item.path.name)
        split = _SPLITS[match[1].lower()] if match else item.split
        if divided and (split == "train") != (item.split == "train"):
            return None
        found.append((replace(item, split=split), label))
    if not found or any(label not in EXPRESSIONS for _, label in found if not plan.problem):
        return None
    named = next(item for item, _ in found if _NAME.fullmatch(item.path.name))
    return replace(
        plan,
        by=f"files named like {named.source_id}",
        found=found,
        about=dict(fer2013.ABOUT),
        expressions=EXPRESSIONS,
    )


SOURCE = folder_source(
    "fer2013_folders",
    "FER-2013, the folders of its Kaggle release",
    _plan,
    "CLASS/{Training,PublicTest,PrivateTest}_NUMBER.jpg",
)
