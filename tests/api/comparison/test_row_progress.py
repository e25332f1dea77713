from asdcfer.api.comparison.row_progress import RowProgress
from tests.factories import Heard


def test_the_time_left_follows_the_rows_that_were_made() -> None:
    heard, now = Heard(), [0.0]
    progress = RowProgress(heard, rows=3, guess=60.0, clock=lambda: now[0])
    for name, seconds in (("a", 600.0), ("b", 1200.0)):
        progress.begin(f"{name}, seed 0")
        progress("student", 3, 10, "loss 1")
        now[0] += seconds
        progress.end()
    assert heard.lines == [
        "row 1 of 3: a, seed 0; about 3 minutes left for all",
        "row 2 of 3: b, seed 0; about 20 minutes left for all",
    ]
    assert progress.left() == 900
    assert heard.calls["2/3 b, seed 0: student"] == [(3, 10)]


def test_of_several_lines_the_first_is_passed_on() -> None:
    heard = Heard()
    progress = RowProgress(heard, 1, 1.0)
    progress.message("recipe moco:\n  seed = 0")
    progress.message("rows/moco-seed0: interrupted; continue with the same and `resume=True`")
    assert heard.lines == ["recipe moco:"]
