"""Keys of all processes: every process must fill its queue with the same rows."""

import torch
import torch.distributed as dist
from torch import Tensor


@torch.no_grad()
def all_gather_rows(rows: Tensor) -> Tensor:
    """Return the rows of all processes in the order of their ranks.

    Where there is one process those are the rows themselves.

    Args:
        rows: (B,D), the same shape in each process.

    Returns:
        (processes * B, D), equal in every process.

    Example:
        >>> all_gather_rows(torch.ones(2, 3)).shape
        torch.Size([2, 3])
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return rows
    everyone = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
    dist.all_gather(everyone, rows.contiguous())
    return torch.cat(everyone)


@torch.no_grad()
def keys_of_all_processes(key: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """Return the keys of all processes as negatives of this one's queries, without their own.

    Args:
        key: (B,D), the same shape in each process.

    Returns:
        (processes * B, D), and (B, processes * B) bool that is True at each query's own key. Where
        there is one process both are None: a loss takes the keys of the batch by itself.

    Example:
        >>> keys_of_all_processes(torch.ones(2, 3))
        (None, None)
    """
    everyone = all_gather_rows(key)
    if len(everyone) == len(key):
        return None, None
    own = torch.zeros(len(key), len(everyone), dtype=torch.bool, device=key.device)
    rows = torch.arange(len(key), device=key.device)
    own[rows, rows + dist.get_rank() * len(key)] = True
    return everyone, own
