"""What a worker sends back arrives as it was."""

import numpy as np
import pytest

from asdcfer.engines.messages import message_of, parts_of


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="<f4").reshape(2, 3)[:, ::-1],
        np.zeros((0, 5), np.float32),
        np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3),
        np.array([-(2**40)], np.int64),
    ],
)
def test_values_and_numbers_arrive_as_they_were(array) -> None:
    about = {"names": ["caf\udce9.png", "é", ""], "votes": [0.1, 1e-300], "none": None}
    told, found = parts_of(message_of(about, array))
    assert told == about
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert np.array_equal(found, array)
