"""Find the image that a list means, however it writes the path."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from asdcfer.data.datasets.folder_walk import is_image_name
from asdcfer.data.datasets.label_words import expression_in
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.split_words import split_in

_Known = tuple[tuple[str, ...], Path]
"""The parts of an image's path as lists may have them, and the image."""

_FOLDERS = ("", "images", "Images", "image", "img", "imgs", "data", "faces")


class ImageIndex:
    """The images of a layout by the ends of their paths.

    Lists come from other machines: with absolute paths, backslashes, another case, as addresses of
    the web, without the folder, or without the suffix or with that of a copy in another format. An
    image is found by the longest end of its path that the list gives, where only one image has it.

    Args:
        layout: whose images are searched.
    """

    def __init__(self, layout: Layout) -> None:
        self._there = {place.path for place in layout.images}
        # A list that is named itself may name images anywhere; one that came with a folder names
        # those of the folder, and no others of this machine.
        self._within = os.path.realpath(layout.path) if layout.path.is_dir() else None
        self._ends: dict[str, list[_Known]] = defaultdict(list)
        self._padded: dict[str, list[_Known]] = defaultdict(list)
        for place in layout.images:
            parts = tuple(part.casefold() for part in place.path.parts)
            self._ends[parts[-1]].append((parts, place.path))
            stem = place.stem.casefold()
            if stem != parts[-1]:
                self._ends[stem].append(((*parts[:-1], stem), place.path))
            if stem.isdecimal() and stem != (plain := stem.lstrip("0") or "0"):
                self._padded[plain].append(((*parts[:-1], plain), place.path))

    def find(self, listed: str, beside: Path, split: str | None = None) -> Path | None:
        """Return the image that a list names, or None where there is none, or more than one.

        Args:
            listed: as the list has it.
            beside: the folder of the list.
            split: of the list, by which one of several such images is meant.
        """
        text = listed.strip().strip("'\"").replace("\\", "/")
        if not text or "\0" in text:
            return None
        for folder in _FOLDERS:
            plain = beside / folder / text
            if plain in self._there:
                return plain
        outside = beside / text
        if is_image_name(outside.name) and self._may_be_read(outside):
            return outside
        for parts, near in self._named_like(text):
            if near:
                return _longest_end(parts, near, split)
        return None

    def _may_be_read(self, path: Path) -> bool:
        if self._within is not None:
            try:
                real = os.path.realpath(path)
                if os.path.commonpath([real, self._within]) != self._within:
                    return False
            except ValueError:  # another drive, or no path
                return False
        return _is_file(path)

    def _named_like(self, text: str) -> Iterator[tuple[list[str], list[_Known]]]:
        """Yield ways to read a name, the plain one first, with the images of its last part."""
        parts = _parts(text)
        if not parts:
            return
        yield parts, self._ends.get(parts[-1], [])
        if "://" in text or "%" in text:
            parts = _parts(unquote(re.sub(r"^\w+://|[?#].*$", "", text))) or parts
            yield parts, self._ends.get(parts[-1], [])
        *above, name = parts
        stem = name.rpartition(".")[0]
        if is_image_name(name):
            yield [*above, stem], self._ends.get(stem, [])
        number = stem if is_image_name(name) else name
        if number.isdecimal():
            yield [*above, number], self._padded.get(number, [])


def _parts(text: str) -> list[str]:
    return [part for part in text.casefold().split("/") if part not in ("", ".", "..")]


def _longest_end(parts: list[str], near: list[_Known], split: str | None) -> Path | None:
    """Return the image with the longest end of a path, None where several have it."""
    best: list[Path] = []
    longest = 0
    for known, path in near:
        length = 0
        while length < min(len(known), len(parts)) and known[-1 - length] == parts[-1 - length]:
            length += 1
        if length < min(len(known), len(parts)) and _contradict(
            known[-1 - length], parts[-1 - length]
        ):
            continue
        if length > longest:
            best, longest = [path], length
        elif length == longest:
            best.append(path)
    if len(best) > 1 and split:
        best = [path for path in best if split in map(split_in, path.parts[:-1])]
    return best[0] if len(best) == 1 else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _contradict(there: str, listed: str) -> bool:
    """Whether two folders in which an image would lie are different splits or classes."""
    if split_in(there) and split_in(listed):
        return split_in(there) != split_in(listed)
    if expression_in(there) and expression_in(listed):
        return expression_in(there) != expression_in(listed)
    return there.isdecimal() and listed.isdecimal()
