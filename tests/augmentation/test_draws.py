"""The random numbers of a batch do not depend on how many processes draw them."""

import pytest
import torch

from asdcfer.augmentation.draws import SharedGenerator, draw_uniform
from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.models.preprocessing import Preprocessing

CPU = torch.device("cpu")


def seeded(generator: torch.Generator) -> torch.Generator:
    return generator.manual_seed(7)


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_the_parts_are_the_rows_of_the_whole(processes: int) -> None:
    whole = draw_uniform((6, 4), seeded(torch.Generator()), CPU)
    size = 6 // processes
    parts = [
        draw_uniform((size, 4), seeded(SharedGenerator(process, processes)), CPU)
        for process in range(processes)
    ]
    assert torch.cat(parts).equal(whole)


def test_views_made_in_two_processes_are_those_of_one() -> None:
    faces = torch.randint(0, 256, (6, 48, 48), dtype=torch.uint8)
    maker = ViewMaker(ViewOptions(warp_negatives=1, erase=0.5, blur=0.5))
    whole = maker(faces, Preprocessing(), seeded(torch.Generator()))
    for process in range(2):
        own = slice(3 * process, 3 * process + 3)
        part = maker(faces[own], Preprocessing(), seeded(SharedGenerator(process, 2)))
        for one, other in zip(part.crops + part.warps, whole.crops + whole.warps, strict=True):
            torch.testing.assert_close(one, other[own])


def test_its_state_is_kept_like_any_generators() -> None:
    first, second = seeded(SharedGenerator(1, 2)), SharedGenerator(1, 2)
    draw_uniform((2, 3), first, CPU)
    second.set_state(first.get_state())
    assert draw_uniform((2, 3), first, CPU).equal(draw_uniform((2, 3), second, CPU))
