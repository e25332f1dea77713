"""Copies of the YuNet network, each for one size of picture.

OpenCV lays a network out anew whenever the size of its input changes, which takes as long as the
detection itself. A video is looked at in two sizes, again and again; so each has a copy.
"""

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from asdcfer.errors import InputError

LEAST_SIDE = 64
"""Smaller pictures are padded to this side: where a map of the network has a single row or column,
OpenCV's layers read memory that nobody wrote, and faces appear at random.
"""
MOST = 4
"""Copies that are kept; a fifth size is taken by the one that was used the longest ago."""
MOST_PIXELS = 1_000_000
"""Of all sizes that are kept together, or of one: the copies of large pictures are large."""


class YuNetNetworks:
    """Networks of one file, used by any number of threads, one call at a time.

    Args:
        path: ONNX file.
        score_threshold: faces scored lower are dropped, 0..1.
        nms_threshold: of two boxes that overlap more than this (IoU) the weaker one is dropped.

    Raises:
        InputError: the file cannot be read by OpenCV.
    """

    def __init__(self, path: Path, score_threshold: float, nms_threshold: float) -> None:
        self._path, self._thresholds = path, (score_threshold, nms_threshold)
        # OpenCV's network keeps its input between calls, so that two threads must not share one
        # call.
        self._lock = threading.Lock()
        self._by_size: dict[tuple[int, int], Any] = {}
        level = cv2.utils.logging.getLogLevel()
        # OpenCV 5 warns of its own defaults at every start, and of a foreign network in a dozen
        # lines.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        try:
            self.detect(np.zeros((LEAST_SIDE, LEAST_SIDE, 3), np.uint8))
        except (cv2.error, AttributeError) as error:
            raise InputError(
                f"OpenCV cannot use {path.name} as a YuNet detector; it wants the YuNet of 2023 "
                "and opencv-python-headless 4.13 or newer"
            ) from error
        finally:
            cv2.utils.logging.setLogLevel(level)

    def detect(self, color: np.ndarray) -> np.ndarray | None:
        """Return float32 (n,15) of a BGR uint8 picture: box, landmarks, score; None without faces.

        Raises:
            cv2.error: the file is a network of another kind.
        """
        with self._lock:
            found: np.ndarray | None = self._of_size((color.shape[1], color.shape[0])).detect(
                color
            )[1]
        return found

    def _of_size(self, size: tuple[int, int]) -> Any:
        network, free = self._by_size.pop(size, None), None
        if network is None:
            pixels = [width * height for width, height in (*self._by_size, size)]
            while self._by_size and (len(pixels) > MOST or sum(pixels) > MOST_PIXELS):
                pixels.pop(0)
                free = self._by_size.pop(next(iter(self._by_size)))
            network = free or cv2.FaceDetectorYN.create(
                str(self._path), "", size, *self._thresholds, 5000
            )
            network.setInputSize(size)
        # The one that was used last stands at the end.
        self._by_size[size] = network
        return network
