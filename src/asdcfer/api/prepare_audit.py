"""`prepare` and `audit`: packs of faces, and the duplicates in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asdcfer.api.data_inputs import DataLike, PathLike, pack_of
from asdcfer.api.settings import PrepareSettings
from asdcfer.data.contact_sheet import contact_sheet
from asdcfer.data.datasets.source import Crop, Options
from asdcfer.data.duplicates import Pairs, find_duplicates, summary, write_csv
from asdcfer.data.pack import Pack
from asdcfer.data.prepare_pack import prepare as prepare_pack
from asdcfer.errors import AsdcferError
from asdcfer.files import make_folder
from asdcfer.progress import SILENT, Progress


def prepare(
    source: PathLike,
    out: PathLike,
    settings: PrepareSettings | None = None,
    *,
    progress: Progress = SILENT,
) -> Pack:
    """Turn a data set or a folder of images into a pack, whole or not at all.

    Args:
        source: CSV file or folder.
        out: the pack to make, a folder; one that is there is replaced once the new one is complete.
        settings: how.
        progress: is told of each face and of what the source was recognized as.

    Returns:
        The pack, opened.

    Raises:
        DataError: the source is missing, empty, unknown or malformed.
    """
    settings = settings or PrepareSettings()
    if settings.detector_model is not None and not settings.detect:
        raise AsdcferError("`detector_model` is for `detect=True`; give both, or neither")
    options = Options(
        size=settings.size,
        color=settings.color,
        crop=_detector_crop(settings) if settings.detect else None,
        expressions=settings.expressions,
        targets=settings.targets,
        votes=None if settings.votes is None else Path(settings.votes),
        own_classes=settings.own_classes,
        labels_order=settings.labels_order,
        columns=settings.columns or {},
        max_pixels=settings.max_pixels,
    )
    return prepare_pack(source, out, options, kind=settings.kind, progress=progress)


def _detector_crop(settings: PrepareSettings) -> Crop:
    from asdcfer.recognition.alignment import face_crops
    from asdcfer.recognition.detector import YuNet

    return face_crops(settings.size, YuNet(settings.detector_model))


@dataclass(frozen=True)
class Audit:
    """Duplicate images inside and across splits and packs.

    Attributes:
        images: how many were compared.
        pairs: of rows, over all packs one after the other.
        splits: counts for each pair of splits.
        csv: the table of pairs; None where nothing was to be written.
        sheet: the contact sheet of pairs.
    """

    images: int
    pairs: Pairs
    splits: list[dict[str, str | int]]
    csv: Path | None
    sheet: Path | None

    @property
    def exact(self) -> int:
        """Number of pairs of equal images."""
        return int(self.pairs.exact.sum())

    @property
    def near(self) -> int:
        """Number of pairs that are near duplicates and not equal."""
        return len(self.pairs) - self.exact


def audit(
    packs: Sequence[DataLike],
    out: PathLike | None = None,
    *,
    hamming: int = 16,
    distance: float = 0.22,
    progress: Progress = SILENT,
) -> Audit:
    """Find exact and near duplicates inside and across splits and packs.

    Args:
        packs: made by `prepare`.
        out: folder for duplicates.csv and duplicates.png; None writes nothing.
        hamming: near duplicates differ in so many bits of the 64-bit hash at most.
        distance: near duplicates have this pixel distance at most, 0..1.
        progress: is told of the images compared.

    Returns:
        The pairs, and how many there are between which splits.

    Raises:
        DataError: a pack is missing or damaged.

    Example:
        >>> found = audit(["sample"])
        >>> found.images, found.csv
        (1500, None)
    """
    opened = [pack_of(pack) for pack in packs]
    images = sum(len(pack) for pack in opened)
    folder = None if out is None else make_folder(Path(out))
    pairs = find_duplicates(
        opened,
        hamming,
        distance,
        lambda fraction: progress("comparing", round(fraction * images), images),
    )
    return Audit(
        images,
        pairs,
        summary(opened, pairs),
        None if folder is None else write_csv(folder / "duplicates.csv", opened, pairs),
        None if folder is None else contact_sheet(folder / "duplicates.png", opened, pairs),
    )
