"""Rows of results, and the journal that keeps them while a run is going.

One row a face and frame. Rows go to a journal beside the output as they come, and become the CSV,
JSON or Parquet file at the end; so a run that was interrupted is continued from its last finished
file, and a video of any length needs no memory.
"""

import json
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from asdcfer.errors import InputError
from asdcfer.files import appending, atomic_write
from asdcfer.predict.columns import face_values
from asdcfer.recognition.face import Face

STATUS_NO_FACE = "no face"
STATUS_ERROR = "error"
STATUS_BROKEN = "broken off"
"""Status of a row that stands for a file: `error: REASON`, or `broken off: REASON` after the good
rows of a video.
"""


def face_rows(file: str, frame: int, time: float, faces: Sequence[Face]) -> list[dict[str, Any]]:
    """Return the rows of one frame; one without a face has one row with the status "no face"."""
    if not faces:
        return [{"file": file, "frame": frame, "time": round(time, 4), "status": STATUS_NO_FACE}]
    where = {"file": file, "frame": frame, "time": round(time, 4)}
    return [{**where, **face_values(face)} for face in faces]


def legible(text: str) -> str:
    r"""Return a text that every file and terminal takes.

    Bytes of a file name that are not UTF-8 become the replacement character.

    Example:
        >>> legible("caf\udce9.jpg") == "caf\ufffd.jpg"
        True
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def failed_row(
    file: str, reason: str, frame: int | None = None, time: float | None = None
) -> dict[str, Any]:
    """Return the row of a file that cannot be read, or of a video that breaks off at a frame."""
    # The reason begins with the file's name, which has a column of its own.
    reason = reason.removeprefix(f"{file}: ")
    row: dict[str, Any] = {
        "file": file,
        "status": f"{STATUS_ERROR if frame is None else STATUS_BROKEN}: {reason}",
    }
    return row if frame is None else {**row, "frame": frame, "time": time}


class RowTaker(Protocol):
    """What takes the rows of files: a `Journal`, or what brings them to one."""

    @property
    def finished(self) -> Collection[str]:
        """Keys of the files that need not be recognized."""
        ...

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Take rows, those of one frame."""
        ...

    def add_tracks(self, tracks: Sequence[dict[str, Any]]) -> None:
        """Take what is known of the tracks of a file."""
        ...

    def finish(self, file: str, key: str | None = None, video: bool = False) -> None:
        """Take that a file is finished."""
        ...


class Journal:
    """Rows on disk while a run is going: one JSON value a line, a mark after each finished file.

    Args:
        path: of the journal.
        settings: what decides the rows; a journal made under others is not continued.

    Attributes:
        finished: keys of the finished files.
        videos: names of the finished files that gave frames of a video.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "journal"
        >>> with Journal(path, {"model": "a"}) as journal:
        ...     journal.add([{"file": "1.jpg"}, {"file": "2.jpg"}])
        ...     journal.finish("1.jpg")
        >>> with Journal(path, {"model": "a"}, resume=True) as journal:
        ...     sorted(journal.finished), list(journal.rows())
        (['1.jpg'], [{'file': '1.jpg'}])
    """

    def __init__(
        self, path: str | os.PathLike[str], settings: dict[str, Any], resume: bool = False
    ) -> None:
        self.path = Path(path)
        self.finished: set[str] = set()
        self.videos: set[str] = set()
        head = json.dumps({"settings": settings}, sort_keys=True)
        if resume and self.path.exists():
            self._keep_finished(head)
        else:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.write_text(head + "\n", encoding="utf-8")
            except OSError as error:
                raise InputError(f"cannot write {self.path}: {error.strerror}") from error
        self._file = self.path.open("a", encoding="utf-8")

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Append rows."""
        # Escaped to ASCII: a file name need not be valid UTF-8, and comes back as it was.
        with appending(self.path):
            self._file.writelines(json.dumps(row) + "\n" for row in rows)

    def finish(self, file: str, key: str | None = None, video: bool = False) -> None:
        """Mark a file as finished: its rows are kept by a later `resume`.

        Args:
            file: as its rows name it.
            key: the file however it is spelled, by which a later run knows it; the name where None.
            video: it gave frames of a video.
        """
        mark = {"finished": file, "key": key or file, "video": video}
        with appending(self.path):
            self._file.write(json.dumps(mark) + "\n")
            self._file.flush()
        self._note(mark)

    def add_tracks(self, tracks: Sequence[dict[str, Any]]) -> None:
        """Append what is known of the tracks of a file, before it is finished.

        Args:
            tracks: lines with "file" and "track", see `people.track_features`.
        """
        self.add(tracks)

    def tracks(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of `add_tracks`."""
        if not self._file.closed:
            self._file.flush()
        return (line for line in _lines(self.path) if "track" in line)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows, in the order they came."""
        if not self._file.closed:
            self._file.flush()
        return self.read(self.path)

    @staticmethod
    def read(path: Path) -> Iterator[dict[str, Any]]:
        """Yield the rows of a journal on disk."""
        return (line for line in _lines(path) if "finished" not in line and "track" not in line)

    def close(self) -> None:
        """Close the file; the journal stays on disk."""
        with appending(self.path):
            self._file.close()

    def delete(self) -> None:
        """Close and remove the journal, once its rows are elsewhere."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _note(self, mark: dict[str, Any]) -> None:
        self.finished.add(mark["key"])
        if mark["video"]:
            self.videos.add(mark["finished"])

    def _keep_finished(self, head: str) -> None:
        """Drop what an interrupted run left of an unfinished file, and half a last line."""
        with (
            self.path.open(encoding="utf-8", errors="replace") as lines,
            atomic_write(self.path) as temporary,
            temporary.open("w", encoding="utf-8") as kept,
        ):
            if next(lines, "").rstrip("\n") != head:
                raise InputError(
                    f"{self.path} was made with another model or other settings; repeat those, or "
                    "use `force=True` to start again"
                )
            kept.write(head + "\n")
            pending: dict[str, list[str]] = {}
            for line in (f"{line.rstrip(chr(10))}\n" for line in lines):
                row = _row_of(line)
                if row is None:
                    break  # what comes after damage is made again
                if "finished" in row:
                    self._note(row)
                    kept.writelines(pending.pop(row["finished"], ()))
                    kept.write(line)
                else:
                    pending.setdefault(row["file"], []).append(line)


def _row_of(line: str) -> dict[str, Any] | None:
    """Return the row or the mark that a line holds, None where it is damaged."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    if "finished" in row:
        whole = all(isinstance(row.get(name), str) for name in ("finished", "key"))
        return row if whole and isinstance(row.get("video"), bool) else None
    return row if isinstance(row.get("file"), str) else None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        next(lines, None)
        yield from map(json.loads, lines)
