"""`prepare` and `audit`: packs of faces, and the duplicates in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asdcfer.api.audit_workers import searcher_of
from asdcfer.api.data_inputs import DataLike, PathLike, pack_of
from asdcfer.api.prepare_workers import OF_DETECT, decoder_of, given_limits, prepare_options
from asdcfer.api.settings import PrepareSettings
from asdcfer.data.contact_sheet import contact_sheet
from asdcfer.data.datasets.source import VideoReader
from asdcfer.data.duplicate_tables import summary, write_csv
from asdcfer.data.duplicates import Pairs, find_duplicates
from asdcfer.data.pack import Pack
from asdcfer.data.prepare_pack import prepare as prepare_pack
from asdcfer.engines.engine import Engine
from asdcfer.errors import AsdcferError
from asdcfer.files import make_folder
from asdcfer.progress import SILENT, Progress


def prepare(
    source: PathLike,
    out: PathLike,
    settings: PrepareSettings | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Pack:
    """Turn a data set, a folder of images or videos into a pack, whole or not at all.

    What was read of videos is kept in OUT.partial until the pack is complete: the same call goes on
    after an interruption, from the first file that was not finished, to the same bytes.

    Args:
        source: CSV file, folder or video.
        out: the pack to make, a folder; one of the same source that is there is replaced once the
            new one is complete.
        settings: how.
        force: replace a pack of another source too.
        progress: is told of each face and of what the source was recognized as.

    Returns:
        The pack, opened.

    Raises:
        DataError: the source is missing, empty, unknown or malformed, or another source's pack is
            at `out`.
    """
    settings = settings or PrepareSettings()
    _check_detect(settings)
    options = prepare_options(settings)
    if settings.detect:
        options = replace(options, videos=_video_reader(settings, Path(out), progress))
    if settings.engine.spread:
        options = replace(options, decode=decoder_of(settings))
    return prepare_pack(
        source,
        out,
        options,
        kind=settings.kind,
        per_shard=settings.shard,
        force=force,
        progress=progress,
    )


def _check_detect(settings: PrepareSettings) -> None:
    given = [] if settings.detect else list(given_limits(settings, OF_DETECT))
    if given:
        raise AsdcferError(f"`{given[0]}` is for `detect=True`; give both, or neither")


def _video_reader(settings: PrepareSettings, out: Path, progress: Progress) -> VideoReader:
    from asdcfer.recordings.options import RecordingOptions
    from asdcfer.recordings.reader import RecordingReader

    return RecordingReader(out, RecordingOptions(**given_limits(settings, OF_DETECT)), progress)


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
    engine: Engine | None = None,
    progress: Progress = SILENT,
) -> Audit:
    """Find exact and near duplicates inside and across splits and packs.

    Args:
        packs: made by `prepare`.
        out: folder for duplicates.csv and duplicates.png; None writes nothing.
        hamming: near duplicates differ in so many bits of the 64-bit hash at most.
        distance: near duplicates have this pixel distance at most, 0..1.
        engine: where faces are compared; None in this process. See `Engine`.
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
        searcher_of(opened, hamming, distance, engine) if engine and engine.spread else None,
    )
    return Audit(
        images,
        pairs,
        summary(opened, pairs),
        None if folder is None else write_csv(folder / "duplicates.csv", opened, pairs),
        None if folder is None else contact_sheet(folder / "duplicates.png", opened, pairs),
    )
