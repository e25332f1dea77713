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
from asdcfer.plain_json import from_json

if TYPE_CHECKING:
    from torch import Tensor

CARD_FORMAT = 1
SUFFIX = ".safetensors"

SAW_LABELS = "saw_labels"
"""In a card: whether the weights, those they began with or their teacher learnt from labels."""

LAW = (
    "The EU forbids systems that infer emotions at work and in education (Regulation 2024/1689, "
    "article 5); elsewhere the people concerned must be told (article 50)."
)
"""Said wherever it is said what a model can not tell: in cards, on pages and in the README."""


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


def tells_of_labels(card: Mapping[str, Any]) -> bool:
    """Return whether a card tells that its weights learnt from labels, be it by their teacher.

    It is told since cards have `SAW_LABELS`; `methods.label_use` also knows the methods of others.

    Args:
        card: as `read_card` gives it.

    Example:
        >>> [tells_of_labels(card) for card in ({"classifier": {}}, {"saw_labels": True}, {})]
        [True, True, False]
    """
    return "classifier" in card or bool(card.get("finetune") or card.get(SAW_LABELS))


def card_path(weights: Path) -> Path:
    """Return where the card of a safetensors file lies."""
    return weights.with_suffix(".json")
