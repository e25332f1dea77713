"""Frames of a camera, by OpenCV."""

import time
from collections.abc import Iterator

import cv2

from asdcfer.errors import InputError
from asdcfer.recognition.video import Frame


def camera_frames(number: int = 0, seconds: float | None = None) -> Iterator[Frame]:
    """Yield the newest frame of a camera each time, until it stops or `seconds` have passed.

    Args:
        number: of the camera, 0 is the first.
        seconds: None goes on for ever.

    Raises:
        InputError: there is no such camera, it is in use, or it gives no picture.
    """
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(
        cv2.utils.logging.LOG_LEVEL_SILENT
    )  # it would tell in five lines what ours tells in one
    camera = cv2.VideoCapture(number)
    try:
        if not camera.isOpened():
            raise InputError(
                f"no camera {number} can be opened on this machine; is it plugged in, free, and "
                "are you allowed to use it? (another number may do)"
            )
        camera.set(
            cv2.CAP_PROP_BUFFERSIZE, 1
        )  # old frames are of no use when recognition is slower than the camera
        begin = time.monotonic()
        index = 0
        while seconds is None or time.monotonic() - begin < seconds:
            given, image = camera.read()
            if not given:
                raise InputError(
                    f"camera {number} gives no picture"
                    if index == 0
                    else f"camera {number} stopped after {index} frames"
                )
            yield Frame(index, time.monotonic() - begin, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
            index += 1
    finally:
        camera.release()
        cv2.utils.logging.setLogLevel(level)
