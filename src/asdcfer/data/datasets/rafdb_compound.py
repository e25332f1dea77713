"""RAF-DB, compound expressions: the official layout with eleven classes of two expressions each.

compound/EmoLabel/list_patition_label.txt (the authors' spelling) and compound/Image/aligned.
Source: Li, Deng and Du, "Reliable crowdsourcing and deep locality-preserving learning for
    expression recognition in the wild", CVPR 2017. Non-commercial research.
"""

from asdcfer.data.datasets.folder_dataset import Plan, folder_source
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.rafdb import LIST, is_compound, listed, lists_below
from asdcfer.data.datasets.source import Options

COMPOUND_LABELS: dict[int, str] = {
    1: "happily surprised",
    2: "happily disgusted",
    3: "sadly fearful",
    4: "sadly angry",
    5: "sadly surprised",
    6: "sadly disgusted",
    7: "fearfully angry",
    8: "fearfully surprised",
    9: "angrily surprised",
    10: "angrily disgusted",
    11: "disgustedly surprised",
}
"""RAF-DB compound label -> class."""


def _plan(layout: Layout, options: Options) -> Plan | None:
    for root in lists_below(layout):
        if is_compound(root):
            plan = listed(layout, root, COMPOUND_LABELS, tuple(COMPOUND_LABELS.values()))
            plan.about["name"] = "RAF-DB compound"
            plan.notes.append("eleven compound classes; a model of the expressions shares none")
            return plan
    return None


SOURCE = folder_source(
    "rafdb_compound",
    "RAF-DB compound, official layout, eleven classes",
    _plan,
    f"compound/{LIST.as_posix()}",
)
