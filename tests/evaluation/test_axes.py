import pytest

from asdcfer.errors import DataError
from asdcfer.evaluation.axes import AXES, build_axes
from asdcfer.evaluation.evaluate_model import EvaluationContext
from tests.evaluation.standin import toy_model
from tests.evaluation.test_subgroups import grouped_pack


def test_every_axis_gives_results_of_its_name(tmp_path) -> None:
    context = EvaluationContext(model=toy_model(), pack=grouped_pack(tmp_path / "p"))
    for name, axis in zip(AXES, build_axes(AXES, images=6), strict=True):
        found = list(axis.run(context))
        assert {(result.kind, result.images) for result in found} == {(name, 6)}
        assert [bool(result.curves) for result in found] == [name == "robustness"]
        assert [bool(result.groups) for result in found] == [name == "subgroups"]


def test_an_unknown_axis_is_named() -> None:
    with pytest.raises(DataError, match="no axis 'fog'; there are robustness, transfer, subgroups"):
        build_axes(["robustness", "fog"])
