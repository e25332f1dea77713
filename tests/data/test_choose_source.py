"""The source that explains most wins; what would be lost is asked about."""

from pathlib import Path

import pytest

from asdcfer.data import choose_source
from asdcfer.data.datasets import registry
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Claim, Explanation, Options, Source
from asdcfer.errors import DataError
from tests.data.trees import tiles
from tests.factories import Heard

NAMES = [f"{i}.png" for i in range(20)]


def source(kind: str, label: str | None, first: int, last: int, **more: object) -> Source:
    """A source that claims some of twenty images."""
    split, rest = more.pop("split", "train"), dict(more)

    def explain(layout: Layout, options: Options) -> Explanation:
        claims = {
            place.path: Claim(label, str(split))
            for place in layout.images
            if first <= int(place.path.stem) < last
        }
        return Explanation(f"by {kind}", claims, **rest)

    def read(layout: Layout, options: Options):
        raise NotImplementedError

    return Source(kind, f"a source {kind}", explain, read)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tiles(tmp_path / "in", *NAMES))


def kind_of(layout: Layout, monkeypatch: pytest.MonkeyPatch, *sources: Source) -> str:
    for module in (registry, choose_source):
        monkeypatch.setattr(module, "SOURCES", {one.kind: one for one in sources})
    return choose_source.choose(layout, Options()).source.kind


def test_the_best_wins_and_the_first_of_equals(layout: Layout, monkeypatch) -> None:
    few, all_, again = (
        source("few", "happy", 0, 10),
        source("all", "happy", 0, 20),
        source("again", "happy", 0, 20),
    )
    assert kind_of(layout, monkeypatch, few, all_, again) == "all"
    chosen = choose_source.choose(layout, Options())
    assert chosen.also == ("again",)
    heard = Heard()
    choose_source.tell(layout, chosen, heard)
    assert "20 of 20 images can be read as again too, with the same labels" in heard.lines[0]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (source("b", "sad", 0, 20), "they differ in 20 labels.*`kind=.a.` or `kind=.b.`"),
        (source("b", "happy", 0, 20, split="test"), "20 held-out images would be training"),
        (source("b", "happy", 18, 20), "1 labels would be lost"),
        (source("b", "happy", 0, 20, problem="which order?"), None),
        (source("b", "happy", 0, 20, split="test", own_split=True), None),
        (source("b", None, 0, 20), None),
    ],
)
def test_a_rival_that_differs_is_asked_about(
    layout: Layout, monkeypatch, other: Source, message: str | None
) -> None:
    best = source("a", "happy", 0, 19 if message and "lost" in message else 20)
    if message is None:
        assert kind_of(layout, monkeypatch, best, other) == "a"
        return
    with pytest.raises(DataError, match=message):
        kind_of(layout, monkeypatch, best, other)


def test_a_problem_is_told_with_the_other_ways(layout: Layout, monkeypatch) -> None:
    asking = source("a", "?", 0, 20, problem="x: which order?")
    with pytest.raises(DataError, match=r"which order\?; other ways: `kind=.b.`"):
        kind_of(layout, monkeypatch, asking, source("b", None, 0, 20))
    assert kind_of(layout, monkeypatch, asking, source("c", "happy", 0, 20)) == "c"


def test_less_than_half_is_no_data_set(layout: Layout, monkeypatch) -> None:
    with pytest.raises(DataError, match=r"only 8 of 20 images are a .*`kind=.a.`"):
        kind_of(layout, monkeypatch, source("a", "happy", 0, 8))


def test_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "fer2013.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match="is an archive; unpack it"):
        choose_source.choose(Layout(tmp_path / "fer2013.zip"), Options())
