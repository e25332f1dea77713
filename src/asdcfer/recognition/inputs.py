"""What the user named - files, folders, globs - as one sorted list of photos and videos."""

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from asdcfer.errors import InputError
from asdcfer.recognition.reading import IMAGE_SUFFIXES
from asdcfer.recognition.video import VIDEO_SUFFIXES


@dataclass(frozen=True)
class Input:
    """One file to recognise.

    Attributes:
        path: as the user wrote it, or below the folder they named.
        kind: "photo" or "video" by the suffix; "unknown" for a file named outright with another suffix, which is tried as both.
        name: path below the folder that was named, or the file's own name; where annotated copies go.
    """

    path: Path
    kind: Literal["photo", "video", "unknown"]
    name: Path


def collect(sources: Sequence[str | os.PathLike[str]], leave_out: Iterable[Path] = ()) -> list[Input]:
    """Return the files meant by paths, folders (searched recursively) and globs, each once.

    A folder gives its photos and videos by suffix, hidden ones left out, sorted by path. A file named outright is taken whatever its suffix, and even
    when it is not there: it becomes a row that says so.

    Args:
        sources: what the user named.
        leave_out: folders that are not searched, such as the one that results go to.

    Raises:
        InputError: a glob matches nothing, or a folder holds no photo or video.
    """
    skipped = {folder.resolve() for folder in leave_out}
    found: dict[Path, Input] = {}
    for source in sources:
        path = Path(source)
        matches = [path]
        if not path.exists() and glob.has_magic(str(source)):
            matches = [Path(match) for match in sorted(glob.glob(os.path.expanduser(str(source)), recursive=True))]
            if not matches:
                raise InputError(f"no file matches {source}")
        for match in matches:
            if match.is_dir():
                inside = _inside(match, skipped)
                if not inside and len(matches) == 1:
                    raise InputError(f"the folder {match} holds no photo or video (known: {', '.join(sorted(IMAGE_SUFFIXES | VIDEO_SUFFIXES))})")
                for file in inside:
                    found.setdefault(file.resolve(), Input(file, kind_of(file), file.relative_to(match)))
            else:
                found.setdefault(match.resolve(), Input(match, kind_of(match), Path(match.name)))
    return list(found.values())


def kind_of(path: Path) -> Literal["photo", "video", "unknown"]:
    """Return what a path is by its suffix.

    Example:
        >>> kind_of(Path("a.JPG")), kind_of(Path("a.mov")), kind_of(Path("a"))
        ('photo', 'video', 'unknown')
    """
    suffix = path.suffix.lower()
    return "photo" if suffix in IMAGE_SUFFIXES else "video" if suffix in VIDEO_SUFFIXES else "unknown"


def _inside(folder: Path, skipped: set[Path]) -> list[Path]:
    files = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and (Path(parent) / name).resolve() not in skipped)
        files += [Path(parent) / name for name in names if not name.startswith(".") and kind_of(Path(name)) != "unknown"]
    return sorted(files)
