"""`pick`: which faces to label first, with everything that labeling them takes."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.api.data_inputs import DataLike, PathLike, name_of, pack_of
from asdcfer.api.model_inputs import encoder_of, model_of
from asdcfer.api.settings import PickSettings
from asdcfer.data.pack import Pack
from asdcfer.devices import resolve_device
from asdcfer.errors import DataError, InputError
from asdcfer.expressions import EXPRESSIONS
from asdcfer.files import atomic_folder, write_json
from asdcfer.models.weights import weights_hash
from asdcfer.progress import SILENT, Progress
from asdcfer.selection.face_points import FacePoints, face_points
from asdcfer.selection.face_sheet import draw_faces
from asdcfer.selection.label_studio import label_studio_task, labeling_interface, png_bytes
from asdcfer.selection.pick_list import COLUMNS, LIST, read_pick_list
from asdcfer.selection.select_faces import SELECTIONS, select_faces

SHIPPED = "default"
"""The model whose answers divide the faces where the user gives none."""


@dataclass(frozen=True)
class Pick:
    """One face to label.

    Attributes:
        row: of the pack.
        id: its source id.
        file: the picture, below the folder.
        suggestion: the expression that a model sees; None without a model.
        confidence: of it, 0..1.
    """

    row: int
    id: str
    file: str
    suggestion: str | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Picked:
    """Faces to label, the most useful first.

    Attributes:
        out: folder with to_label.csv, label_studio.json, label_studio.xml, sheet.png, picked.json
            and faces/.
        faces: in order.
        method: by which they were selected.
        among: how many faces they were selected from.
        labeled: how many of the pack have a label already.
    """

    out: Path
    faces: list[Pick]
    method: str
    among: int
    labeled: int


def pick(
    data: DataLike,
    out: PathLike,
    settings: PickSettings | None = None,
    *,
    progress: Progress = SILENT,
) -> Picked:
    """Select the faces to label first, and write them as a folder to label in.

    Faces with a label are kept away from: what they show is known. The folder holds the faces as
    PNG files, `to_label.csv` to fill in, tasks and labeling interface of Label Studio, and a sheet
    to look at. `prepare` reads the folder once the list is filled in, or once the export of Label
    Studio lies in it.

    Args:
        data: a pack, its path, its name, or "sample".
        out: folder to make; one that is there is replaced only by `force=True`.
        settings: how many, and by which method.
        progress: is told of the faces that were looked at.

    Raises:
        DataError: no face is left to pick, or a setting is out of range.
        InputError: `out` is there already.

    Example:
        >>> import tempfile
        >>> settings = PickSettings(count=3, encoder="nano", among="all", splits=["private"])
        >>> picked = pick("sample", tempfile.mkdtemp() + "/to_label", settings)
        >>> len(picked.faces), picked.method, picked.faces[0].file
        (3, 'stratified', 'faces/0001.png')
    """
    settings, folder = settings or PickSettings(), Path(out)
    if folder.exists() and not settings.force:
        raise InputError(f"{folder} is there already; use `force=True` to replace it")
    if folder.exists() and not (folder / "picked.json").is_file():
        raise InputError(
            f"{folder} was not made by `asdcfer pick`; choose another folder, or remove it"
        )
    method = _method(settings)
    pack = pack_of(data)
    rows, taken = _candidates(pack, settings, name_of(data))
    found, names, weights = _looked_at(pack, rows, settings, method, progress)
    order = select_faces(
        method,
        found.points,
        settings.count,
        taken=taken,
        probabilities=found.probabilities,
        seed=settings.seed,
    )
    said = None if settings.model is None else found.probabilities
    picks = [
        _pick(pack, int(rows[place]), number, None if said is None else said[place], names)
        for number, place in enumerate(order, 1)
    ]
    labeled = int((pack.labels >= 0).sum())
    picked = Picked(folder, picks, method, len(rows) - len(taken), labeled)
    with atomic_folder(folder) as temporary:
        _write(temporary, pack, picked, settings, names)
        about = {"pack": pack.info.get("hashes", {}).get("images.u8"), "weights": weights}
        chosen = {"method": method, "seed": settings.seed, "among": picked.among}
        words = {"count": len(picks), "expressions": list(names)}
        write_json(temporary / "picked.json", {**about, **chosen, **words})
    return picked


def _method(settings: PickSettings) -> str:
    if settings.count < 1:
        raise DataError(f"count {settings.count}: expected 1 or more")
    method = settings.method
    if method == "auto":
        return "stratified"
    if method not in SELECTIONS:
        raise DataError(f"unknown method {method!r}; choose auto, {', '.join(SELECTIONS)}")
    if method == "uncertain" and settings.model is None:
        raise DataError('`method="uncertain"` needs `model`, a model with a classifier')
    return method


def _candidates(pack: Pack, settings: PickSettings, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to look at, and the places among them that have a label already."""
    if settings.among not in ("unlabeled", "all"):
        raise DataError(f"among {settings.among!r}: expected unlabeled or all")
    rows = pack.rows(*settings.splits) if settings.splits else np.arange(len(pack))
    known = pack.labels[rows] >= 0
    if settings.among == "all":
        known = np.zeros(len(rows), bool)
    before = {one.id for folder in settings.after for one in read_pick_list(Path(folder))}
    known |= np.fromiter((pack.ids[int(row)] in before for row in rows), bool, len(rows))
    if known.all():
        also = " or was picked" if before else ""
        raise DataError(
            f'every face of {name} has a label{also}; choose among all faces by `among="all"`'
        )
    return rows, np.flatnonzero(known)


