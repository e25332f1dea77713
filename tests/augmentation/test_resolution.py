import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.augmentation.resolution import checked_plan, resolution_at


def test_sides_follow_the_plan() -> None:
    plan = [(0.1, 24), (0.5, 32)]
    assert [resolution_at(p, plan, 48) for p in (0.0, 0.1, 0.49, 0.5, 1.0)] == [48, 24, 24, 32, 32]
    assert resolution_at(0.3, [], 48) == 48


@given(st.floats(0, 1), st.lists(st.tuples(st.floats(0, 1), st.integers(16, 96)), max_size=5))
def test_side_is_that_of_the_last_pair_begun(progress, plan) -> None:
    plan = checked_plan(sorted(plan, key=lambda pair: pair[0]))
    begun = [side for start, side in plan if start <= progress]
    assert resolution_at(progress, plan, 64) == (begun[-1] if begun else 64)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ([(0.5, 32), (0.1, 48)], "rising order"),
        ([(-0.1, 32)], "rising order"),
        ([(0.0, 8)], "under 16 pixels"),
    ],
)
def test_impossible_plans_are_refused(plan, said) -> None:
    with pytest.raises(ValueError, match=said):
        checked_plan(plan)
