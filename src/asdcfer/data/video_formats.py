"""Which files are videos, by their names."""

import os

VIDEO_SUFFIXES = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".f4v", ".lrv", ".insv"),
        *(".mkv", ".webm", ".avi", ".divx", ".flv", ".wmv", ".asf", ".nut", ".rm", ".rmvb"),
        *(".mpg", ".mpeg", ".mpe", ".m2v", ".m1v", ".vob", ".mod", ".tod"),
        *(".ts", ".mts", ".m2ts", ".m2t", ".ogv", ".ogm"),
        *(".h264", ".264", ".avc", ".h265", ".265", ".hevc", ".mjpeg", ".mjpg", ".ivf", ".obu"),
        *(".dv", ".mxf", ".gxf", ".y4m", ".amv", ".wtv", ".dvr-ms", ".tp", ".m2p", ".266", ".vc1"),
    }
)
"""Names of files that are opened as videos by every reader."""


def is_video_name(name: str) -> bool:
    """Whether a file is named like a video.

    Example:
        >>> is_video_name("clip.MOV"), is_video_name("clip.txt")
        (True, False)
    """
    return os.path.splitext(name)[1].lower() in VIDEO_SUFFIXES
