"""Random states: the same for a seed, other ones for each process, put back to the bit."""

import random

import numpy as np
import torch

from asdcfer.training.engine.seeding import random_states, restore_random_states, seed_all


def drawn(generator: torch.Generator | None = None) -> tuple[float, ...]:
    """Draw from every generator; a normal number leaves half a pair behind."""
    return (
        random.random(),
        random.gauss(0, 1),
        float(np.random.rand()),
        float(np.random.randn()),
        float(torch.rand(())),
        float(torch.rand((), generator=generator)),
    )


def test_a_seed_decides_every_generator_and_each_process_has_its_own():
    found = []
    for seed, process in ((3, 0), (3, 0), (3, 1), (4, 0)):
        seed_all(seed, process)
        found.append(drawn())
    assert found[0] == found[1]
    for other in found[2:]:
        assert all(one != two for one, two in zip(found[0], other, strict=True))


def test_states_come_back_in_the_middle_of_a_pair_of_normal_numbers():
    generator = torch.Generator().manual_seed(5)
    seed_all(1)
    drawn(generator)
    states = random_states(generator)
    assert all(isinstance(value, torch.Tensor) for value in states.values())
    wanted = [drawn(generator) for _ in range(3)]
    seed_all(2)
    other = torch.Generator().manual_seed(6)
    restore_random_states(states, other)
    assert [drawn(other) for _ in range(3)] == wanted
