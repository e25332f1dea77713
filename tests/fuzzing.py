"""Any bytes for a reader: whole files with a few bytes changed, cut or repeated."""

import contextlib
import os
from collections.abc import Iterator

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))
"""How many times as many cases are tried as in the suite; `make fuzz` sets it."""


def cases(count: int) -> settings:
    """Return the settings of a test of so many cases in the suite."""
    return settings(
        max_examples=count * TIMES,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@st.composite
def damaged(draw: st.DrawFn, originals: dict[str, bytes]) -> tuple[str, bytes]:
    """Draw the name of an original and its bytes with some damage; the head is hit most often."""
    name = draw(st.sampled_from(sorted(originals)))
    data = bytearray(originals[name])
    reach = draw(st.sampled_from([64, 512, len(data)]))
    for _ in range(draw(st.integers(0, 8))):
        place = draw(st.integers(0, min(reach, len(data)) - 1))
        data[place] = draw(st.one_of(st.sampled_from([0, 1, 127, 128, 255]), st.integers(0, 255)))
    if draw(st.booleans()):
        at, size = draw(st.integers(0, len(data) - 1)), draw(st.integers(0, 200))
        data[at : at + size] = draw(st.binary(max_size=12))
    if draw(st.booleans()):
        data = data[: draw(st.integers(0, len(data)))]
    return name, bytes(data)


@contextlib.contextmanager
def refusing(kind: type[Exception]) -> Iterator[None]:
    """Let the block raise an error of this kind only, of one line."""
    told = ""
    with contextlib.suppress(kind):
        try:
            yield
        except kind as error:
            told = str(error)
            raise
    assert "\n" not in told
