"""Each function of `asdcfer.api` on a few faces: typed results, progress, and nothing printed."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from asdcfer import api
from asdcfer.data.pack import Pack, PackItem, load_pack, write_pack
from asdcfer.data.sample import sample_pack
from asdcfer.errors import AsdcferError, DataError, InputError, RecipeError, WeightsError
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.registry import build_encoder
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_files import load_recipe
from tests.data.trees import fer_csv, fer_rows
from tests.factories import Heard
from tests.recognition import standin

TINY = (
    "{method: %s, encoder: {name: resnet18, arguments: {width: 4, stem: stride2}}, epochs: 1, "
    "batch_size: 32, views: {size: 32}, options: {queue_size: 32, projector_hidden: 16, "
    "projector_dim: 8}, health: {images: 64, knn_images: 64}}"
)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(autouse=True)
def nothing_is_printed(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    assert tuple(capfd.readouterr()) == ("", "")


@pytest.fixture
def few(tmp_path: Path) -> Pack:
    """Some faces of each split of the sample."""
    sample = sample_pack()
    items = [
        PackItem(sample.images[row], str(sample.ids[row]), split, int(sample.labels[row]))
        for split in sample.splits
        for row in sample.rows(split)[:84]
    ]
    write_pack(tmp_path / "few", items, expressions=sample.expressions, source={"name": "few"})
    return load_pack(tmp_path / "few")


@pytest.fixture
def encoder() -> Encoder:
    return build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25})).eval()


@pytest.fixture
def model(encoder: Encoder) -> ExpressionModel:
    expressions = sample_pack().expressions
    classifier = Classifier(encoder.feature_dim, len(expressions))
    return ExpressionModel(encoder, classifier, tuple(expressions)).eval()


def recipe(*changes: str) -> Recipe:
    sections = [f"teacher={TINY % 'moco'}", f"student={TINY % 'asdc'}"]
    probes = "probes={encoders: [teacher], kinds: [knn], poolings: []}"
    return load_recipe("sample", [*sections, probes, *changes])


def test_prepare(tmp_path: Path, heard: Heard) -> None:
    source = tmp_path / "fer2013.csv"
    source.write_text(fer_csv(fer_rows(42)), encoding="utf-8")
    settings = api.PrepareSettings(size=32)
    pack = api.prepare(source, tmp_path / "pack", settings, progress=heard)
    assert pack.images.shape[1:] == (32, 32)
    assert heard.stages == {"reading": len(pack)}
    assert "recognized as fer2013" in heard.lines[0]
    with pytest.raises(DataError, match="nothing at"):
        api.prepare(tmp_path / "nowhere", tmp_path / "pack")


def test_audit(few: Pack, tmp_path: Path, heard: Heard) -> None:
    found = api.audit([few, few.path], tmp_path / "out", progress=heard)
    assert found.images == 2 * len(few)
    assert found.exact >= len(few)
    assert found.csv == tmp_path / "out" / "duplicates.csv"
    assert found.csv.is_file()
    assert heard.stages == {"comparing": found.images}


def test_probe(few: Pack, encoder: Encoder, tmp_path: Path, heard: Heard) -> None:
    settings = api.ProbeSettings(kinds=["knn"])
    results = api.probe(encoder, few, settings, out=tmp_path / "out", progress=heard)
    assert [result.kind for result in results] == ["knn", "knn"]
    assert 0 <= results[0].accuracy <= 1
    assert len(list((tmp_path / "out").iterdir())) == 2
    assert heard.stages["knn"] > 0
    with pytest.raises(DataError, match="no probe 'forest'"):
        api.probe(encoder, few, api.ProbeSettings(kinds=["forest"]))


def test_evaluate(few: Pack, model: ExpressionModel, tmp_path: Path, heard: Heard) -> None:
    settings = api.EvaluateSettings(robustness=True, robustness_images=8)
    found = api.evaluate(model, few, settings, out=tmp_path / "out", progress=heard)
    assert [result.evaluated_on for result in found.results] == ["private", "union"]
    assert found.robustness is not None
    assert {"measuring", "robustness"} <= heard.stages.keys()
    with pytest.raises(WeightsError):
        api.evaluate(tmp_path / "nothing", few)


def test_evaluate_names_the_label_set_that_fits(few: Pack, encoder: Encoder, heard: Heard) -> None:
    names = (*few.expressions, "another")
    card = {"labels": "votes", "label_sets": {"own": {"expressions": list(few.expressions)}}}
    classifier = Classifier(encoder.feature_dim, len(names))
    api.evaluate(ExpressionModel(encoder, classifier, names, card=card), few, progress=heard)
    assert any(line.endswith("--labels own answers in those") for line in heard.lines)


def test_predict(model: ExpressionModel, tmp_path: Path, heard: Heard) -> None:
    photo = tmp_path / "both.png"
    cv2.imwrite(str(photo), standin.both()[..., ::-1])
    settings = api.PredictSettings(model=model)
    found = api.predict(photo, settings, progress=heard)
    assert [row["face"] for row in found.rows()] == [0, 1]
    assert (found.files, found.failed, found.table) == (1, 0, None)
    assert heard.stages == {"recognizing": 1}
    outputs = api.PredictOutputs(table=tmp_path / "rows.json")
    again = api.predict([photo], settings, outputs)
    assert again.rows() == [{c: row.get(c) for c in again.columns} for row in found.rows()]
    with pytest.raises(InputError, match="there already"):
        api.predict(photo, settings, outputs)


def test_export(few: Pack, model: ExpressionModel, tmp_path: Path, heard: Heard) -> None:
    pytest.importorskip("onnx")
    found = api.export(model, tmp_path / "model.onnx", data=few, progress=heard)
    assert found.file.is_file()
    assert found.parity.faces == len(few.rows("public"))
    assert found.int8 is None
    assert "exporting" in heard.stages


def test_pretrain_distill_and_report(few: Pack, tmp_path: Path, heard: Heard) -> None:
    stage = api.pretrain(recipe(), few, tmp_path / "run", progress=heard)
    assert stage.weights.is_file()
    assert stage.health is not None
    assert heard.stages["teacher"] > 0
    assert any("effective values" in line for line in heard.lines)
    with pytest.raises(RecipeError, match="holds a run"):
        api.pretrain(recipe(), few, tmp_path / "run")
    student = api.distill(recipe(), few, tmp_path / "run", progress=heard)
    assert student.section == "student"
    assert student.weights.is_file()
    page = api.report(tmp_path / "run", progress=heard)
    assert page == tmp_path / "run" / "report.html"
    assert page.is_file()


def test_run_of_a_teacher_alone(few: Pack, tmp_path: Path, heard: Heard) -> None:
    found = api.run(recipe("student=null"), few, tmp_path / "run", progress=heard)
    assert [stage.section for stage in found.stages] == ["teacher"]
    assert {result.kind for result in found.results} == {"knn"}
    assert found.report is not None
    assert found.report.is_file()
    assert found.without_probes == ""
    with pytest.raises(RecipeError, match="no recipe"):
        api.run("nowhere", few, tmp_path / "other")


def test_finetune(few: Pack, encoder: Encoder, tmp_path: Path, heard: Heard) -> None:
    options = {"epochs": 1, "batch_size": 32, "precision": "32"}
    found = api.finetune(encoder, few, tmp_path / "tuned", options, progress=heard)
    assert found.weights.is_file()
    assert [result.kind for result in found.results] == ["finetune", "finetune"]
    assert any(line.startswith("epoch 1/1") for line in heard.lines)
    measured = api.evaluate(found.weights, few).results
    assert all(result.matches_card for result in measured)
    with pytest.raises(RecipeError, match="did you mean epochs"):
        api.finetune(encoder, few, tmp_path / "other", {"epoch": 1})
    with pytest.raises(AsdcferError, match="holds a fine-tuned model"):
        api.finetune(encoder, few, tmp_path / "tuned", options)
