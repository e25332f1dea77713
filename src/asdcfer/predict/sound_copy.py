"""The sound of a video in its annotated copy: the packets as they are, never encoded again."""

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.video_source import clock_start, open_video

_FINEST = Fraction(1, 48_000)
"""Clocks of sound that tick more slowly, seconds, are divided, so that a shift moves nothing."""
_RESTART = 0.5
"""A step back in time of more than this, seconds, is another recording in the same file."""


class SoundCopy:
    """Reads the packets of all sound streams of a video, on the clock of its copy.

    The copy's clock begins where the recognized part begins. A packet that begins before the part,
    or after it, is left out.

    Args:
        path: of the video.
        sampling: which part of it is copied.

    Attributes:
        fault: why some of the sound is missing; empty where none is.

    Raises:
        InputError: not a video.
    """

    def __init__(self, path: Path, sampling: FrameSampling) -> None:
        self._container, picture = open_video(path)
        self._from = clock_start(self._container, picture) + sampling.start
        self._until = math.inf if sampling.end is None else sampling.end - sampling.start
        # What an encoder puts before 0 to begin is not played, and belongs to a whole copy.
        self._whole = sampling.start == 0
        self._streams: dict[int, Any] = {}
        self._last: dict[int, int] = {}
        self._next: Any = None
        self._packets: Iterator[tuple[float, Any]] = iter(())
        self.fault = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def add_to(self, output: Any) -> None:
        """Add the sound streams to a file that PyAV writes, those that its container takes."""
        refused = []
        for stream in self._container.streams.audio:
            name = "unknown" if stream.codec_context is None else stream.codec_context.name
            try:
                added = output.add_stream_from_template(stream)
            except ValueError:
                refused.append(name)
                continue
            if "language" in stream.metadata:
                added.metadata["language"] = stream.metadata["language"]
            self._streams[stream.index] = added
        if refused:
            self.fault = f"its sound ({', '.join(refused)}) cannot be in an MP4 file"
        self._packets = self._read()
        self._next = next(self._packets, None)

    def give_up(self, reason: str) -> None:
        """Copy no more of it, and say why."""
        self.fault = self.fault or reason
        self._streams, self._packets, self._next = {}, iter(()), None

    def before(self, time: float) -> Iterator[Any]:
        """Yield the packets that begin before a time of the copy, seconds, in order."""
        while self._next is not None and self._next[0] < time:
            packet = self._next[1]
            self._next = next(self._packets, None)
            yield packet

    def _read(self) -> Iterator[tuple[float, Any]]:
        import av

        sources = [self._container.streams[index] for index in self._streams]
        if not sources:
            return
        try:
            for packet in self._container.demux(sources):
                if packet.size and (time := self._shifted(packet)) is not None:
                    yield time, packet
        except _ClockRestarts:
            self.fault = self.fault or "its sound's clock starts again on the way; the rest is left"
        except (av.FFmpegError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.fault = self.fault or f"its sound breaks off ({reason})"

    def _shifted(self, packet: Any) -> float | None:
        """Put a packet on the clock and stream of the copy; None where it is not part of it."""
        index, base = packet.stream_index, packet.time_base
        parts = math.ceil(base / _FINEST)
        tick = base / parts
        moment = packet.dts if packet.dts is not None else packet.pts
        if moment is None:
            return None
        shift = round(self._from / tick)
        decoded = moment * parts - shift
        shown = decoded if packet.pts is None else packet.pts * parts - shift
        last = self._last.get(index)
        if last is not None and decoded <= last:
            if (last - decoded) * tick > _RESTART:
                raise _ClockRestarts
            return None
        time = float(shown * tick)
        if time >= self._until or (time < 0 and not self._whole):
            return None
        self._last[index] = decoded
        packet.time_base = tick
        packet.pts, packet.dts = shown, decoded
        packet.duration = (packet.duration or 0) * parts
        packet.stream = self._streams[index]
        return time


class _ClockRestarts(Exception):  # noqa: N818 # it is no error
    """The time stamps of the sound begin again."""
