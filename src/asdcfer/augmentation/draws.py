"""Random numbers of a batch, the same whether one process or several make its views."""

import torch
from torch import Tensor


class SharedGenerator(torch.Generator):
    """A generator for one of several processes that make the views of one batch together.

    Each draws the numbers of the whole batch and takes the rows of its own part, so that the views
    of a batch do not depend on how many processes make them. The numbers are few: pixels are only
    made of the own part.

    Args:
        process: which part of the batch is this process's, from 0 on.
        processes: how many parts there are, of the same size.

    Example:
        >>> whole, second = torch.Generator().manual_seed(3), SharedGenerator(1, 2)
        >>> _ = second.manual_seed(3)
        >>> wanted = draw_uniform((6, 2), whole, torch.device("cpu"))[3:]
        >>> draw_uniform((3, 2), second, torch.device("cpu")).equal(wanted)
        True
    """

    def __new__(cls, process: int = 0, processes: int = 1) -> "SharedGenerator":
        """Make a generator on the CPU; torch's own takes a device here."""
        made: SharedGenerator = super().__new__(cls)
        made.process, made.processes = process, processes
        return made

    def __init__(self, process: int = 0, processes: int = 1) -> None:
        self.process, self.processes = process, processes


def draw_uniform(
    shape: tuple[int, ...], generator: torch.Generator | None, device: torch.device
) -> Tensor:
    """Return uniform numbers in 0..1, drawn where the generator lives and brought to the device.

    Nothing waits for the copy.

    Args:
        shape: of the numbers.
        generator: source of randomness, perhaps shared by processes; None uses the global one of
            `device`, which a recorded CUDA graph replays with fresh numbers.
        device: where the numbers are needed.

    Example:
        >>> draw_uniform((2, 3), torch.Generator().manual_seed(0), torch.device("cpu")).shape
        torch.Size([2, 3])
    """
    if isinstance(generator, SharedGenerator) and generator.processes > 1:
        rows = shape[0]
        whole = torch.rand((rows * generator.processes, *shape[1:]), generator=generator)
        own = whole[rows * generator.process :][:rows]
        return (own.pin_memory() if device.type == "cuda" else own).to(device, non_blocking=True)
    if generator is None or generator.device.type == device.type:
        return torch.rand(shape, generator=generator, device=device)
    # From pageable memory every copy would wait for all work that is queued on the device.
    return torch.rand(shape, generator=generator, pin_memory=device.type == "cuda").to(
        device, non_blocking=True
    )
