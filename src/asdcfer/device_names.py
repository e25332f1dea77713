"""Words for devices: the message about one that is unknown, for torch and ONNX Runtime alike."""

from collections.abc import Iterable

from asdcfer.nearest_name import did_you_mean

MEANT = {"gpu": "cuda", "nvidia": "cuda"}
"""Words that people say -> the device that they mean; their spelling is nearer to another one."""


def unknown_device(name: str, valid: Iterable[str]) -> str:
    """Return the message about an unknown device, with the nearest valid one.

    Args:
        name: what was written, as "opnvino" or "gpu:1".
        valid: what could have been written, without parts.

    Example:
        >>> unknown_device("opnvino:GPU", ["auto", "cpu", "openvino"])
        "unknown device 'opnvino:GPU'; did you mean openvino?"
        >>> unknown_device("gpu", ["auto", "cpu", "cuda"])
        "unknown device 'gpu'; did you mean cuda?"
    """
    word = name.partition(":")[0].lower()
    return f"unknown device {name!r}{did_you_mean(MEANT.get(word, word), valid)}"
