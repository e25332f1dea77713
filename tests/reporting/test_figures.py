"""Figures: pictures that need no other file, in a style that touches nobody else's."""

import base64
import re

import matplotlib

from asdcfer.reporting.figures import MARKERS, PALETTE, STYLE, draw_figure, image, mark_counts


def test_a_figure_is_one_picture_with_its_words_and_the_same_bytes_again() -> None:
    def drawn(kind: str) -> str:
        with draw_figure(3, 2) as (figure, (axis,)):
            axis.plot([1, 2], color=PALETTE[0])
            return image(figure, 'a "line" <up>', kind)

    assert drawn("svg") == drawn("svg")
    pattern = r'alt="([^"]*)" src="data:image/([a-z+]+);base64,(.*)"'
    ((words, kind, data),) = re.findall(pattern, drawn("svg"))
    assert words == "a &quot;line&quot; &lt;up&gt;"
    assert (kind, b"<svg" in base64.b64decode(data)) == ("svg+xml", True)
    assert "data:image/png;base64," in drawn("png")


def test_the_style_of_others_stays_as_it_is() -> None:
    before = {name: matplotlib.rcParams[name] for name in STYLE}
    with draw_figure(3, 2, columns=2) as (_, axes):
        assert len(axes) == 2
        assert matplotlib.rcParams["axes.grid"] is True
    assert {name: matplotlib.rcParams[name] for name in STYLE} == before


def test_counts_are_marked_where_they_are_on_a_scale_of_powers() -> None:
    with draw_figure(3, 2) as (_, (axis,)):
        axis.plot([1, 10, 250], [1, 2, 3])
        mark_counts(axis, [1, 10, 250])
    assert axis.get_xscale() == "log"
    assert [label.get_text() for label in axis.get_xticklabels()] == ["1", "10", "250"]


def test_lines_differ_by_marker_as_well_as_by_color() -> None:
    assert len(set(PALETTE)) == len(PALETTE) == len(set(MARKERS))
