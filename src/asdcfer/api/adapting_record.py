"""The record of an adaptation, adapt.json: with what it was begun, and what is decided."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asdcfer.adaptation.start_model import StartModel
from asdcfer.api.settings import AdaptSettings
from asdcfer.data.pack import Pack
from asdcfer.errors import RecipeError
from asdcfer.evaluation.probes.features import pack_hash
from asdcfer.files import make_folder, write_json
from asdcfer.models.weights import weights_hash
from asdcfer.plain_json import from_json

RECORD = "adapt.json"
MADE = ("stages", "results")
"""Folders of an adaptation, beside its record and its weights."""
WEIGHTS = ("model", "encoder")
OF_THE_ENCODER = ("budget", "epochs", "images", "splits", "finetune", "seed")
"""Settings that decide the encoder; others may change when a run is resumed."""


@dataclass(frozen=True)
class AdaptingRecord:
    """adapt.json, written whole after each change.

    Attributes:
        folder: of the adaptation.
        values: what it says.
    """

    folder: Path
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def opened(
        cls,
        folder: Path,
        settings: AdaptSettings,
        start: StartModel,
        pack: Pack,
        *,
        resume: bool,
        force: bool,
    ) -> "AdaptingRecord":
        """Make or continue the folder of an adaptation.

        Args:
            folder: of the adaptation.
            settings: what it is done with.
            start: the weights that it begins with.
            pack: the faces.
            resume: continue what is there.
            force: remove what an adaptation left there before.

        Raises:
            RecipeError: there is one already, or one of other settings, weights or faces.
        """
        if folder.exists() and not folder.is_dir():
            raise RecipeError(f"{folder} is a file; choose another `out`")
        there = _read(folder / RECORD)
        taken = bool(there) or any((folder / f"{name}.safetensors").exists() for name in WEIGHTS)
        if taken and not (resume or force):
            raise RecipeError(
                f"{folder} holds an adapted model or an unfinished one; use `resume=True`, "
                "`force=True`, or another `out`"
            )
        own = {name: getattr(settings, name) for name in OF_THE_ENCODER}
        begun = {
            **own,
            "splits": list(settings.splits),
            "model": start.name,
            "weights": weights_hash(start.encoder),
            "faces": pack_hash(pack),
        }
        if force:
            _clear(folder)
            there = {}
        before = there.get("begun", begun)
        changed = [name for name, value in begun.items() if before.get(name) != value]
        if changed:
            raise RecipeError(
                f"{folder} was begun with other settings: {', '.join(changed)} differ; use the "
                "same ones, another `out`, or `force=True`"
            )
        make_folder(folder)
        record = cls(folder, {"format": 1, "begun": begun} | there)
        record.note(status="running")
        return record

    def note(self, **values: Any) -> None:
        """Add to what is known."""
        self.values.update(values)
        write_json(self.folder / RECORD, self.values)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _clear(folder: Path) -> None:
    """Remove what an adaptation makes, and nothing else."""
    for name in MADE:
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in WEIGHTS:
        for suffix in (".safetensors", ".json"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)
    (folder / RECORD).unlink(missing_ok=True)
