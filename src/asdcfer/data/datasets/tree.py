"""Any tree of folders split/class/image, or class/image, which is all "train".

Class folders that name expressions ("Anger", "happiness") become those expressions in the package's
order; others become classes of their own.
"""

from pathlib import Path

from asdcfer.data.datasets.folder_dataset import images_below, labeled, unknown_label
from asdcfer.data.datasets.folder_walk import Item, descend, holds_images, split_of, visible_folders
from asdcfer.data.datasets.source import Options, Reading, Source
from asdcfer.data.pack import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT, expression_of


def _recognize(path: Path) -> str | None:
    inside = visible_folders(descend(path))
    splits = [folder for folder in inside if split_of(folder.name) and _classes(folder)]
    if splits:
        names = ", ".join(folder.name for folder in splits)
        return f"{names} with the classes {', '.join(_classes(splits[0]))}"
    known = [folder.name for folder in inside if expression_of(folder.name)]
    if known and 2 * len(known) >= len(inside):
        return f"the classes {', '.join(known)}, without splits (everything becomes train)"
    return None


def _classes(split: Path) -> list[str]:
    """The folders of a split that look like classes: images directly in each."""
    return [folder.name for folder in visible_folders(split) if holds_images(folder)]


def _class_depth(places: list[tuple[str, ...]]) -> int:
    """1 where the first folder names the class, 2 where it names the split."""
    if any(len(parts) > 2 and split_of(parts[0]) for parts in places):
        return 2
    first = {parts[0] for parts in places if len(parts) > 1}
    if any(len(parts) == 2 for parts in places) or 2 * sum(
        expression_of(name) is not None for name in first
    ) > len(first):
        return 1
    return 2


def _read(path: Path, options: Options) -> Reading:
    images, skipped = images_below(path)
    depth = _class_depth([place.parts for place in images])
    found: list[tuple[Item, str]] = []
    for file, name, parts in images:
        if len(parts) <= depth:
            skipped.append(
                Skipped(
                    name,
                    (
                        "outside the layout: expected "
                        f"{'SPLIT/CLASS/IMAGE' if depth == 2 else 'CLASS/IMAGE'}"
                    ),
                )
            )
        else:
            split = (split_of(parts[0]) or parts[0]) if depth == 2 else "train"
            found.append((Item(file, name, split), parts[depth - 1]))
    if not found:
        raise DataError(
            f"{path} holds no SPLIT/CLASS/IMAGE nor CLASS/IMAGE; for images without labels: "
            '`kind="unlabeled"`'
        )
    about = {"name": "folder tree"}
    classes = sorted({name for _, name in found})
    unknown = [name for name in classes if expression_of(name) is None]
    if options.own_classes or len(unknown) == len(classes):
        return labeled(found, options, skipped, about, tuple(classes))
    if unknown:
        example = next(item.path for item, name in found if name == unknown[0])
        raise unknown_label(
            example,
            unknown[0],
            f"{', '.join(EXPRESSIONS_WITH_CONTEMPT)} (or `own_classes=True` to keep the names)",
        )
    return labeled(
        [(item, expression_of(name) or name) for item, name in found], options, skipped, about
    )


SOURCE = Source("tree", "folders by split and class", _recognize, _read)
