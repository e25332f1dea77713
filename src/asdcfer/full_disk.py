"""Tell a disk that is full from every other error: no further write can succeed on it."""

import errno
import os
import re

REFUSED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
"""No space, no quota, no room in one file, read-only by now; they may come at any write."""


def number_of(error: BaseException) -> int | None:
    """Return the system's number of an error; None where it has none.

    safetensors has an error of its own, which only words tell.

    Example:
        >>> number_of(RuntimeError("I/O error: No space left on device (os error 28)"))
        28
    """
    if isinstance(error, OSError):
        return error.errno
    told = re.search(r"\(os error (\d+)\)", str(error))
    return int(told[1]) if told else None


def reason(error: Exception) -> str:
    """Return why something could not be written, in the system's words.

    Example:
        >>> reason(RuntimeError("I/O error: No space left on device (os error 28)"))
        'No space left on device'
    """
    if isinstance(error, OSError):
        return error.strerror or str(error)
    number = number_of(error)
    return str(error) if number is None else os.strerror(number)


def takes_no_more(error: BaseException | None) -> bool:
    """Return whether an error, or what caused it, is that nothing more can be written.

    Example:
        >>> takes_no_more(OSError(errno.ENOSPC, "No space left on device"))
        True
        >>> takes_no_more(OSError(errno.EACCES, "Permission denied"))
        False
    """
    while error is not None:
        if number_of(error) in REFUSED:
            return True
        error = error.__cause__
    return False