def _looked_at(
    pack: Pack, rows: np.ndarray, settings: PickSettings, method: str, progress: Progress
) -> tuple[FacePoints, tuple[str, ...], str]:
    """Return the faces as points, the expressions to choose from, and the hash of the encoder."""
    device = resolve_device(settings.device)
    # Without a model of the user's the shipped one divides the faces, and suggests nothing.
    asked = settings.model or (SHIPPED if method == "stratified" else None)
    model = None if asked is None else model_of(asked, progress).to(device).eval()
    if settings.encoder is not None or model is None:
        encoder, _ = encoder_of(settings.encoder or "light_encoder", progress)
        encoder = encoder.to(device)
    else:
        encoder = model.encoder
    found = face_points(pack, rows, encoder, model, progress=progress)
    names = pack.expressions or EXPRESSIONS
    if model is not None and settings.model is not None:
        names = model.expressions
    return found, tuple(names), weights_hash(encoder)


def _pick(
    pack: Pack, row: int, number: int, said: np.ndarray | None, names: tuple[str, ...]
) -> Pick:
    file = f"faces/{number:04d}.png"
    if said is None:
        return Pick(row, pack.ids[row], file)
    best = int(said.argmax())
    return Pick(row, pack.ids[row], file, names[best], round(float(said[best]), 4))


def _write(
    folder: Path, pack: Pack, picked: Picked, settings: PickSettings, names: tuple[str, ...]
) -> None:
    (folder / "faces").mkdir()
    tasks = []
    model = str(settings.model) if isinstance(settings.model, str | Path) else "model"
    with (folder / LIST).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for one in picked.faces:
            png = png_bytes(pack.images[one.row])
            (folder / one.file).write_bytes(png)
            split = str(pack.split[one.row])
            about: dict[str, Any] = {"file": one.file, "id": one.id, "split": split}
            said = {"suggestion": one.suggestion, "confidence": one.confidence}
            table.writerow({**about, **said})
            known = None
            if one.suggestion is not None and one.confidence is not None:
                known = (one.suggestion, one.confidence, model)
            tasks.append(label_studio_task(png, about, known))
    (folder / "label_studio.json").write_text(json.dumps(tasks, indent=1) + "\n", encoding="utf-8")
    (folder / "label_studio.xml").write_text(labeling_interface(names), encoding="utf-8")
    captions = [
        one.id if one.suggestion is None else f"{one.suggestion} {one.confidence:.0%}"
        for one in picked.faces
    ]
    draw_faces(folder / "sheet.png", [pack.images[one.row] for one in picked.faces], captions)
