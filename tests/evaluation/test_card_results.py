"""Results on a card: what is kept, read again, and compared with the same images measured anew."""

from typing import Any

import pytest

from asdcfer.data.pack import Pack
from asdcfer.errors import DataError
from asdcfer.evaluation.card_results import card_entries, card_results, compare_with_card
from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.result import Result
from tests.evaluation.standin import toy_model, toy_pack, toy_result


def measured(pack: Pack, **more: Any) -> list[Result]:
    return evaluate_model(EvaluationContext(model=toy_model(), pack=pack, **more))


def test_card_keeps_what_a_reader_needs() -> None:
    result = toy_result(0.25, weights_hash="abc", seconds=3.0)
    (entry,) = card_entries([result])
    assert "weights_hash" not in entry
    assert "format" not in entry
    (again,) = card_results({"results": [entry]})
    assert again == result.model_copy(update={"weights_hash": None, "seconds": 0.0})
    assert card_results({}) == []


def test_card_is_compared_with_the_same_images_measured_in_the_same_way(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    results = measured(pack, twins=pack.rows("private")[:5])
    entries = card_entries(results)
    assert entries[0]["protocol"]["tta"] == "none"
    assert "weights_hash" not in entries[0]
    compared = compare_with_card(results, {"results": entries})
    assert [r.matches_card for r in compared] == [True] * 4
    entries[1]["accuracy"] += 0.01
    assert [r.matches_card for r in compare_with_card(results, {"results": entries})] == [
        True,
        False,
        True,
        True,
    ]
    flipped = measured(pack, tta=True)
    assert flipped[0].protocol.tta == "probabilities"
    assert "test-time flip" in str(flipped[0].protocol)
    assert compare_with_card(flipped, {"results": entries})[0].matches_card is None
    assert compare_with_card(results, {})[0].card_accuracy is None


def test_card_of_another_version_is_refused_in_one_line(tmp_path) -> None:
    results = measured(toy_pack(tmp_path / "p"))
    with pytest.raises(DataError, match=r"results on the card of old are not of this version"):
        compare_with_card(results, {"name": "old", "results": [{"kind": "knn", "accuracy": 0.5}]})
