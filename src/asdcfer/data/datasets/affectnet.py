"""AffectNet: the official folders, or, where asked for, folders by class number or name.

Official, images and one annotation file each: {train_set,val_set}/images/ID.jpg with
annotations/ID_exp.npy. Folders: {train,val,test}/{0..7 or a name}/IMAGE, whose numbers say nothing
of the data set, so that they are read in this order where the user says so only.
Labels 0..7 are neutral, happy, sad, surprise, fear, disgust, angry, contempt; seven expressions
drop contempt.
Source: Mollahosseini, Hasani and Mahoor, "AffectNet", IEEE Transactions on Affective Computing
    2019.
"""

from dataclasses import replace
from pathlib import Path

from asdcfer.data.datasets.folder_dataset import Plan, folder_source, reading
from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Options, Reading
from asdcfer.data.datasets.split_words import split_in
from asdcfer.data.datasets.tree import plan_tree
from asdcfer.data.pack_integrity import read_array
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import AFFECTNET_LABELS

_MEANING = ", ".join(f"{number} {name}" for number, name in AFFECTNET_LABELS.items())
_NUMBERS = {str(number) for number in AFFECTNET_LABELS}
ABOUT = {
    "name": "AffectNet",
    "origin": "Mollahosseini et al., IEEE TAC 2019",
    "license": "research only, by agreement with the authors",
}


def _official(layout: Layout, options: Options) -> Plan | None:
    annotated = {
        place.path.parent for place in layout.others if place.path.name.endswith("_exp.npy")
    }
    if not annotated:
        return None
    plan = Plan("", dict(ABOUT))
    for file, name, parts in layout.images:
        annotations = file.parent.with_name("annotations")
        if file.parent.name != "images" or annotations not in annotated:
            continue
        split = next((s for part in reversed(parts[:-2]) if (s := split_in(part))), None)
        if split is None:
            split = split_in(file.parents[1].name) or "train"
        number = _annotation(annotations / f"{file.stem}_exp.npy", name, plan.skipped)
        if number is not None:
            plan.add(Item(file, name, split), AFFECTNET_LABELS[number])
    if not plan.found:
        return None
    first = plan.found[0][0].path
    plan.by = f"{first.parents[1].name} holds images and annotations"
    return plan


def _annotation(file: Path, name: str, skipped: list[Skipped]) -> int | None:
    if not file.is_file():
        skipped.append(Skipped(name, f"missing: {file.name} is not in annotations"))
        return None
    try:
        text = str(read_array(file))
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read as an annotation: {error}") from error
    if text not in _NUMBERS:
        raise DataError(f"{file}: unknown label {text[:40]!r}; expected {_MEANING}")
    return int(text)


def _read(layout: Layout, options: Options) -> Reading:
    layout.require_folder()
    plan = _official(layout, options)
    if plan is None:
        plan = plan_tree(layout, replace(options, labels_order=options.labels_order or "affectnet"))
        if plan is None:
            raise DataError(
                f"{layout.path} holds neither SPLIT/images with SPLIT/annotations nor "
                f"SPLIT/CLASS/IMAGE; classes are {_MEANING}, by number or name"
            )
        plan.about = dict(ABOUT)
    read = reading(plan, layout, options)
    # The annotations themselves are not images, and not worth four hundred thousand lines in the
    # pack.
    read.skipped[:] = [
        entry for entry in read.skipped if not entry.source_id.endswith((".npy", ".csv"))
    ]
    return read


SOURCE = replace(
    folder_source("affectnet", "AffectNet, official folders or folders by class", _official, ""),
    read=_read,
)
