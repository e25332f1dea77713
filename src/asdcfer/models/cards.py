"""Files of weights, `NAME.safetensors`, and their cards, `NAME.json`, checked against each other.

Cards are read without torch, so that listing them is quick.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asdcfer.checksum import checksum_fits, with_checksum
from asdcfer.errors import WeightsError
from asdcfer.files import atomic_write
from asdcfer.models.hub import PREFIX as HUB
from asdcfer.models.hub import hub_folder, is_hub_name
from asdcfer.plain_json import from_json

if TYPE_CHECKING:
    from torch import Tensor

CARD_FORMAT = 1
WEIGHTS_FOLDER = Path(__file__).resolve().parent.parent / "weights"
"""Where the weights in the package lie."""

ALIASES = {"default": "light"}
"""Other names of the weights in the package."""

SUFFIX = ".safetensors"

LAW = (
    "The EU forbids systems that infer emotions at work and in education (Regulation 2024/1689, "
    "article 5); elsewhere the people concerned must be told (article 50)."
)
"""Said wherever it is said what a model can not tell: in cards, on pages and in the README."""

CONTEMPT, SEVEN = "contempt", "7"
"""The expression that can be switched off, and what is put behind a label set's name for it."""


def split_labels(path_or_name: str | os.PathLike[str]) -> tuple[str, str | None]:
    """Return a path or name, and the label set that may stand behind a colon; None without one.

    Example:
        >>> split_labels("light:fer2013"), split_labels("runs/a/model")
        (('light', 'fer2013'), ('runs/a/model', None))
        >>> split_labels("hf:user/name@v1:fer2013"), split_labels("hf:user/name")
        (('hf:user/name@v1', 'fer2013'), ('hf:user/name', None))
    """
    text = os.fspath(path_or_name)
    base, colon, labels = text.rpartition(":")
    # One letter before the colon is a drive.
    if (
        not colon
        or len(base) < 2
        or base + colon == HUB
        or not labels.isidentifier()
        or Path(text).exists()
    ):
        return text, None
    return base, labels


def contempt_apart(labels: str | None, card: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return the label set that a name means, and whether its contempt is switched off.

    Args:
        labels: the name; None for the first.
        card: of a model.

    Example:
        >>> card = {"labels": "ferplus", "expressions": ["happy", "contempt"]}
        >>> contempt_apart("ferplus7", card), contempt_apart("ferplus", card)
        (('ferplus', True), ('ferplus', False))
    """
    if labels is None or not labels.endswith(SEVEN):
        return labels, False
    heads = {card.get("labels"): card, **card.get("label_sets", {})}
    base = labels.removesuffix(SEVEN)
    if labels in heads or base not in heads or not knows_contempt(heads[base]):
        return labels, False
    return base, True


def knows_contempt(head: Mapping[str, Any]) -> bool:
    """Tell whether contempt is among the expressions that a card, or one of its heads, names."""
    return CONTEMPT in head.get("expressions", ())


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
    text, _ = split_labels(path_or_name)
    if is_hub_name(text):
        text = str(hub_folder(text))
    path = Path(text)
    if path.suffix in (".pt", ".pth", ".ckpt", ".pkl", ".bin", ".npz", ".onnx"):
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
    names = shipped_names()
    known = f"in the package: {', '.join(names)}" if names else "none are in the package"
    raise WeightsError(
        f"there are no weights {text!r}: neither a file {path.name.removesuffix(SUFFIX)}{SUFFIX} "
        f"nor a name ({known}); see: asdcfer models"
    )


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


def write_weights(
    path: str | os.PathLike[str], tensors: dict[str, "Tensor"], card: dict[str, Any]
) -> Path:
    """Write tensors and their card; the file's hash goes into the card.

    Returns the safetensors path.

    A card never describes other bytes than those beside it without being found out: its hash is
    checked whenever they are read.
    """
    from safetensors.torch import save

    text = os.fspath(path)
    target = Path(text if text.endswith(SUFFIX) else text.removesuffix(".json") + SUFFIX)
    # No more than one entry of metadata: safetensors writes several in random order, and the same
    # weights must give the same bytes.
    data = save(
        {name: tensors[name].detach().cpu().contiguous().clone() for name in sorted(tensors)},
        metadata={"format": "pt"},
    )
    hashes = {**card.get("hashes", {}), "file": hashlib.sha256(data).hexdigest()}
    described = {"format": CARD_FORMAT, "name": target.stem, **card, "hashes": hashes}
    text = card_text(described)
    # Both are complete before either is renamed, so that a full disk or a kill leaves the old pair.
    with atomic_write(card_path(target)) as card_file, atomic_write(target) as tensor_file:
        card_file.write_text(text, encoding="utf-8")
        tensor_file.write_bytes(data)
    return target


def card_text(card: Mapping[str, Any]) -> str:
    """Return a card as its file holds it, with the checksum that `read_card` compares.

    Whoever changes a card writes it anew by this.

    Args:
        card: as `read_card` gave it, or made anew.
    """
    return json.dumps(with_checksum(card), indent=1, ensure_ascii=False) + "\n"


def read_weights(path: Path) -> tuple[dict[str, "Tensor"], dict[str, Any]]:
    """Return the tensors of a safetensors file and its card, checked against each other.

    Raises:
        WeightsError: the file or its card is missing, cut short, foreign, or not the one that the
            card describes.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    card = read_card(path)
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != card["hashes"]["file"]:
            raise WeightsError(
                f"{path} is not the file that {card_path(path).name} describes (its SHA-256 "
                "differs): copy both again, together"
            )
        return load(data), card
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{path} cannot be read as safetensors ({error}); it is cut short, damaged or of "
            "another kind"
        ) from error


def read_card(path: Path) -> dict[str, Any]:
    """Return the card beside a safetensors file.

    Raises:
        WeightsError: it is missing, is not one of this package's cards, is of another format, or
            has changed since it was written.
    """
    beside = card_path(path)
    if not beside.is_file():
        raise WeightsError(
            f"{path} has no card {beside.name} beside it, so nothing says what it is; weights of "
            "this package are two files"
        )
    try:
        card = from_json(beside.read_text(encoding="utf-8"))
        if (
            not isinstance(card, dict)
            or "format" not in card
            or not isinstance(card.get("encoder"), dict)
            or "file" not in card.get("hashes", {})
        ):
            raise WeightsError(
                f"{beside} is not a card of this package (it lacks format, encoder or hashes.file)"
            )
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{beside} cannot be read as JSON ({error})") from error
    if not checksum_fits(card):
        raise WeightsError(
            f"{beside} is not the card that was written: its bytes have changed; copy it and "
            f"{path.name} again, together"
        )
    if card["format"] != CARD_FORMAT:
        raise WeightsError(
            f"{beside} has format {card['format']}; this version reads {CARD_FORMAT}: install a "
            "matching version of asdcfer"
        )
    return card


def card_path(weights: Path) -> Path:
    """Return where the card of a safetensors file lies."""
    return weights.with_suffix(".json")


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
