"""The one place where an option that chooses a map of an encoder is held against its maps."""

from collections.abc import Sequence

from asdcfer.errors import TrainingError


def channels_of_map(map_channels: Sequence[int], index: int, option: str) -> int:
    """Return how many channels the map has that an option chooses.

    Args:
        map_channels: of all maps of an encoder, shallow to deep.
        index: which map; below 0 counts from the deepest.
        option: its name, for the message.

    Raises:
        TrainingError: there is no such map.

    Example:
        >>> channels_of_map([8, 16, 32], -2, "dense_map")
        16
        >>> channels_of_map([8, 16, 32], 3, "dense_map")
        Traceback (most recent call last):
        asdcfer.errors.TrainingError: dense_map=3 is no map of this encoder; it has 3, -3 to 2
    """
    count = len(map_channels)
    if not -count <= index < count:
        known = f"it has {count}, {-count} to {count - 1}" if count else "it has none"
        raise TrainingError(f"{option}={index} is no map of this encoder; {known}")
    return map_channels[index]
