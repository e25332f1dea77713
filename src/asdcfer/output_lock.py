"""One run at a time in one output: a lock that a killed run cannot leave behind.

The system holds the lock for the process and takes it back however the process ends. The file that
it is taken on names process and machine, so that a second run can say who is there; one that a
killed run left is taken over.
"""

import contextlib
import errno
import json
import os
import socket
import weakref
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self

from asdcfer.errors import AsdcferError
from asdcfer.files import make_folder, remove_leftovers, short_name

NAME = ".asdcfer.lock"
"""Lock file in an output folder; beside an output file the file's name comes first."""

_TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_held: "weakref.WeakSet[OutputLock]" = weakref.WeakSet()


class OutputLock:
    """The right to write to an output, held until `release`, or as long as the process lives.

    Temporary files that killed runs left of the output are removed when it is taken.

    Args:
        output: a folder, made where it is not there; or a file.
        beside: the lock lies beside `output`, which is a file, or a folder that is replaced whole.

    Raises:
        AsdcferError: another run holds it, or the place cannot be written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "run"
        >>> with OutputLock(folder):
        ...     OutputLock(folder)
        Traceback (most recent call last):
            ...
        asdcfer.errors.AsdcferError: .../run is in use by another run (process ...
        >>> folder.exists()
        False
    """

    def __init__(self, output: str | os.PathLike[str], *, beside: bool = False) -> None:
        self.output = Path(output)
        folder = self.output.parent if beside else self.output
        name = f".{short_name(self.output.name)}{NAME}" if beside else NAME
        self._made = None if beside or folder.exists() else folder
        self.path = make_folder(folder) / name
        self._file: IO[bytes] | None = self._taken()
        # One that nobody releases goes with the last who knows it.
        weakref.finalize(self, self._file.close)
        _held.add(self)
        remove_leftovers(self.output, beside=beside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let the next run in, and remove the lock file; a second call does nothing."""
        if self._file is None:
            return
        # Removed while it is held: whoever waits at the old file sees that it is gone.
        with contextlib.suppress(OSError):
            self.path.unlink()
        self.close()
        if self._made is not None:
            with contextlib.suppress(OSError):  # there is something in it now
                self._made.rmdir()

    def close(self) -> None:
        """Give up the file without removing it, as a forked process does with its parent's."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _taken(self) -> IO[bytes]:
        while True:
            try:
                file = open(self.path, "a+b")  # noqa: SIM115 - held until it is released
            except OSError as error:
                raise AsdcferError(f"cannot write {self.output}: {error.strerror}") from error
            try:
                _lock(file)
            except OSError as error:
                holder = _holder(file)
                file.close()
                if error.errno in _TAKEN or _alive(holder):
                    raise AsdcferError(self._in_use(holder)) from error
                # A file system without locks: the number of the process has to do.
                return self._signed(open(self.path, "a+b"))
            if self._is_there(file):
                return self._signed(file)
            file.close()

    def _is_there(self, file: IO[bytes]) -> bool:
        """Return whether the open file is still the one that the path names."""
        try:
            return os.path.samestat(os.fstat(file.fileno()), os.stat(self.path))
        except OSError:
            return False

    def _signed(self, file: IO[bytes]) -> IO[bytes]:
        about = {
            "process": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        }
        try:
            file.truncate(0)
            file.write(json.dumps(about).encode() + b"\n")
            file.flush()
        except OSError as error:
            file.close()
            raise AsdcferError(f"cannot write {self.output}: {error.strerror}") from error
        return file

    def _in_use(self, holder: dict[str, Any]) -> str:
        who = ""
        if holder:
            who = f" (process {holder['process']} on {holder['host']}, since {holder['since']})"
        return (
            f"{self.output} is in use by another run{who}; wait until it ends, or choose another "
            "output"
        )


def remove_abandoned(output: str | os.PathLike[str], *, beside: bool = False) -> None:
    """Remove the lock that a run left which was killed when all was written.

    Args:
        output: as of `OutputLock`.
        beside: as there.

    Raises:
        AsdcferError: a run holds it.

    Example:
        >>> import tempfile
        >>> table = Path(tempfile.mkdtemp()) / "scores.csv"
        >>> left = table.with_name(".scores.csv.asdcfer.lock")
        >>> left.touch()
        >>> remove_abandoned(table, beside=True)
        >>> left.exists()
        False
    """
    target = Path(output)
    name = f".{short_name(target.name)}{NAME}" if beside else NAME
    if ((target.parent if beside else target) / name).exists():
        OutputLock(target, beside=beside).release()


def _holder(file: IO[bytes]) -> dict[str, Any]:
    """Return what the holder wrote of itself, empty where that cannot be read."""
    try:
        file.seek(0)
        found = json.loads(file.read(4096))
        return {name: found[name] for name in ("process", "host", "since")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _alive(holder: dict[str, Any]) -> bool:
    """Return whether the holder is another process of this machine that still runs."""
    number = holder.get("process")
    if os.name != "posix" or holder.get("host") != socket.gethostname():
        return False
    if not isinstance(number, int) or number == os.getpid():
        return False
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        # A byte far behind the end: the text stays readable for others.
        file.seek(1 << 30)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _forget_in_child() -> None:
    # A worker that outlives a killed run would hold its lock.
    for lock in list(_held):
        lock.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
