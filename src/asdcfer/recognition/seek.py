"""Go to a moment of a video without decoding what comes before it.

The packets before it are read all the same, but not decoded, so that each frame keeps its number.
"""

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asdcfer.recognition.video_source import open_video

_CONTAINERS = ("mov", "matroska")
"""Beginnings of FFmpeg's names of containers in which a packet holds one frame, with its time."""
_CODECS = frozenset(
    ["h264", "hevc", "av1", "vp9", "mpeg4", "mjpeg", "prores", "dnxhd", "ffv1", "png", "rawvideo"]
)
"""Codecs whose packets give one frame each, in the order of their times."""


@dataclass(frozen=True)
class Entry:
    """Where a video is entered.

    Attributes:
        stamp: time stamp of the key frame, in units of the stream.
        stamps: those of all frames from the first on, rising, up to some after the moment.
    """

    stamp: int
    stamps: tuple[int, ...]

    def number(self, stamp: int | None) -> int | None:
        """Return the number of the frame with a time stamp, None where there is none."""
        if stamp is None:
            return None
        place = bisect_left(self.stamps, stamp)
        known = place < len(self.stamps) and self.stamps[place] == stamp
        return place if known else None


def find_entry(path: Path, seconds: float) -> Entry | None:
    """Return the last key frame at or before a moment; None where all has to be decoded.

    That is so where there is no other key frame than the first, and in files in which the number
    of a frame cannot be told without decoding: some containers and codecs, joined recordings,
    damage.

    Args:
        path: of the video.
        seconds: time stamp of the moment, as the file counts it.
    """
    container, stream = open_video(path)
    import av

    with container:
        if (
            not container.format.name.startswith(_CONTAINERS)
            or stream.codec.canonical_name not in _CODECS
        ):
            return None
        moment = int(seconds / stream.time_base)
        stamps: list[int] = []
        keys: list[int] = []
        before: int | None = None
        try:
            for packet in container.demux(stream):
                if not packet.size:
                    break
                if not _is_plain(packet, before):
                    return None
                before = before if packet.dts is None else packet.dts
                stamps.append(packet.pts)
                if packet.is_keyframe and packet.pts <= moment:
                    keys.append(packet.pts)
                if before is not None and before > moment:
                    break
        except (av.FFmpegError, ValueError):
            return None
        if len(keys) < 2 or len(set(stamps)) < len(stamps):
            return None
        return (
            Entry(keys[-1], tuple(sorted(stamps)))
            if _is_reached(container, stream, keys[-1])
            else None
        )


def _is_reached(container: Any, stream: Any, stamp: int) -> bool:
    """Whether a seek goes to a key frame, or before it."""
    import av

    try:
        container.seek(stamp, stream=stream)
        for packet in container.demux(stream):
            if packet.pts == stamp:
                return bool(packet.is_keyframe)
            if packet.pts is None or (packet.dts is not None and packet.dts > stamp):
                break
    except (av.FFmpegError, ValueError):
        pass
    return False


def _is_plain(packet: Any, before: int | None) -> bool:
    """Whether a packet is whole, shown, and later than the one before.

    Matroska's first packets carry no time of decoding.
    """
    if packet.pts is None or packet.is_corrupt or packet.is_discard:
        return False
    return before is None or (packet.dts is not None and packet.dts > before)
