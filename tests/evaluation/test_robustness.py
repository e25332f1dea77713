import pytest

from asdcfer.errors import DataError
from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.result import read_result, write_result
from asdcfer.evaluation.robustness import Robustness
from tests.evaluation.standin import toy_model, toy_pack


def test_robustness_starts_at_the_models_accuracy(tmp_path) -> None:
    context = EvaluationContext(model=toy_model(), pack=toy_pack(tmp_path / "p"))
    (found,) = Robustness(corruptions=("noise", "brightness", "resolution")).run(context)
    whole = evaluate_model(context)[0]
    assert found.kind == "robustness"
    assert found.accuracy == whole.accuracy
    assert found.confusion == whole.confusion
    assert "corrupted by one thing" in str(found.protocol)
    for name, curve in found.curves.items():
        clean = curve.levels.index(1.0 if name == "resolution" else 0.0)
        assert curve.accuracy[clean] == pytest.approx(whole.accuracy)
        assert curve.levels == sorted(curve.levels, reverse=name == "resolution")
    assert read_result(write_result(tmp_path / "r.json", found)) == found


def test_robustness_of_some_images_tells_how_far_it_is(tmp_path) -> None:
    seen = []

    class Told:
        def __call__(self, stage, done, total, note=""):
            seen.append((stage, done, total))

        def message(self, text):
            raise AssertionError(text)

    context = EvaluationContext(
        model=toy_model(), pack=toy_pack(tmp_path / "p"), progress=Told(), tta=True
    )
    (found,) = Robustness(corruptions=("blur",), images=5).run(context)
    assert found.images == 5
    assert found.protocol.tta == "probabilities"
    assert seen == [("robustness", done, 25) for done in (5, 10, 15, 20, 25)]


def test_unknown_damage_is_named(tmp_path) -> None:
    context = EvaluationContext(model=toy_model(), pack=toy_pack(tmp_path / "p"))
    with pytest.raises(DataError, match="no corruption 'fog'"):
        list(Robustness(corruptions=("fog",)).run(context))
