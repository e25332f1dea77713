"""`share`: weights as a folder that a model hub takes as it is."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asdcfer.api.data_inputs import PathLike
from asdcfer.api.onnx_file import export
from asdcfer.errors import InputError
from asdcfer.export.hub_readme import hub_readme
from asdcfer.files import atomic_folder
from asdcfer.models.cards import card_path, read_card, read_weights
from asdcfer.models.find_weights import find_encoder
from asdcfer.progress import SILENT, Progress


@dataclass(frozen=True)
class Shared:
    """A folder to be shared.

    Attributes:
        out: the folder.
        files: in it, by name.
        results: how many measured numbers its README states.
    """

    out: Path
    files: Sequence[str]
    results: int


def share(
    model: PathLike,
    out: PathLike,
    *,
    name: str | None = None,
    onnx: bool = True,
    progress: Progress = SILENT,
) -> Shared:
    """Write the folder that a model hub takes: README with metadata, safetensors, card, ONNX.

    Nothing is sent anywhere. The weights are copied byte by byte, after they were compared with the
    hash in their card.

    Args:
        model: a model or an encoder: its file, the folder of a run, or a name of `asdcfer models`.
        out: folder to make.
        name: of the model, for people; None is the name on the card.
        onnx: also write model.onnx, checked against torch; an encoder has none.
        progress: is told of the export.

    Raises:
        InputError: `out` is there already.
        WeightsError: no weights of that name, or damaged ones.
        MissingPackageError: ONNX is not installed.

    Example:
        >>> import tempfile
        >>> shared = share("light_encoder", tempfile.mkdtemp() + "/shared")
        >>> shared.files
        ['README.md', 'model.json', 'model.safetensors']
    """
    folder = Path(out)
    if folder.exists():
        raise InputError(f"{folder} is there already; choose another folder, or remove it first")
    weights = find_encoder(model)
    read_weights(weights)  # compared with the hash
    card = read_card(weights)
    with_onnx = onnx and card.get("kind") == "model"
    text = hub_readme(name or str(card.get("name", weights.stem)), card, onnx=with_onnx)
    with atomic_folder(folder) as temporary:
        shutil.copyfile(weights, temporary / "model.safetensors")
        shutil.copyfile(card_path(weights), temporary / "model.json")
        (temporary / "README.md").write_text(text, encoding="utf-8")
        if with_onnx:
            export(temporary / "model", temporary / "model.onnx", progress=progress)
        files = sorted(file.name for file in temporary.iterdir())
    return Shared(folder, files, text.count("- type: accuracy"))
