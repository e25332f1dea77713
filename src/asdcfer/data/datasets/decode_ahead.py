"""Decode image files ahead of the pack that takes them, in several threads or elsewhere."""

import os
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.source import Crop, Options
from asdcfer.data.image_io import ImageError, fit, read_image
from asdcfer.data.pack import UNLABELED
from asdcfer.data.pack_writing import PackItem, Skipped

MARGIN = 0.25
"""How much of a box's sides is shown to the detector around it."""


class Decoded:
    """The faces of image files, decoded ahead, in the order of the items.

    Args:
        items: the files.
        options: size, color, crop, pixel limit.
        skipped: filled with the files that cannot be used, while iterating.
    """

    def __init__(self, items: Collection[Item], options: Options, skipped: list[Skipped]) -> None:
        self.items, self.options, self.skipped, self.done = items, options, skipped, 0

    def fraction(self) -> float:
        """Return how much is read, 0..1."""
        return self.done / max(len(self.items), 1)

    def __iter__(self) -> Iterator[PackItem]:
        if self.options.decode is None:
            yield from self._here()
            return
        for some in self.options.decode(self.items):
            self.done += some.files
            self.skipped += some.skipped
            self.options.left_out.update(some.left_out)
            yield from some.faces

    def _here(self) -> Iterator[PackItem]:
        # A thread may hold a whole photograph, and those for the detector wait whole.
        workers = min(16 if self.options.crop is None else 4, os.cpu_count() or 1)
        waiting: deque[tuple[Item, Future[np.ndarray]]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            for item in self.items:
                waiting.append((item, pool.submit(self._load, item)))
                # Whole photographs wait for the detector, small squares otherwise.
                if len(waiting) >= (8 if self.options.crop is None else 2) * workers:
                    yield from self._faces(*waiting.popleft())
            while waiting:
                yield from self._faces(*waiting.popleft())

    def _load(self, item: Item) -> np.ndarray:
        options = self.options
        if options.crop is not None:
            image = read_image(item.path, options.max_pixels)
            return image if item.box is None else _cut(image, item, MARGIN)
        if item.box is not None:
            image = _cut(read_image(item.path, options.max_pixels, color=options.color), item, 0)
        else:
            image = read_image(
                item.path, options.max_pixels, color=options.color, at_least=options.size
            )
        return fitted(image, options)

    def _faces(self, item: Item, future: Future[np.ndarray]) -> Iterator[PackItem]:
        self.done += 1
        options = self.options
        try:
            image = future.result()
        except ImageError as error:
            self.skipped.append(Skipped(item.source_id, error.reason))
            return
        if options.crop is None:
            yield face_of(image, item, item.source_id)
            return
        # Detectors are not safe in several threads, so they run here. A label belongs to one face:
        # the first.
        crops, why = cropped(options.crop, image, options)
        if why:
            self.skipped.append(Skipped(item.source_id, why))
        one = item.label != UNLABELED or item.box is not None
        for number, crop in enumerate(crops[:1] if one else crops):
            name = item.source_id if number == 0 else f"{item.source_id}#{number + 1}"
            yield face_of(fitted(crop, options), item, name)


def cropped(crop: Crop, image: np.ndarray, options: Options) -> tuple[Sequence[np.ndarray], str]:
    """Return the faces in a picture, and why there is none, "" where there are.

    Args:
        crop: of `options`.
        image: uint8 (H,W) or (H,W,3).
        options: count the faces that are left out.
    """
    before = options.left_out.total()
    crops = crop(image)
    if len(crops):
        return crops, ""
    refused = options.left_out.total() > before
    return crops, "no face good enough" if refused else "no face found"


def fitted(image: np.ndarray, options: Options) -> np.ndarray:
    """Return a picture, or a crop of one, in the size and colors of the pack."""
    return fit(image, options.size, color=options.color)


def face_of(image: np.ndarray, item: Item, name: str) -> PackItem:
    """Return an image of the pack's size with what is known of its item.

    Args:
        image: uint8 (S,S) or (S,S,3).
        item: says its split, label, votes and more.
        name: its id.
    """
    votes = None if item.votes is None else np.asarray(item.votes, np.float32)
    return PackItem(image, name, item.split, item.label, votes, dict(item.more))


def _cut(image: np.ndarray, item: Item, margin: float) -> np.ndarray:
    """Return the part of a picture that its box names, with a part of its sides around it."""
    assert item.box is not None
    height, width = image.shape[:2]
    left, top, right, bottom, relative = item.box
    if relative:
        left, top, right, bottom = left * width, top * height, right * width, bottom * height
    aside, above = margin * (right - left), margin * (bottom - top)
    left, right = max(0, round(left - aside)), min(width, round(right + aside))
    top, bottom = max(0, round(top - above)), min(height, round(bottom + above))
    if right - left < 1 or bottom - top < 1:
        raise ImageError(str(item.path), "its box lies outside of it", "box outside the picture")
    return image[top:bottom, left:right]
