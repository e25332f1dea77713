import pytest

from asdcfer.reporting.comparison_page import write_comparison_page
from asdcfer.reporting.comparison_summary import summarized
from tests.reporting.comparison_rows import rows
from tests.reporting.test_page import checked


@pytest.mark.slow
def test_the_page_is_complete_in_itself_and_the_best_stands_out(tmp_path) -> None:
    path = write_comparison_page(tmp_path / "c.html", summarized(rows()), {"data": "<toys>"}, "T")
    page = checked(path)
    # Two of minutes, two of bars, few labels, a legend, two corruptions.
    assert page.images == 8
    text = path.read_text(encoding="utf-8")
    assert '<td class="n best">51.0 ± 1.4</td>' in text
    assert '<td class="n best">42.0' not in text
    assert "the loss is &lt;not&gt; finite" in text
    assert "&lt;toys&gt;" in text


def test_a_comparison_in_which_everything_failed_is_a_page(tmp_path) -> None:
    path = write_comparison_page(tmp_path / "c.html", summarized(rows()[-1:]), {}, "T")
    assert checked(path).images == 0
    assert "What failed" in path.read_text(encoding="utf-8")
