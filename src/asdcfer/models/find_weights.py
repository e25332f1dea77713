"""Which file of weights a path, the folder of a run or a name means, for every command.

Without torch, so that listing weights is quick.
"""

import os
from pathlib import Path
from typing import Any

from asdcfer.errors import WeightsError
from asdcfer.models.cards import SUFFIX, card_path, read_card
from asdcfer.models.hub import hub_folder, is_hub_name
from asdcfer.models.label_names import split_labels
from asdcfer.nearest_name import did_you_mean
from asdcfer.plain_json import from_json

WEIGHTS_FOLDER = Path(__file__).resolve().parent.parent / "weights"
"""Where the weights in the package lie."""

ALIASES = {"default": "light"}
"""Other names of the weights in the package."""


def find_encoder(path_or_name: str | os.PathLike[str]) -> Path:
    """Return the safetensors file of the encoder that a path or a name means.

    A path is a file (it may leave out its suffix, or name the card) or a folder: of a run, which
    means its student's encoder, else its teacher's; of an encoder; of a fine-tuned model, which
    holds an encoder; or of anything that holds one file of weights. Anything without a folder in it
    may also be the name of weights in the package. `hf:user/name` means a folder of a model hub, in
    the cache once it is fetched; see `models.hub`.

    Raises:
        WeightsError: there is none, several are in the folder and none in a usual place, or it is
            of another kind; the message says what there is.
    """
    return _found(
        path_or_name,
        ("student/encoder", "teacher/encoder", "encoder", "model"),
        with_classifier=False,
    )


def find_model(path_or_name: str | os.PathLike[str]) -> Path:
    """Return the safetensors file of the model with a classifier that a path or a name means.

    A name or path may end in a colon and a label set, `light:fer2013`; see `models.label_sets`.
    As `find_encoder`, but a folder means the model in it, or in `finetune` in it, or else the only
    one in the folders inside. That a file or a name holds a classifier is looked at by those who
    load it.

    Raises:
        WeightsError: as `find_encoder`.
    """
    return _found(path_or_name, ("model", "finetune/model"), with_classifier=True)


def _found(
    path_or_name: str | os.PathLike[str], places: tuple[str, ...], with_classifier: bool
) -> Path:
    text, labels = split_labels(path_or_name)
    if is_hub_name(text):
        text = str(hub_folder(text))
    path = Path(text)
    if path.suffix.lower() == ".onnx":
        raise WeightsError(_what_of_onnx(path, labels))
    if path.suffix in (".pt", ".pth", ".ckpt", ".pkl", ".bin", ".npz"):
        raise WeightsError(
            f"{path} is not a safetensors file; weights are NAME{SUFFIX} beside NAME.json (pickled "
            "checkpoints are never read)"
        )
    inside = [path / (place + SUFFIX) for place in places]
    for candidate in (
        path,
        Path(text + SUFFIX),
        Path(text.removesuffix(".json") + SUFFIX),
        *inside,
    ):
        if candidate.is_file() and candidate.suffix == SUFFIX:
            return candidate
    if path.is_file():
        raise WeightsError(
            f"{path} is not a safetensors file; weights are NAME{SUFFIX} beside NAME.json"
        )
    shipped = WEIGHTS_FOLDER / (ALIASES.get(text, text).removesuffix(SUFFIX) + SUFFIX)
    if path.name == text and shipped.is_file():
        return shipped
    if path.is_dir():
        return _only_one(path, with_classifier)
    name = path.name.removesuffix(SUFFIX)
    raise WeightsError(
        f"there are no weights {text!r}: neither a file {name}{SUFFIX} nor a name in the package"
        f"{_nearest(name, with_classifier)} (all of them: asdcfer models)"
    )


def _what_of_onnx(path: Path, labels: str | None) -> str:
    if labels is None:
        return (
            f"{path} is an ONNX file, which recognizes (asdcfer predict, asdcfer app) and no more; "
            f"name the {SUFFIX} file that it was exported from"
        )
    return (
        f"{path} answers under the labels with which it was exported; leave {labels} away, or "
        f"export again: asdcfer export MODEL:{labels} {path.name}"
    )


def _nearest(name: str, with_classifier: bool) -> str:
    """Return the name in the package that may have been meant, or all that could be used here."""
    names = [
        each
        for each in shipped_names()
        if not with_classifier or _has_classifier(WEIGHTS_FOLDER / (each + SUFFIX))
    ]
    aliases = [alias for alias, of in ALIASES.items() if of in names]
    return did_you_mean(name, [*names, *aliases]) or ", which holds none"


def _only_one(folder: Path, with_classifier: bool) -> Path:
    """Return the one file of weights, or the one model, in a folder and the folders inside."""
    # Weights have a card beside them; the states of checkpoints have none.
    found = sorted(
        p
        for p in folder.glob("**/*" + SUFFIX)
        if p.with_suffix(".json").is_file() and p.parent.parent.name != "checkpoint"
    )
    found = [p for p in found if not with_classifier or _has_classifier(p)]
    if len(found) == 1:
        return found[0]
    if found:
        what = "models" if with_classifier else "files of weights"
        raise WeightsError(
            f"the folder {folder} holds {len(found)} {what}; name one: "
            f"{', '.join(str(file) for file in found[:4])}"
        )
    if with_classifier:
        raise WeightsError(
            f"the folder {folder} holds no model with a classifier; make one with: asdcfer "
            f"finetune, then name its folder or its {SUFFIX} file"
        )
    raise WeightsError(
        f"the folder {folder} holds no weights with their card; name a run's folder, or the "
        f"{SUFFIX} file of an encoder"
    )


def _has_classifier(weights: Path) -> bool:
    try:
        return "classifier" in from_json(card_path(weights).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def shipped_names() -> list[str]:
    """Return the names of the weights in the package, aliases left out."""
    return sorted(
        p.stem for p in WEIGHTS_FOLDER.glob("*" + SUFFIX) if p.with_suffix(".json").is_file()
    )


def list_models() -> list[dict[str, Any]]:
    """Return the cards of the weights in the package by name.

    `aliases`, `file` and `bytes` are added to each.

    Raises:
        WeightsError: a card there cannot be read.
    """
    cards = []
    for name in shipped_names():
        path = WEIGHTS_FOLDER / (name + SUFFIX)
        aliases = [alias for alias, of in ALIASES.items() if of == name]
        cards.append(
            {
                **read_card(path),
                "name": name,
                "aliases": aliases,
                "file": str(path),
                "bytes": path.stat().st_size,
            }
        )
    return cards
