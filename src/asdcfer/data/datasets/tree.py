"""Any tree of folders by split and class, or by class, which is all "train", at whatever depth.

Class folders that name expressions ("Anger", "0_happiness", "joie") become those expressions in the
package's order; others become classes of their own. Folders of frames, persons or sources above and
below the classes change nothing. Folders named by numbers are read in the order that the user
names, or that a file beside them gives.
"""

from asdcfer.data.datasets.class_folders import ClassFolders
from asdcfer.data.datasets.folder_dataset import (
    Plan,
    folder_source,
    readings_told,
    unknown_label,
)
from asdcfer.data.datasets.folder_faces import FolderFaces, Meant
from asdcfer.data.datasets.label_orders import ask_for_order, classes_file, order_of
from asdcfer.data.datasets.label_words import number_in, words_of
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.places import Block
from asdcfer.data.datasets.source import Options
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT, expression_of

EXPECTED = 'SPLIT/CLASS/IMAGE nor CLASS/IMAGE; for images without labels: `kind="unlabeled"`'
_PARTS = frozenset(["fold", "folds", "part", "split"])


def plan_tree(layout: Layout, options: Options) -> Plan | None:
    """Return what a tree of class folders holds, or None where no folder is a class."""
    folders = ClassFolders(layout.images.folders, options.own_classes)
    plan = Plan("", {"name": "folder tree"}, notes=readings_told(folders.splits_read_as))
    known: dict[str, str] = {}
    held: list[tuple[Block, str, str]] = []
    for block in layout.images.blocks:
        place = folders.of(block.folder.parts)
        if place.name is None:
            continue
        split = place.split or _own_split(folders, block.folder.parts, place.outside)
        held.append((block, split, place.name))
        if place.expression:
            known[place.name] = place.expression
    if not held:
        return None
    plan.notes += readings_told({n: e for n, e in known.items() if expression_of(n) != e})
    names = {name for _, _, name in held} - known.keys()
    numbers = {name: number for name in names if (number := number_in(name)) is not None}
    if options.own_classes:
        meaning: dict[str, str] = {name: name for name in names}
    elif numbers and len(numbers) == len(names):
        meaning = _numbered(numbers, plan, layout, options)
    elif known and names:
        meaning, plan.problem = {}, _unknown(held, names)
    else:
        meaning = {name: name for name in names}
    label_of = known | meaning
    plan.found = FolderFaces(
        [block for block, _, _ in held],
        [Meant(label_of.get(name, name), split) for _, split, name in held],
    )
    if not known and (options.own_classes or not numbers):
        plan.expressions = tuple(sorted(names))
    if not (known or options.own_classes or len(numbers) == len(names)):
        plan.notes.append(
            f"no class is named like an expression: own classes {', '.join(sorted(names)[:12])}; "
            "a model of the expressions shares none of them"
        )
    plan.notes += _unread_above(held, folders)
    splits = list(dict.fromkeys(split for _, split, _ in held))
    plan.by = _described(splits, known, names)
    plan.leave_out_others(layout, "CLASS/IMAGE" if splits == ["train"] else "SPLIT/CLASS/IMAGE")
    return plan


def _own_split(folders: ClassFolders, folder: tuple[str, ...], outside: str | None) -> str:
    """The split of images that lie in no folder named like one: "train", but for parts apart."""
    if outside is not None:
        return outside
    return next((name for name in folder if _PARTS & set(words_of(name))), "train")


def _unread_above(held: list[tuple[Block, str, str]], folders: ClassFolders) -> list[str]:
    """Return the line about classes that lie in several folders of which none names a split."""
    if any(folders.of(block.folder.parts).split for block, *_ in held):
        return []
    inside: dict[str, set[str]] = {}
    for block, _, name in held:
        parts = block.folder.parts
        inside.setdefault("/".join(parts[: parts.index(name)]), set()).add(name)
    several = sorted(folder for folder, names in inside.items() if folder and len(names) > 1)
    if len(several) < 2:
        return []
    return [
        f"the classes lie in {len(several)} folders that name no splits "
        f"({', '.join(several[:6])}); all become train"
    ]


def _numbered(
    number_of: dict[str, int], plan: Plan, layout: Layout, options: Options
) -> dict[str, str]:
    numbers = set(number_of.values())
    if options.labels_order:
        order = order_of(options.labels_order, numbers)
        plan.notes.append(
            "numbered folders: "
            + ", ".join(f"{number} {order[number]}" for number in sorted(numbers))
        )
    else:
        found = classes_file([place.path for place in layout.others])
        if found is None or not numbers <= found[1].keys():
            plan.problem = f"{layout.path}: " + ask_for_order(numbers, "the class folders")
            return {}
        order = {
            number: (expression_in_names(found[1]).get(name) or name)
            for number, name in found[1].items()
        }
        plan.notes.append(
            f"numbered folders by {found[0].name}: "
            + ", ".join(f"{number} {order[number]}" for number in sorted(numbers))
        )
    if not {order[number] for number in numbers} <= set(EXPRESSIONS_WITH_CONTEMPT):
        plan.expressions = tuple(dict.fromkeys(order[number] for number in sorted(numbers)))
    return {name: order[number] for name, number in number_of.items()}


def expression_in_names(names: dict[int, str], whole: bool = True) -> dict[str, str]:
    """Return the expressions that class names mean.

    Args:
        names: by number.
        whole: none where one of the names means none.
    """
    meant = ClassFolders({("train", name) for name in names.values()}).read_as
    return meant if not whole or set(meant) == set(names.values()) else {}


def _unknown(held: list[tuple[Block, str, str]], names: set[str]) -> str:
    first = min(names)
    example = next(block.first.path for block, _, name in held if name == first)
    several = f"; {len(names)} folders are such" if len(names) > 1 else ""
    return (
        unknown_label(
            example,
            first,
            f"{', '.join(EXPRESSIONS_WITH_CONTEMPT)} (or `own_classes=True` to keep the names)",
        )
        + several
    )


def _described(splits: list[str], known: dict[str, str], names: set[str]) -> str:
    classes = sorted({*known, *names})
    listed = ", ".join(classes[:12]) + (" ..." if len(classes) > 12 else "")
    if splits == ["train"]:
        return f"the classes {listed}, without splits (everything becomes train)"
    return f"{', '.join(splits)} with the classes {listed}"


SOURCE = folder_source("tree", "folders by split and class", plan_tree, EXPECTED)
