"""Resuming: a stage goes on only from what it was begun with.

Its settings are compared beside the recipe; its teacher and its faces here.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asdcfer.data.pack import Pack
from asdcfer.encoders.weights import load_teacher, weights_hash
from asdcfer.errors import TrainingError
from asdcfer.training.checkpoint import last_checkpoint, plain_value

WORDS = {
    "teacher": "another teacher",
    "projector": "another projector of the teacher",
    "images.u8": "other faces",
    "split.npy": "other splits of the faces",
}
"""What a stage is made from, as `made_from` names it, and how a message says that it is not the
same.
"""


def made_from(pack: Pack, teacher: str | Path | None = None) -> dict[str, str]:
    """Return the hashes of what decides a stage's weights beside its settings.

    Args:
        pack: the faces; a pack without hashes has nothing to say.
        teacher: weights of the teacher, where there is one.

    Returns:
        Name in `WORDS` -> hash. Labels are not among them: they are never trained on.

    Raises:
        WeightsError: the teacher cannot be read.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> sorted(made_from(sample_pack()))
        ['images.u8', 'split.npy']
    """
    found = {
        name: value for name, value in (pack.info.get("hashes") or {}).items() if name in WORDS
    }
    if teacher is not None:
        encoder, projector = load_teacher(teacher)
        found |= {
            "teacher": weights_hash(encoder),
            "projector": "none" if projector is None else weights_hash(projector),
        }
    return found


def check_same(folder: Path, wanted: Mapping[str, str]) -> None:
    """Compare what a stage is to be made from with what the stage in its folder was, finished or
    interrupted.

    What either side does not know, as runs of earlier versions do not, is not compared.

    Args:
        folder: of the stage.
        wanted: from `made_from`.

    Raises:
        TrainingError: naming what differs and what to do.
    """
    before = (
        _of_card(folder / "encoder.json")
        if (folder / "encoder.json").is_file()
        else _of_checkpoint(folder / "checkpoint")
    )
    changed = [
        name for name in WORDS if name in before and name in wanted and before[name] != wanted[name]
    ]
    if changed:
        words = " and ".join(
            f"{WORDS[name]} ({before[name][:8]} then, {wanted[name][:8]} now)" for name in changed
        )
        raise TrainingError(
            f"{folder} was trained with {words}; use the same ones, another --out, or start over "
            "with --force"
        )


def _of_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        teacher = card.get("teacher") or {}
        found = {
            "teacher": teacher.get("weights"),
            "projector": teacher.get("projector"),
            **((card.get("data") or {}).get("hashes") or {}),
        }
    except (OSError, ValueError, AttributeError, TypeError):
        # A card that cannot be read is refused, in its own words, where its settings are compared.
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _of_checkpoint(folder: Path) -> dict[str, Any]:
    newest = last_checkpoint(folder)
    return {} if newest is None else plain_value(newest, "asdcfer", "made_from") or {}
