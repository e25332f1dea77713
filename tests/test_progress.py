"""The protocol of progress: what shows nothing, and one stage counted."""

from asdcfer.progress import SILENT, Progress, counter
from tests.factories import Heard


def test_a_silent_progress_takes_everything_and_prints_nothing(capsys) -> None:
    SILENT("reading", 1, 2, "half")
    SILENT.message("a line")
    assert tuple(capsys.readouterr()) == ("", "")


def test_a_counter_reports_one_stage() -> None:
    heard = Heard()
    progress: Progress = heard
    report = counter(progress, "measuring")
    report(1, 3)
    report(3, 3)
    assert heard.calls == {"measuring": [(1, 3), (3, 3)]}
