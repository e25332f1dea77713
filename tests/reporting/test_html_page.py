"""The frame of every page: escaped words, whole files, nothing from the network."""

from asdcfer.reporting.html_page import card, write_page


def test_titles_are_words_and_bodies_are_html(tmp_path):
    page = write_page("a < b", "5 > 4 & more", "<p>body</p>", tmp_path / "p.html").read_text()
    assert "<title>a &lt; b</title>" in page
    assert "5 &gt; 4 &amp; more" in page
    assert "<p>body</p>" in page
    assert "default-src 'none'" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert not list(tmp_path.glob("*.tmp*"))


def test_a_card_frames_html_under_a_title_in_words():
    assert card("x < y", "<b>z</b>") == (
        '<section class="card"><h3>x &lt; y</h3><b>z</b></section>'
    )
