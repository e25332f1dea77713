"""A checksum inside of a JSON object, over everything else that it holds.

A card, a pack.json or the state of a checkpoint decides what numbers mean. One wrong byte in it may
be valid JSON with another meaning, so what is read is compared with what was written. Objects of
earlier versions have no checksum and are read as they are.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

CHECKSUM = "checksum"
"""Key of the checksum; it is the last of its object."""

_LOOKS_LIKE_ONE = re.compile(r"[0-9a-f]{64}")


def with_checksum(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with its checksum as the last member, in place of an older one.

    Args:
        value: whatever JSON can hold.

    Example:
        >>> list(with_checksum({"temperature": 1.7}))
        ['temperature', 'checksum']
        >>> checksum_fits(with_checksum({"temperature": 1.7}) | {"temperature": 1.3})
        False
    """
    kept = {key: one for key, one in value.items() if key != CHECKSUM}
    # As it will be read: JSON knows neither tuples nor keys that are numbers.
    return {**kept, CHECKSUM: _checksum(json.loads(json.dumps(kept)))}


def checksum_fits(value: Mapping[str, Any]) -> bool:
    """Return whether an object that was read is the one that was written; True without a checksum.

    A key whose letters changed does not hide the checksum behind it.

    Args:
        value: as `json.loads` gave it.

    Example:
        >>> checksum_fits({"temperature": 1.7})
        True
    """
    if CHECKSUM in value:
        return bool(
            value[CHECKSUM] == _checksum({k: one for k, one in value.items() if k != CHECKSUM})
        )
    last = next(reversed(list(value.values())), None)
    return not (isinstance(last, str) and _LOOKS_LIKE_ONE.fullmatch(last))


def _checksum(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
