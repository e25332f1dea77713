"""Random states: seeded once for each process, saved in every checkpoint, put back on resuming."""

import random

import numpy as np
import torch
from torch import Tensor

from asdcfer.training.engine.sampler import mixed_seed


def seed_all(seed: int, process: int = 0) -> None:
    """Seed Python, NumPy and torch (all devices) for one process."""
    random.seed(mixed_seed(seed, process, 1))
    np.random.seed(mixed_seed(seed, process, 2) % (1 << 32))
    torch.manual_seed(mixed_seed(seed, process, 3))


def random_states(generator: torch.Generator) -> dict[str, Tensor]:
    """Return the states of Python, NumPy, torch and the view generator as tensors.

    Example:
        >>> generator = torch.Generator().manual_seed(1)
        >>> states = random_states(generator)
        >>> draw = lambda: (random.random(), np.random.rand(), torch.rand(1).item())
        >>> before = (*draw(), torch.rand(1, generator=generator).item())
        >>> restore_random_states(states, generator)
        >>> before == (*draw(), torch.rand(1, generator=generator).item())
        True
    """
    _, words, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = np.random.get_state()
    assert kind == "MT19937"
    states = {
        "python": torch.tensor(words, dtype=torch.int64),
        "python_gauss": torch.tensor([gauss is not None, gauss or 0.0], dtype=torch.float64),
        "numpy": torch.from_numpy(np.concatenate([keys, [position, has_gauss]]).astype(np.int64)),
        "numpy_gauss": torch.tensor([cached], dtype=torch.float64),
        "torch": torch.get_rng_state(),
        "views": generator.get_state(),
    }
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def restore_random_states(states: dict[str, Tensor], generator: torch.Generator) -> None:
    """Put back what `random_states` returned."""
    has_gauss, gauss = states["python_gauss"].tolist()
    random.setstate((3, tuple(states["python"].tolist()), gauss if has_gauss else None))
    *keys, position, cached = states["numpy"].tolist()
    np.random.set_state(
        ("MT19937", np.asarray(keys, np.uint32), position, cached, states["numpy_gauss"].item())
    )
    torch.set_rng_state(states["torch"].cpu())
    generator.set_state(states["views"].cpu())
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"].cpu())
