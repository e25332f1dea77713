"""What the user named - files, folders, globs - as one sorted list of photos and videos."""

import glob
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from asdcfer.data.image_formats import IMAGE_SUFFIXES
from asdcfer.errors import InputError
from asdcfer.predict.output_paths import copy_names
from asdcfer.recognition.video_source import VIDEO_SUFFIXES


@dataclass(frozen=True)
class Input:
    """One file to recognize.

    Attributes:
        path: as the user wrote it, or below the folder they named.
        kind: "photo" or "video" by the suffix; "unknown" for a file named outright with another
            suffix, which is tried as both.
        name: path below the folder that was named, or the file's own name; where annotated copies
            go. No two files of a list have copies of one name.
        fault: why it cannot be read, where that is known before: a folder that is closed.
    """

    path: Path
    kind: Literal["photo", "video", "unknown"]
    name: Path
    fault: str = ""

    @property
    def key(self) -> str:
        """The file itself, however it was spelled: its absolute path without links."""
        return os.path.realpath(self.path)


def collect(
    sources: Sequence[str | os.PathLike[str]],
    leave_out: Iterable[Path] = (),
    passed_over: Counter[str] | None = None,
) -> list[Input]:
    """Return the files meant by paths, folders (searched recursively) and globs, each once.

    A folder gives its photos and videos by suffix, hidden ones left out, sorted by path; links to
    folders are followed once, and what cannot be opened is there with its fault. A file named
    outright is taken whatever its suffix, and even when it is not there: it becomes a row that
    says so.

    Args:
        sources: what the user named.
        leave_out: folders that are not searched, such as the one that results go to.
        passed_over: counts what is in the folders and not in the list, by the reason.

    Raises:
        InputError: a glob matches nothing, or a folder holds no photo or video.
    """
    skipped = {os.path.realpath(folder) for folder in leave_out}
    others: Counter[str] = Counter() if passed_over is None else passed_over
    found: dict[str, Input] = {}
    for source in sources:
        path = Path(source)
        matches = [path]
        # os.path answers where Path raises: for a link to itself, or a name longer than names can
        # be.
        if not os.path.exists(path) and glob.has_magic(str(source)):
            matches = [
                Path(match)
                for match in sorted(glob.glob(os.path.expanduser(str(source)), recursive=True))
            ]
            if not matches:
                raise InputError(f"no file matches {source}")
        for match in matches:
            if os.path.isdir(match):
                here: Counter[str] = Counter()
                items = _inside(match, skipped, here)
                if not items and len(matches) == 1:
                    raise InputError(
                        f"the folder {match} holds no photo or video"
                        + (f", only {as_words(here)}" if here else "")
                        + "; they are known by their suffixes, such as .jpg, .png and .mp4: name "
                        "files of another suffix outright"
                    )
                others.update(here if items else {"a folder without a photo or video": 1})
            else:
                items = [Input(match, kind_of(match), Path(match.name))]
            for item in items:
                found.setdefault(item.key, item)
    return _named_apart(list(found.values()))


def as_words(passed_over: Counter[str]) -> str:
    """Return what was passed over in a line: the reasons with their numbers, the most first.

    Example:
        >>> as_words(Counter({".txt": 2, "hidden": 1}))
        '.txt (2), hidden (1)'
    """
    ordered = sorted(passed_over.items(), key=lambda item: (-item[1], item[0]))
    shown = ordered[:_MOST_REASONS]
    rest = sum(passed_over.values()) - sum(count for _, count in shown)
    words = [f"{reason} ({count})" for reason, count in shown]
    return ", ".join([*words, *([f"others ({rest})"] if rest else [])])


_MOST_REASONS = 8


def kind_of(path: Path) -> Literal["photo", "video", "unknown"]:
    """Return what a path is by its suffix.

    Example:
        >>> kind_of(Path("a.JPG")), kind_of(Path("a.mov")), kind_of(Path("a"))
        ('photo', 'video', 'unknown')
    """
    suffix = path.suffix.lower()
    return (
        "photo" if suffix in IMAGE_SUFFIXES else "video" if suffix in VIDEO_SUFFIXES else "unknown"
    )


def _named_apart(items: list[Input]) -> list[Input]:
    """Give files of one name their path below the folder that holds them all."""
    if len({item.name for item in items}) < len(items):
        paths = [Path(os.path.abspath(item.path)) for item in items]
        above = os.path.commonpath([path.parent for path in paths])
        items = [
            replace(item, name=path.relative_to(above))
            for item, path in zip(items, paths, strict=True)
        ]
    taken: set[Path] = set()
    apart = []
    for item in items:
        # What is left are pairs such as a.gif and a.gif.png, whose copies would have one name.
        name, number = item.name, 1
        while not taken.isdisjoint(copy_names(name)):
            number += 1
            name = item.name.with_name(f"{item.name.stem}_{number}{item.name.suffix}")
        taken.update(copy_names(name))
        apart.append(replace(item, name=name))
    return apart


def _inside(root: Path, skipped: set[str], passed_over: Counter[str]) -> list[Input]:
    """Return the photos and videos below a folder, and what of it is closed."""
    found: list[Input] = []

    def closed(error: OSError) -> None:
        folder = Path(error.filename)
        fault = f"the folder cannot be read ({error.strerror})"
        name = Path(folder.name) if folder == root else folder.relative_to(root)
        found.append(Input(folder, "unknown", name, fault))

    seen: set[str] = set()
    for parent, folders, names in os.walk(root, onerror=closed, followlinks=True):
        # A link may lead back to where it lies.
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        passed_over["hidden"] += sum(name.startswith(".") for name in (*folders, *names))
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(Path(parent) / name) not in skipped
        )
        for path in (Path(parent) / name for name in names if not name.startswith(".")):
            kind = kind_of(path)
            if kind != "unknown":
                found.append(Input(path, kind, path.relative_to(root)))
            elif path.is_symlink() and not os.path.exists(path):
                fault = f"a link to {os.readlink(path)}, where nothing is"
                found.append(Input(path, kind, path.relative_to(root), fault))
            else:
                passed_over[path.suffix.lower() or "no suffix"] += 1
    passed_over -= Counter()  # drops the reasons without a file
    return sorted(found, key=lambda item: item.path)
