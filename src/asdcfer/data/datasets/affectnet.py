"""AffectNet: the official folders, or folders by class number or name.

Official, images and one annotation file each: {train_set,val_set}/images/ID.jpg with
annotations/ID_exp.npy. Folders: {train,val,test}/{0..7 or a name}/IMAGE. Labels 0..7 are neutral,
happy, sad, surprise, fear, disgust, angry, contempt; seven expressions drop contempt.
Source: Mollahosseini, Hasani and Mahoor, "AffectNet", IEEE Transactions on Affective Computing
    2019.
"""

from pathlib import Path

import numpy as np

from asdcfer.data.datasets.folder_dataset import images_below, labeled, unknown_label
from asdcfer.data.datasets.folder_walk import Item, split_folders, split_of, visible_folders
from asdcfer.data.datasets.source import Options, Reading, Source
from asdcfer.data.pack import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import AFFECTNET_LABELS, expression_of

_MEANING = ", ".join(f"{number} {name}" for number, name in AFFECTNET_LABELS.items())
_NUMBERS = {str(number) for number in AFFECTNET_LABELS}


def _recognize(path: Path) -> str | None:
    for split in split_folders(path):
        names = {folder.name for folder in visible_folders(split)}
        if {"images", "annotations"} <= names:
            return f"{split.name} holds images and annotations"
        if names and names <= _NUMBERS and "0" in names:
            return f"{split.name} holds the folders {', '.join(sorted(names))}"
    return None


def _read(path: Path, options: Options) -> Reading:
    images, skipped = images_below(path)
    found: list[tuple[Item, str]] = []
    for file, name, parts in images:
        split = next((split_of(part) for part in parts[:-2] if split_of(part)), None)
        if split is None:
            skipped.append(
                Skipped(
                    name, "outside the layout: expected SPLIT/CLASS/IMAGE or SPLIT/images/IMAGE"
                )
            )
            continue
        annotations = file.parent.with_name("annotations")
        if file.parent.name == "images" and annotations.is_dir():
            number = _annotation(annotations / f"{file.stem}_exp.npy", name, skipped)
            if number is None:
                continue
            expression = AFFECTNET_LABELS[number]
        else:
            named = (
                AFFECTNET_LABELS[int(parts[-2])]
                if parts[-2] in _NUMBERS
                else expression_of(parts[-2])
            )
            if named is None:
                raise unknown_label(file, parts[-2], f"{_MEANING}, by number or name")
            expression = named
        found.append((Item(file, name, split), expression))
    # The annotations themselves are not images, and not worth four hundred thousand lines in the
    # pack.
    skipped[:] = [entry for entry in skipped if not entry.source_id.endswith((".npy", ".csv"))]
    about = {
        "name": "AffectNet",
        "origin": "Mollahosseini et al., IEEE TAC 2019",
        "license": "research only, by agreement with the authors",
    }
    return labeled(found, options, skipped, about)


def _annotation(file: Path, name: str, skipped: list[Skipped]) -> int | None:
    if not file.is_file():
        skipped.append(Skipped(name, f"missing: {file.name} is not in annotations"))
        return None
    try:
        text = str(np.load(file, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{file} cannot be read as an annotation: {error}") from error
    if text not in _NUMBERS:
        raise DataError(f"{file}: unknown label {text!r}; expected {_MEANING}")
    return int(text)


SOURCE = Source("affectnet", "AffectNet, official folders or folders by class", _recognize, _read)
