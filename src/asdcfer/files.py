"""Write files whole or not at all, and name them by their hash.

Every file this package writes goes to a temporary name in the same folder first and is renamed once
complete, so that an interrupted run, or a full disk, leaves either the old file or the new one and
never half of either. What is written has the permissions that the user's umask gives any new file,
whatever the library that wrote the temporary one chose.
"""

import contextlib
import csv
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asdcfer.errors import AsdcferError
from asdcfer.full_disk import reason

WRITE_ERRORS: tuple[type[Exception], ...] = (OSError,)
try:
    from safetensors import SafetensorError

    WRITE_ERRORS = (OSError, SafetensorError)
except ModuleNotFoundError:  # recognition by ONNX alone is installed without it
    pass
"""What writing a file raises where the disk is full or the place is not to be written; safetensors
has an error of its own.
"""


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path` that becomes `path` when the block ends.

    It is removed when the block raises.

    Raises:
        AsdcferError: the folder cannot be written, or the disk is full.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> with atomic_write(folder / "a.txt") as temporary:
        ...     _ = temporary.write_text("all of it")
        >>> (folder / "a.txt").read_text(), len(list(folder.iterdir()))
        ('all of it', 1)
    """
    target = Path(path)
    make_folder(target.parent)
    temporary = _beside(target)
    try:
        mode = _mode_of_new_file(temporary)
        yield temporary
        _permit(temporary, mode)
        os.replace(temporary, target)
    except WRITE_ERRORS as error:
        raise AsdcferError(
            f"cannot write {target}: {reason(error)}; nothing there was changed"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary folder beside `path` that becomes `path` when the block ends.

    It is removed when the block raises. An existing folder at `path` is replaced only once the new
    one is complete.
    """
    target = Path(path)
    make_folder(target.parent)
    try:
        temporary = Path(
            tempfile.mkdtemp(
                prefix=f".{short_name(target.name)}.", suffix=".tmp", dir=target.parent
            )
        )
    except OSError as error:
        raise AsdcferError(f"cannot make a folder beside {target}: {error.strerror}") from error
    try:
        mode = _mode_of_new_file(temporary / ".mode")
        yield temporary
        for inside in temporary.rglob("*"):
            _permit(inside, _searchable(mode) if inside.is_dir() else mode)
        _permit(temporary, _searchable(mode))
        if target.exists():
            old = target.with_name(f".{short_name(target.name)}.{os.getpid()}.old.tmp")
            os.replace(target, old)
            os.replace(temporary, target)
            shutil.rmtree(old)
        else:
            os.replace(temporary, target)
    except WRITE_ERRORS as error:
        raise AsdcferError(
            f"cannot write {target}: {reason(error)}; nothing there was changed"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def appending(path: str | os.PathLike[str]) -> Iterator[None]:
    """Name the file where something cannot be appended to it, as on a full disk.

    Raises:
        AsdcferError: the block could not write.
    """
    try:
        yield
    except WRITE_ERRORS as error:
        raise AsdcferError(f"cannot write {os.fspath(path)}: {reason(error)}") from error


def _beside(target: Path) -> Path:
    """Return a temporary name beside a file, which may have the longest name that there can be.

    The suffix is kept: several writers choose their format by it.
    """
    suffix = target.suffix if len(target.suffix) <= _LONGEST_SUFFIX else ""
    return target.with_name(f".{short_name(target.stem)}.{os.getpid()}.tmp{suffix}")


_LONGEST_SUFFIX = 16
_LONGEST_STEM = 100
"""Bytes of a name that may be repeated in a temporary one, which is longer by a number and a dot
and must still be shorter than the 143 to 255 bytes of the file systems.
"""


def short_name(name: str) -> str:
    """Return a name as temporary names beside it begin: itself, or a number for a long one.

    Example:
        >>> short_name("a.csv"), short_name("a" * 250)
        ('a.csv', '8067db82')
    """
    raw = os.fsencode(name)
    return name if len(raw) <= _LONGEST_STEM else f"{zlib.crc32(raw):08x}"


_LEFTOVER = re.compile(r"\..+\.(\d+)\.tmp(\.[^.]+)?", re.DOTALL)
"""Names of temporary files, with the number of the process that wrote them."""


def remove_leftovers(output: str | os.PathLike[str], *, beside: bool = False) -> list[Path]:
    """Remove what processes that are gone left of an output under temporary names.

    Args:
        output: a folder, looked through with all inside of it; or a file.
        beside: `output` is a file, or a folder that is replaced whole.

    Returns:
        The paths that were removed.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> left = folder / ".a.4194999.tmp.csv"
        >>> left.touch()
        >>> remove_leftovers(folder / "a.csv", beside=True) == [left]
        True
    """
    target = Path(output)
    if beside:
        stem = re.escape(short_name(target.stem))
        wanted = re.compile(rf"\.{stem}\.(\d+)\.tmp(\.[^.]+)?", re.DOTALL)
        found = target.parent.iterdir() if target.parent.is_dir() else iter(())
    else:
        wanted, found = _LEFTOVER, target.rglob(".*.tmp*")
    removed = []
    for path in list(found):
        match = wanted.fullmatch(path.name)
        # A pack that was set aside is named otherwise, and put back by whoever makes it.
        if match and not _runs(int(match[1])):
            with contextlib.suppress(OSError):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed.append(path)
    return removed


def remove_folder(folder: str | os.PathLike[str]) -> None:
    """Remove a folder so that a kill leaves all of it under its name, or nothing.

    What cannot be removed is left under a temporary name, which `remove_leftovers` knows.
    """
    path = Path(folder)
    aside = path.with_name(f".{short_name(path.stem)}.{os.getpid()}.tmp{path.suffix}")
    with contextlib.suppress(OSError):
        os.replace(path, aside)
        shutil.rmtree(aside, ignore_errors=True)


def _runs(process: int) -> bool:
    """Return whether a process of this machine may still run."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _mode_of_new_file(path: Path) -> int:
    # Asked of the file system and not of os.umask, which can only be read by changing it: for every
    # thread.
    path.unlink(missing_ok=True)
    with open(path, "xb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    path.unlink()
    return mode


def _permit(path: Path, mode: int) -> None:
    # Permissions are a courtesy: shares of other systems and mounted buckets know none.
    with contextlib.suppress(OSError):
        path.chmod(mode)


def _searchable(mode: int) -> int:
    """The mode of a folder whose files have this one: whoever reads may also search."""
    return mode | (mode & 0o444) >> 2


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Return the folder, made where it is not there.

    Verbs call it before long work that ends in it.

    Raises:
        AsdcferError: it cannot be made, or is a file.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise AsdcferError(f"{folder} is a file; a folder is wanted there") from error
    except OSError as error:
        raise AsdcferError(f"cannot make the folder {folder}: {error.strerror}") from error
    return folder


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(
            json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def read_rows(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    r"""Return the whole rows of a CSV file that may still be written, none where there is no file.

    A last line cut short by a kill is dropped.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "a.csv").write_text("step,loss\n1,5.0\n2,4")
        ...     read_rows(Path(folder) / "a.csv")
        [{'step': '1', 'loss': '5.0'}]
    """
    if not Path(path).is_file():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if line.endswith("\n")))
    return [row for row in rows if None not in row.values() and None not in row]


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
