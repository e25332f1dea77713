"""Errors: one base, a line each, and none that hides a fault of the package."""

import pytest

from asdcfer import errors
from asdcfer.data.image_io import ImageError, read_image

KINDS = [value for value in vars(errors).values() if isinstance(value, type)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_the_one_base(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.AsdcferError)
    assert not issubclass(kind, OSError | ValueError)


def test_a_picture_that_cannot_be_read_is_a_fault_of_the_input() -> None:
    with pytest.raises(errors.InputError) as caught:
        read_image(b"text")
    assert isinstance(caught.value, ImageError)
    assert caught.value.reason == "not an image"
    assert "\n" not in str(caught.value)
