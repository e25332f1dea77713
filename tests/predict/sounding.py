"""Videos with sound: a flash and a tone that begin together."""

from pathlib import Path

import av
import numpy as np

RATE = 44_100


def write_sounding_video(
    path: Path, seconds: float = 2.0, flash: float = 1.0, codec: str = "aac", fps: int = 25
) -> Path:
    """Write a dark and silent video that is bright and loud from `flash` seconds on."""
    rate = 48_000 if codec == "libopus" else 8_000 if "law" in codec else RATE
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps, options={"g": "10"})
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        audio = container.add_stream(codec, rate=rate)
        for number in range(round(seconds * fps)):
            shade = 250 if number / fps >= flash - 1e-6 else 5
            image = np.full((64, 96, 3), shade, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        times = np.arange(round(seconds * rate)) / rate
        # A little noise, so that no two packets are alike.
        wave = np.random.default_rng(0).normal(0, 0.01, len(times))
        wave += np.sin(2 * np.pi * 440 * times) * (times >= flash) * 0.5
        channels = audio.layout.nb_channels
        for start in range(0, len(wave), 1024):
            part = (wave[start : start + 1024] * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(
                np.repeat(part, channels)[None], format="s16", layout=audio.layout.name
            )
            frame.sample_rate, frame.pts = rate, start
            container.mux(audio.encode(frame))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


def sound_packets(path: Path) -> list[tuple[float, bytes]]:
    """Return time and bytes of every packet of sound."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        packets = container.demux(container.streams.audio[0])
        return [(float(p.pts * p.time_base), bytes(p)) for p in packets if p.size]


def onsets(path: Path) -> tuple[float, float]:
    """Return when the picture becomes bright and when the sound becomes loud, seconds."""
    with av.open(str(path)) as container:
        bright = next(
            frame.time
            for frame in container.decode(video=0)
            if frame.to_ndarray(format="gray").mean() > 120
        )
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            wave = np.abs(frame.to_ndarray().astype(float)).max(axis=0)
            wave /= 32768 if frame.format.name.startswith("s16") else 1
            channels = frame.layout.nb_channels if not frame.format.is_planar else 1
            if (loud := np.flatnonzero(wave > 0.2)).size:
                return bright, frame.time + loud[0] / channels / frame.sample_rate
    raise AssertionError("it is silent")
