"""Labels for faces of a pack: which rows they are of, and which faces belong together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from asdcfer.adaptation.label_list import LabelEntry, class_names
from asdcfer.data.image_io import ImageError, fit, read_image
from asdcfer.data.pack import Pack
from asdcfer.data.tracks import recordings
from asdcfer.errors import DataError
from asdcfer.progress import SILENT, Progress

SHOWN = 3
"""So many names stand in a message."""


@dataclass(frozen=True)
class GivenLabels:
    """The labeled faces of a pack.

    Attributes:
        rows: int64 (N,), of the pack, rising.
        labels: int64 (N,), indices into `names`.
        names: the classes.
        groups: int64 (N,), faces of one person or video have one number: they are never torn apart.
        grouped_by: what the groups are, in words; "" where each face is one of its own.
    """

    rows: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    groups: np.ndarray
    grouped_by: str

    @property
    def counts(self) -> dict[str, int]:
        """How many faces each class has."""
        return {name: int((self.labels == i).sum()) for i, name in enumerate(self.names)}


def labels_of_pack(pack: Pack) -> GivenLabels:
    """Return the labels that a pack holds itself.

    Raises:
        DataError: it holds none, or those of one class only.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> given = labels_of_pack(sample_pack())
        >>> len(given.rows), given.names[:2], given.grouped_by
        (1500, ('angry', 'disgust'), '')
    """
    rows = np.flatnonzero(pack.labels >= 0)
    if not len(rows):
        raise DataError(f"{pack.path} holds no labels of its own; give some by `labels`")
    said = [pack.expressions[label] for label in pack.labels[rows]]
    return _given(pack, rows, said, {})


def given_labels(
    pack: Pack, entries: Sequence[LabelEntry], progress: Progress = SILENT
) -> GivenLabels:
    """Return which faces of a pack somebody labeled, and how.

    A name is looked for among the ids; then among the names of their files, with and without
    suffix; then, where there is a picture, among the pixels. Faces that are not found are told.

    Args:
        pack: the faces.
        entries: as `label_list.read_labels` reads them.
        progress: is told of names that are no face of the pack.

    Raises:
        DataError: no name is a face of the pack, a name is that of several, a face has two labels,
            or all have the same.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> pack = sample_pack()
        >>> said = [LabelEntry(pack.ids[4], "happy", "1"), LabelEntry(pack.ids[2], "pain", "2")]
        >>> given = given_labels(pack, said)
        >>> given.rows.tolist(), given.labels.tolist(), given.names
        ([2, 4], [1, 0], ('happy', 'pain'))
    """
    index = _Index(pack)
    found: dict[int, LabelEntry] = {}
    missing = []
    for entry in entries:
        row = index.row_of(entry)
        if row is None:
            missing.append(entry)
            continue
        before = found.setdefault(row, entry)
        if before.label != entry.label:
            raise DataError(
                f"{pack.ids[row]} is labeled {before.label} ({before.place}) and {entry.label} "
                f"({entry.place}); say which"
            )
    if missing:
        names = ", ".join(repr(entry.name) for entry in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        told = f"{len(missing)} of {len(entries)} labels name no face of {pack.path}: {names}{more}"
        if not found:
            raise DataError(f"{told}; its ids are such as {pack.ids[0]!r}")
        progress.message(f"{told}; they are left out")
    rows = np.array(sorted(found), np.int64)
    groups = {row: entry.group for row, entry in found.items() if entry.group is not None}
    return _given(pack, rows, [found[int(row)].label for row in rows], groups)


def _given(pack: Pack, rows: np.ndarray, said: Sequence[str], named: dict[int, str]) -> GivenLabels:
    names = class_names(set(said))
    if len(names) < 2:
        raise DataError(
            f"all {len(rows)} labels say {names[0]}; a model needs faces of two classes or more"
        )
    labels = np.array([names.index(label) for label in said], np.int64)
    groups, by = _groups(pack, rows, named)
    return GivenLabels(rows, labels, names, groups, by)


def _groups(pack: Pack, rows: np.ndarray, named: dict[int, str]) -> tuple[np.ndarray, str]:
    """Return the number of each row's group, and what the groups are."""
    origin = recordings([pack.ids[row] for row in rows])
    kept = pack.more.get("group")
    people: list[str | None] = [
        named.get(int(row)) or (None if kept is None or kept[row] is None else str(kept[row]))
        for row in rows
    ]
    # A blank cannot begin a person's name in a list, so the two kinds never meet.
    keys = [person or f" {video}" for person, video in zip(people, origin, strict=True)]
    by = "person" if any(people) else ""
    if not by and len(set(origin)) < len(rows):
        by = "video"
    _, groups = np.unique(np.array(keys), return_inverse=True)
    return groups.astype(np.int64), by


class _Index:
    """Rows of a pack by id, by the name of a file, and by pixels."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.ids = {name: row for row, name in enumerate(pack.ids)}
        self.names: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(pack.ids):
            last = PurePath(name).name
            for key in {last, PurePath(last).stem}:
                self.names[key].append(row)
        self.pixels: dict[bytes, int] | None = None

    def row_of(self, entry: LabelEntry) -> int | None:
        """Return the row that an entry names, or None.

        Raises:
            DataError: it names several.
        """
        if entry.name in self.ids:
            return self.ids[entry.name]
        last = PurePath(entry.name).name
        rows = self.names.get(last) or self.names.get(PurePath(last).stem) or []
        if len(rows) > 1:
            rows = [r for r in rows if self.pack.ids[r].endswith(entry.name)] or rows
        if len(rows) == 1:
            return rows[0]
        if entry.file is not None:
            return self._seen(entry)
        if rows:
            raise DataError(
                f"{entry.place}: {entry.name} may be {len(rows)} faces, such as "
                f"{self.pack.ids[rows[0]]} and {self.pack.ids[rows[1]]}; name them by id"
            )
        return None

    def _seen(self, entry: LabelEntry) -> int | None:
        """Return the face that has the pixels of a picture."""
        images = self.pack.images
        if self.pixels is None:
            self.pixels = {image.tobytes(): row for row, image in enumerate(images)}
        assert entry.file is not None
        color = images.ndim == 4
        try:
            picture = read_image(entry.file, color=color)
        except ImageError:
            return None
        if picture.shape != images.shape[1:]:
            picture = fit(picture, images.shape[1], color=color)
        return self.pixels.get(picture.tobytes())
