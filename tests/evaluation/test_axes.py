from asdcfer.evaluation.axes import AXES
from asdcfer.evaluation.evaluate_model import EvaluationContext
from tests.evaluation.standin import toy_model, toy_pack


def test_every_axis_gives_results_of_its_name(tmp_path) -> None:
    context = EvaluationContext(model=toy_model(), pack=toy_pack(tmp_path / "p"))
    for name, axis in AXES.items():
        assert {result.kind for result in axis().run(context)} == {name}
