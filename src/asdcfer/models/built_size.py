"""Whether what a card describes is as large as its file, found out while it is built.

A card of a few words can describe a network of any width or depth. Its file tells how many numbers
there are, and a network of more is not the one in the file.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)

UNSAVED = 10_000_000
"""Numbers that a network may have beside those of its file: what it computes when it is built."""


class TooLargeError(ValueError):
    """A network has more numbers than its file."""


@contextlib.contextmanager
def no_larger_than(numbers: int) -> Iterator[None]:
    """Let networks be built in the block, up to a size.

    A layer registers its weights when their memory is asked for, and before any of it is written;
    so the system has not given it yet. Building ends at the first layer that is too many: its time
    goes by the size of the file and not by what the card says.

    Args:
        numbers: that the file holds; `UNSAVED` more are let pass.

    Raises:
        TooLargeError: the networks of the block have more.

    Example:
        >>> with no_larger_than(110):
        ...     layer = nn.Linear(10, 10)
        >>> with no_larger_than(110):
        ...     layer = nn.Linear(10_000, 10_000)
        Traceback (most recent call last):
        asdcfer.models.built_size.TooLargeError: it has more than the 110 numbers of the file
    """
    total, thread = 0, threading.get_ident()

    def count(_module: nn.Module, _name: str, tensor: Any) -> None:
        nonlocal total
        if threading.get_ident() != thread or not isinstance(tensor, Tensor):
            return
        total += tensor.numel()
        if total > numbers + UNSAVED:
            raise TooLargeError(f"it has more than the {numbers:,} numbers of the file")

    with contextlib.ExitStack() as hooks:
        hooks.callback(register_module_parameter_registration_hook(count).remove)
        hooks.callback(register_module_buffer_registration_hook(count).remove)
        yield
