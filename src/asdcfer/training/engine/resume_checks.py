"""Which settings must be the same when a run is resumed."""

import contextlib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

FREE_TO_CHANGE = {"log_every", "checkpoint_every", "checkpoint_epochs"}
"""Settings that may change when a run is resumed: none of them touches a weight that is trained or
exported.
"""


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Return the dotted keys in which two plain trees differ.

    Example:
        >>> differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}})
        ['a.c']
    """
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(one.keys() | other.keys(), key=str)
        return [
            d
            for key in keys
            for d in differences(
                one.get(key), other.get(key), f"{path}.{key}" if path else str(key)
            )
        ]
    return [] if one == other else [path]


def changed_settings(stored: Mapping[str, Any], settings: BaseModel) -> list[str]:
    """Return the settings that differ from stored ones and that touch a weight.

    Stored settings that are older than an option were made with its default.

    Args:
        stored: settings as JSON keeps them.
        settings: the present ones.

    Example:
        >>> class Options(BaseModel):
        ...     epochs: int = 3
        ...     log_every: int = 10
        >>> changed_settings({"epochs": 4}, Options(log_every=1))
        ['epochs']
    """
    before = dict(stored)
    # What another version wrote is compared as it stands.
    with contextlib.suppress(ValidationError):
        before = type(settings).model_validate(before).model_dump(mode="json")
    return [
        key
        for key in differences(before, settings.model_dump(mode="json"))
        if key.split(".")[-1] not in FREE_TO_CHANGE
    ]
