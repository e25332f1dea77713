from asdcfer.reporting.comparison_console import print_summaries
from asdcfer.reporting.comparison_summary import summarized
from tests.reporting.comparison_rows import rows


def test_table_verdict_and_notes_are_printed(capsys) -> None:
    print_summaries(summarized(rows()), "Methods compared on toys")
    told = capsys.readouterr().out
    assert "51.0 ± 1.4" in told
    assert "Best linear probe: asdc" in told
    assert "mine:Own: seed 0 failed: the loss is <not> finite" in told
