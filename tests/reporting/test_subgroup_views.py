from asdcfer.evaluation.result import GroupScore
from asdcfer.reporting.subgroup_views import SHOWN, group_bars, print_groups, shown_groups
from tests.evaluation.standin import toy_result


def scores(count: int) -> dict[str, GroupScore]:
    return {
        f"person {i}": GroupScore(images=30 + i, accuracy=i / count, interval=(0.0, 1.0))
        for i in range(count)
    }


def test_groups_are_drawn_and_printed(capsys) -> None:
    assert 'alt="accuracy of 3 groups"' in group_bars(scores(3))
    print_groups(toy_result(kind="subgroups", groups=scores(3)))
    told = capsys.readouterr().out
    assert "person 2" in told
    assert "66.7" in told


def test_of_many_groups_the_lowest_and_the_highest_are_shown() -> None:
    shown = list(shown_groups(scores(100)))
    assert len(shown) == SHOWN
    assert shown[0] == "person 0"
    assert shown[-1] == "person 99"
