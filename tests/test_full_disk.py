"""A disk that is full is told from other errors, through whatever was raised because of it."""

import errno
import os

import pytest
from safetensors import SafetensorError

from asdcfer.errors import AsdcferError, WeightsError
from asdcfer.files import atomic_write
from asdcfer.full_disk import number_of, reason, takes_no_more

FULL = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_a_refused_write_is_known_through_its_consequences(number, tmp_path) -> None:
    with pytest.raises(AsdcferError) as told, atomic_write(tmp_path / "a.txt"):
        raise OSError(number, os.strerror(number))
    assert takes_no_more(told.value)
    later = WeightsError("what else went wrong")
    later.__cause__ = told.value
    assert takes_no_more(later)


@pytest.mark.parametrize(
    "error",
    [
        None,
        AsdcferError("too few faces"),
        OSError(errno.EACCES, "Permission denied"),
        SafetensorError("I/O error: Permission denied (os error 13)"),
        KeyError("teacher"),
    ],
)
def test_other_errors_are_no_full_disk(error) -> None:
    assert not takes_no_more(error)


def test_the_words_of_safetensors_are_read() -> None:
    assert number_of(FULL) == errno.ENOSPC
    assert takes_no_more(FULL)
    assert reason(FULL) == os.strerror(errno.ENOSPC)
    assert reason(SafetensorError("another fault")) == "another fault"
