"""Progress on standard error: a bar on a terminal, lines now and then elsewhere."""

import io

import pytest
from rich.console import Console

from asdcfer.cli import console_progress
from asdcfer.cli.console_progress import ConsoleProgress


def test_messages_stand_whole_on_standard_error(capsys) -> None:
    with ConsoleProgress() as progress:
        progress.message("[bold] is no markup; " + "long " * 40)
        progress.message("go on with `resume=True`")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "[bold] is no markup; " + "long " * 40,
        "go on with --resume",
    ]


def test_short_stages_say_nothing_where_there_is_no_terminal(capsys) -> None:
    with ConsoleProgress() as progress:
        progress("measuring", 0, 10)
        progress("measuring", 10, 10)
    assert tuple(capsys.readouterr()) == ("", "")


def test_long_stages_say_how_far_they_are(capsys, monkeypatch) -> None:
    now = iter(range(0, 1000, 15))
    monkeypatch.setattr(console_progress.time, "perf_counter", lambda: float(next(now)))
    with ConsoleProgress() as progress:
        for done in range(5):
            progress("reading", 10 * done, 40, "epoch 1/2" if done == 4 else "")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("reading: 20/40")
    assert "images/s" in lines[0]
    assert lines[-1] == "reading: 40/40  epoch 1/2"


@pytest.fixture
def terminal(monkeypatch) -> io.StringIO:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr(console_progress, "Console", lambda stderr: console)
    return screen


def test_a_terminal_shows_a_bar_for_the_present_stage(terminal: io.StringIO) -> None:
    with ConsoleProgress("steps", keep=True) as progress:
        progress("teacher", 1, 4)
        progress("student", 2, 4, "loss 1.5")
        progress("student", 4, 4, "loss 1.2")
    shown = terminal.getvalue()
    assert "student" in shown
    assert "4/4 steps" in shown
    assert "loss 1.2" in shown


def test_a_stage_of_unknown_length_is_shown_without_a_total(terminal: io.StringIO) -> None:
    with ConsoleProgress(keep=True) as progress:
        progress("exporting", 0, 0)
    assert "exporting" in terminal.getvalue()
    assert "/0" not in terminal.getvalue()
