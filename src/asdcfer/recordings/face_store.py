"""FaceStore: faces on disk while recordings are read, so that an interrupted run goes on."""

import contextlib
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Self

import numpy as np

from asdcfer.errors import AsdcferError, DataError, InputError
from asdcfer.files import make_folder
from asdcfer.predict.journal import Journal

_LINE = 4096
"""Faces that are copied at once."""


def store_path(out: Path) -> Path:
    """Return where the faces of a pack are kept until it is complete.

    Example:
        >>> str(store_path(Path("packs/mine")))
        'packs/mine.partial'
    """
    return out.with_name(f"{out.name}.partial")


class FaceStore:
    r"""Faces of recordings as pixels and as lines of a journal, a mark after each recording.

    A recording that was not finished is dropped when the store is opened again. Whoever opens it
    holds the lock of the pack that is made, so that no other process does.

    Args:
        folder: holds `journal` and `faces.u8`.
        settings: what decides the faces; a store made under others is not continued.
        shape: of a face, (S,S) or (S,S,3).
        keys: of all recordings, "NAME\nSTAMP": a store with another stamp of one of them, of a
            file that has changed, is begun anew.

    Attributes:
        finished: keys of the recordings that are done.
        resumed: how many of them were done before.

    Raises:
        DataError: it was begun with other settings.

    Example:
        >>> import tempfile
        >>> folder, face = Path(tempfile.mkdtemp()) / "a.partial", np.zeros((8, 8), np.uint8)
        >>> with FaceStore(folder, {}, (8, 8), ["a.mp4\n1"]) as store:
        ...     store.add("a.mp4", ["a.mp4#0@0", "a.mp4#0@1"], [face, face])
        ...     store.finish("a.mp4\n1", {"frames": 2})
        ...     store.faces()
        {'a.mp4': (0, ['a.mp4#0@0', 'a.mp4#0@1'])}
    """

    def __init__(
        self,
        folder: Path,
        settings: dict[str, Any],
        shape: tuple[int, ...],
        keys: Collection[str],
    ) -> None:
        self.folder, self.shape = make_folder(folder), shape
        self._bytes = int(np.prod(shape))
        self._pixels: IO[bytes] = open(folder / "faces.u8", "ab+")  # noqa: SIM115 # see `close`
        try:
            self._journal = self._opened(settings, keys)
        except BaseException:
            self._pixels.close()
            raise
        self.resumed = len(self.finished)

    def _opened(self, settings: dict[str, Any], keys: Collection[str]) -> Journal:
        path = self.folder / "journal"
        try:
            journal = Journal(path, settings, resume=True)
        except InputError as error:
            raise DataError(
                f"{self.folder} holds an interrupted run with other settings; repeat those to go "
                "on with it, or remove it to start again"
            ) from error
        names = {_name(key): key for key in keys}
        changed = any(key != names.get(_name(key), key) for key in journal.finished)
        due = self._bytes * sum("id" in row for row in journal.rows())
        if changed or due > os.fstat(self._pixels.fileno()).st_size:
            journal.close()
            journal, due = Journal(path, settings), 0
        self._pixels.truncate(due)
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def finished(self) -> set[str]:
        """Keys of the recordings that are done."""
        return self._journal.finished

    def add(self, name: str, ids: Sequence[str], crops: Sequence[np.ndarray]) -> None:
        """Append faces of the recording that is read now.

        Args:
            name: of the recording.
            ids: of the faces in the pack.
            crops: uint8, each of the store's shape.
        """
        for crop in crops:
            assert crop.shape == self.shape
            assert crop.dtype == np.uint8
            self._pixels.write(np.ascontiguousarray(crop).tobytes())
        self._journal.add([{"file": name, "id": one} for one in ids])

    def finish(
        self, key: str, facts: dict[str, Any], tracks: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Mark a recording as done.

        Args:
            key: of it.
            facts: what is told of it: counts, and why it broke off.
            tracks: lines of `TrackFeatures`.
        """
        name = _name(key)
        self._journal.add([{"file": name, "facts": facts}])
        self._journal.add_tracks(tracks)
        self._pixels.flush()
        self._journal.finish(name, key)

    def faces(self) -> dict[str, tuple[int, list[str]]]:
        """Return of each recording the place of its first face, and the ids of its faces."""
        found: dict[str, tuple[int, list[str]]] = {}
        rows = (row for row in self._journal.rows() if "id" in row)
        for place, row in enumerate(rows):
            found.setdefault(row["file"], (place, []))[1].append(row["id"])
        return found

    def facts(self) -> dict[str, dict[str, Any]]:
        """Return what is told of each recording."""
        return {row["file"]: row["facts"] for row in self._journal.rows() if "facts" in row}

    def tracks(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of tracks."""
        return self._journal.tracks()

    def crops(self, first: int, count: int) -> Iterator[np.ndarray]:
        """Yield faces by their place among all that were added, one by one from the disk.

        Args:
            first: place of the first one.
            count: how many.
        """
        with open(self.folder / "faces.u8", "rb") as pixels:
            pixels.seek(first * self._bytes)
            for start in range(0, count, _LINE):
                part = min(_LINE, count - start)
                read = np.frombuffer(pixels.read(part * self._bytes), np.uint8)
                if read.size != part * self._bytes:
                    raise AsdcferError(f"{self.folder} has lost faces; remove it and start again")
                yield from read.reshape(part, *self.shape)

    def close(self) -> None:
        """Close the files; they stay on disk."""
        self._journal.close()
        self._pixels.close()

    def delete(self) -> None:
        """Close and remove the store, once its faces are elsewhere."""
        self.close()
        with contextlib.suppress(OSError):
            shutil.rmtree(self.folder)


def _name(key: str) -> str:
    return key.rsplit("\n", 1)[0]
