"""Whether a pack that is about to be replaced was made of the same source as the new one.

`pack.json` names no paths, so that the same input gives the same bytes anywhere. Two packs are of
one source where their inputs have the same hash, or where they share faces.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem
from asdcfer.data.splits import evenly_spaced
from asdcfer.data.tracks import recordings
from asdcfer.errors import DataError

SAMPLED = 4096
"""Faces of the old pack that are looked for in the new source."""
ENOUGH = 256
"""So many faces under names of old ones, and none that looks like the old one, decide."""
LIKE = 4.0
"""Mean difference of pixels, 0..255, that another decoder makes, and another face exceeds."""


def unless_of_another(
    target: Path,
    faces: Iterable[PackItem],
    about: Mapping[str, Any],
    names: Callable[[], Iterable[str]] | None = None,
) -> Iterator[PackItem]:
    """Yield faces on their way into a pack that may replace one of the same source only.

    Args:
        target: where the pack is made. The pack there is looked at when the first face is asked
            for; one that cannot be opened is no reason to stop.
        faces: of the new source.
        about: facts of the new source, as they go into pack.json.
        names: returns the files that the faces are read from, where that is known before.

    Raises:
        DataError: the pack there was made of another source. That is known before the first face
            where `names` tell, and else at the latest after the last one.

    Example:
        >>> import tempfile
        >>> from asdcfer.data.pack_writing import write_pack
        >>> black, out = np.zeros((48, 48), np.uint8), Path(tempfile.mkdtemp()) / "mine"
        >>> mine = [PackItem(black, f"{name}.png") for name in "ab"]
        >>> _ = write_pack(out, mine, expressions=[], source={"kind": "folder"})
        >>> len(list(unless_of_another(out, mine, {})))
        2
        >>> list(unless_of_another(out, [PackItem(black, "other.png")], {}))
        Traceback (most recent call last):
            ...
        asdcfer.errors.DataError: .../mine is a pack of another source (folder, 2 faces); ...
    """
    old = _opened(target)
    if old is None or _same_input(old, about):
        yield from faces
        return
    known, refusal = _Known(old, about), _of_another(old)
    del old  # with a million ids
    if names is not None and not any(map(known.names, names())):
        raise refusal
    for face in faces:
        if known.undecided:
            known.compare(face)
            if known.differing >= ENOUGH:
                raise refusal
        yield face
    if known.undecided:
        raise refusal


def _opened(target: Path) -> Pack | None:
    try:
        return load_pack(target)
    except DataError:
        return None


def _same_input(old: Pack, about: Mapping[str, Any]) -> bool:
    digest = about.get("input_sha256")
    return digest is not None and digest == old.info["source"].get("input_sha256")


def _of_another(old: Pack) -> DataError:
    source = old.info["source"]
    what = source.get("name") or source.get("kind") or "unnamed"
    faces = "1 face" if len(old) == 1 else f"{len(old):,} faces"
    return DataError(
        f"{old.path} is a pack of another source ({what}, {faces}); choose another OUT, or use "
        "`force=True` to replace it"
    )


class _Known:
    """Some faces of the old pack, and whether one of them was met again.

    Args:
        old: the pack that is there.
        about: facts of the new source.
    """

    def __init__(self, old: Pack, about: Mapping[str, Any]) -> None:
        rows = evenly_spaced(np.arange(len(old)), min(SAMPLED, len(old))).tolist()
        self._images, self._rows = old.images, {old.ids[row]: row for row in rows}
        self._files = set(recordings(list(self._rows)))
        source = old.info["source"]
        # A detector, and what it keeps, may be another one.
        self._pixels = not (source.get("detected") or about.get("detected"))
        self._hashed = "input_sha256" in about and "input_sha256" in source
        self.undecided, self.differing = True, 0

    def names(self, file: str) -> bool:
        """Return whether a file of the new source has the name of an old one."""
        return recordings([file])[0] in self._files

    def compare(self, face: PackItem) -> None:
        """Decide where a face is one of the old pack; count it where it has its name alone."""
        shape = self._images.shape[1:]
        if self._pixels and face.image.shape == shape:
            row = self._rows.get(face.source_id)
            if row is not None:
                apart = self._images[row].astype(np.int16) - face.image
                self.undecided = float(np.abs(apart).mean()) > LIKE
                self.differing += 1
        elif not self._hashed:
            # Of another size: there is nothing but the names.
            self.undecided = not self.names(face.source_id)
