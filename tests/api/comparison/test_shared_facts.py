from dataclasses import replace

import pytest

from asdcfer.api.comparison.shared_facts import SHARED, begin, shared_words
from asdcfer.errors import RecipeError
from tests.api.comparison.standin import QUICK, TINY, settings


def test_the_same_settings_go_on_and_others_are_named(pack, tmp_path) -> None:
    begin(tmp_path, settings(), pack, force=False)
    begin(tmp_path, settings(seeds=(0, 1), references=("random",)), pack, force=False)
    for changes, said in (
        ({"steps": 4}, "steps differ"),
        ({"training": replace(TINY, batch_size=10)}, "batch_size differ"),
        ({"measures": replace(QUICK, draws=2)}, "measures differ"),
    ):
        with pytest.raises(RecipeError, match=said):
            begin(tmp_path, settings(**changes), pack, force=False)
    (tmp_path / "rows").mkdir()
    begin(tmp_path, settings(steps=4), pack, force=True)
    assert not (tmp_path / "rows").exists()
    begin(tmp_path, settings(steps=4), pack, force=False)


def test_a_damaged_note_is_one_line(pack, tmp_path) -> None:
    (tmp_path / SHARED).write_text("{")
    with pytest.raises(RecipeError, match="cannot be read"):
        begin(tmp_path, settings(), pack, force=False)


def test_what_is_shared_is_said_in_words(pack) -> None:
    words = shared_words(settings(), pack, "toys")
    assert words["data"].endswith("labels unused unless a note says that they were seen")
    assert words["encoder"] == "mobile (width 0.25), from random weights"
    assert words["data"].startswith("toys, 60 training faces")
    assert words["budget"].startswith("3 steps")
    assert "15m" in shared_words(settings(steps=None), pack, "toys")["budget"]
