"""CK+48: folders by expression with files named by subject, sequence and frame.

As in happy/S010_006_00000013.png. There is no official split: subjects are divided, see
`by_subject`; a tree with splits of its own keeps them and is none of this.
Source: Lucey et al., "The extended Cohn-Kanade dataset (CK+)", CVPR workshops 2010.
"""

import re
from dataclasses import replace

from asdcfer.data.datasets.folder_dataset import Plan, folder_source, share_named
from asdcfer.data.datasets.folder_walk import by_subject
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.named_files import MOST_OF
from asdcfer.data.datasets.source import Options
from asdcfer.data.datasets.tree import plan_tree

_NAME = re.compile(r"(S\d{3})_\d{3}_\d{8}\.\w+", re.IGNORECASE)


def _plan(layout: Layout, options: Options) -> Plan | None:
    if options.own_classes or share_named(layout.images, _NAME.fullmatch) < MOST_OF:
        return None
    plan = plan_tree(layout, options)
    if plan is None or plan.expressions or any(item.split != "train" for item, _ in plan.found):
        return None
    subject_of = {
        item.path: match[1].upper() if (match := _NAME.fullmatch(item.path.name)) else "?"
        for item, _ in plan.found
    }
    splits = by_subject(subject_of.values()) | {"?": "train"}
    found = [
        (
            replace(
                item,
                split=splits[subject_of[item.path]],
                more=(("group", subject_of[item.path]),),
            ),
            label,
        )
        for item, label in plan.found
    ]
    return replace(
        plan,
        by=f"files named like {found[0][0].source_id}",
        found=found,
        about={
            "name": "CK+48",
            "origin": "Lucey et al., CVPR workshops 2010",
            "license": "research only",
            "split": "every fifth subject is test",
        },
        own_split=True,
    )


SOURCE = folder_source(
    "ckplus", "CK+48 folders, divided by subject", _plan, "CLASS/S000_000_00000000.png"
)
