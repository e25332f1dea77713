"""`probe` and `evaluate` from Python."""

from pathlib import Path

import pytest

from asdcfer import api
from asdcfer.data.pack import Pack
from asdcfer.errors import AsdcferError, DataError, WeightsError
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import Encoder
from tests.factories import Heard


def test_probe(few: Pack, encoder: Encoder, tmp_path: Path, heard: Heard) -> None:
    settings = api.ProbeSettings(kinds=["knn"])
    results = api.probe(encoder, few, settings, out=tmp_path / "out", progress=heard)
    assert [result.kind for result in results] == ["knn", "knn"]
    assert 0 <= results[0].accuracy <= 1
    assert len(list((tmp_path / "out").iterdir())) == 2
    assert heard.stages["knn"] > 0
    with pytest.raises(DataError, match="no probe 'forest'"):
        api.probe(encoder, few, api.ProbeSettings(kinds=["forest"]))


@pytest.mark.parametrize(
    ("kinds", "given", "readers"),
    [
        (["knn", "few_shot"], {"prior": "estimated"}, "linear, flattened, few_labels"),
        (["few_labels"], {"scaling": "both"}, "linear, flattened"),
        (["linear"], {"labels_per_class": (5,)}, "few_labels"),
        (["linear"], {"shares": (0.1,)}, "few_labels"),
        (["knn"], {"draws": 3}, "few_labels"),
        (["few_shot", "knn"], {"tta": "features"}, "linear, flattened, few_labels"),
    ],
)
def test_a_setting_that_no_probe_reads_is_refused(few: Pack, encoder, kinds, given, readers):
    name = next(iter(given))
    with pytest.raises(AsdcferError, match=f"`{name}` is read by {readers}, none of which"):
        api.probe(encoder, few, api.ProbeSettings(kinds=kinds, **given))


@pytest.mark.slow
def test_evaluate(few: Pack, model: ExpressionModel, tmp_path: Path, heard: Heard) -> None:
    settings = api.EvaluateSettings(axes=["robustness"], axis_images=8)
    found = api.evaluate(model, few, settings, out=tmp_path / "out", progress=heard)
    assert [result.evaluated_on for result in found.results] == ["private", "union"]
    assert [(result.kind, result.images) for result in found.axes] == [("robustness", 8)]
    with pytest.raises(DataError, match="no axis 'fog'; there are robustness"):
        api.evaluate(model, few, api.EvaluateSettings(axes=["fog"]))
    assert {"measuring", "robustness"} <= heard.stages.keys()
    with pytest.raises(WeightsError):
        api.evaluate(tmp_path / "nothing", few)


def test_evaluate_names_the_label_set_that_fits(few: Pack, encoder: Encoder, heard: Heard) -> None:
    names = (*few.expressions, "another")
    card = {"labels": "votes", "label_sets": {"own": {"expressions": list(few.expressions)}}}
    classifier = Classifier(encoder.feature_dim, len(names))
    api.evaluate(ExpressionModel(encoder, classifier, names, card=card), few, progress=heard)
    assert any(line.endswith("`labels=own` answers in those") for line in heard.lines)
