"""Any tree of folders split/class/image, or class/image without splits (then everything is "train").

Class folders that name expressions ("Anger", "happiness") become those expressions in the package's order; others become classes of their own.
"""

from pathlib import Path

from asdcfer.data.pack import Skipped
from asdcfer.data.sources.contract import Options, Reading, Source
from asdcfer.data.sources.folders import (
    Decoded,
    Item,
    choose_expressions,
    descend,
    drop_contempt,
    holds_images,
    in_order,
    require_folder,
    source_id,
    split_of,
    visible_folders,
    walk,
)  # fmt: skip
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT, expression_of


def _recognise(path: Path) -> str | None:
    root = descend(path)
    inside = visible_folders(root) if root.is_dir() else []
    splits = [folder for folder in inside if split_of(folder.name) and _classes(folder)]
    if splits:
        return f"{', '.join(folder.name for folder in splits)} with the classes {', '.join(_classes(splits[0]))}"
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
    if any(len(parts) == 2 for parts in places) or 2 * sum(expression_of(name) is not None for name in first) > len(first):
        return 1
    return 2


def _read(path: Path, options: Options) -> Reading:
    root = descend(require_folder(path))
    skipped: list[Skipped] = []
    files = walk(root, skipped)
    places = [file.relative_to(root).parts for file in files]
    depth = _class_depth(places)
    found: list[tuple[Item, str]] = []
    for file, parts in zip(files, places, strict=True):
        name = source_id(file, root)
        if len(parts) <= depth:
            skipped.append(Skipped(name, f"outside the layout: expected {'SPLIT/CLASS/IMAGE' if depth == 2 else 'CLASS/IMAGE'}"))
        else:
            split = (split_of(parts[0]) or parts[0]) if depth == 2 else "train"
            found.append((Item(file, name, split), parts[depth - 1]))
    if not found:
        raise DataError(f"{path} holds no SPLIT/CLASS/IMAGE nor CLASS/IMAGE; for images without labels: --kind unlabelled")
    classes = sorted({name for _, name in found})
    unknown = [name for name in classes if expression_of(name) is None]
    if options.own_classes or len(unknown) == len(classes):
        expressions: tuple[str, ...] = tuple(classes)
        labelled = found
    elif unknown:
        example = next(item.path for item, name in found if name == unknown[0])
        raise DataError(
            f"{example}: unknown label {unknown[0]!r}; expected a folder named {', '.join(EXPRESSIONS_WITH_CONTEMPT)} (or --own-classes to keep the names)"
        )
    else:
        labelled = [(item, expression_of(name) or name) for item, name in found]
        expressions = choose_expressions({name for _, name in labelled}, options)
    faces = Decoded(in_order(drop_contempt(labelled, expressions, skipped)), options, skipped)
    return Reading(faces, expressions, skipped, faces.fraction, {"name": "folder tree"})


SOURCE = Source("tree", "folders by split and class", _recognise, _read)
