"""Checksums in JSON objects: every change of what is written is seen, nothing else is."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.checksum import CHECKSUM, checksum_fits, with_checksum

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def read(value: dict, **how: object) -> dict:
    return json.loads(json.dumps(value, **how))


@given(st.dictionaries(st.text(), values, max_size=4))
def test_what_was_written_fits_however_it_is_laid_out(value):
    signed = with_checksum(value)
    assert checksum_fits(read(signed, indent=1, ensure_ascii=False))
    assert checksum_fits(read(signed))
    assert with_checksum(signed) == signed, "an older checksum is replaced"


@given(st.dictionaries(st.text(), values, min_size=1), values)
def test_another_value_does_not(value, other):
    key = next(iter(value))
    if key == CHECKSUM or json.dumps(value[key]) == json.dumps(other):
        return
    assert not checksum_fits(read({**with_checksum(value), key: other}))


def test_one_wrong_byte_is_harmless_or_found():
    value = {"temperature": 1.7, "expressions": ["happy", "sad"], "nested": {"a": [1, 2.5, None]}}
    text = json.dumps(with_checksum(value), indent=1).encode()
    draw = random.Random(0)
    for place in range(len(text)):
        damaged = bytearray(text)
        damaged[place] = draw.choice([b for b in range(256) if b != text[place]])
        try:
            found = json.loads(damaged)
        except ValueError:
            continue
        found_values = {k: v for k, v in found.items() if k in value}
        if not checksum_fits(found):
            continue
        assert found_values == value, bytes(damaged)


@pytest.mark.parametrize("value", [{}, {"hashes": "ab"}, {"a": {"b": "0" * 64}}])
def test_objects_of_earlier_versions_are_taken(value):
    assert checksum_fits(value)


def test_keys_and_tuples_are_compared_as_json_reads_them():
    assert checksum_fits(read(with_checksum({"shape": (3, 48), "by": {7: 1, 10: 2}})))
