import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from asdcfer.cli.main import app
from asdcfer.errors import WeightsError
from asdcfer.evaluation.card_results import card_entries
from asdcfer.evaluation.protocol import Protocol
from asdcfer.evaluation.result import Feature
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT
from asdcfer.models import find_weights
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_encoder, save_model
from tests.evaluation.standin import toy_result


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setattr(find_weights, "WEIGHTS_FOLDER", tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def test_an_empty_package_says_so_in_one_line(package):
    result = CliRunner().invoke(app, ["models"])
    assert result.exit_code == 0
    assert result.output.startswith("no weights are in the package")
    assert json.loads(CliRunner().invoke(app, ["models", "--json"]).output) == []


def test_the_table_and_the_json_show_what_is_there(package):
    encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
    model = ExpressionModel(encoder, Classifier(encoder.feature_dim, 7), EXPRESSIONS)
    entries = card_entries([toy_result(0.6512, kind="private_test", feature=None)])
    save_model(package / "light", model, {"results": entries})
    save_encoder(package / "resnet18", encoder, {"license": "CC0"})
    output = CliRunner().invoke(app, ["models"]).output
    light, resnet18 = (
        next(line for line in output.splitlines() if line.startswith(name))
        for name in ("light", "resnet18")
    )
    assert "(= default)" in light
    assert "private test 65.1 %" in light
    assert "CC0" in resnet18
    listed = json.loads(CliRunner().invoke(app, ["models", "--json"]).output)
    assert [card["name"] for card in listed] == ["light", "resnet18"]
    assert listed[0]["expressions"] == list(EXPRESSIONS)


def test_a_student_whose_teacher_saw_labels_is_told_apart(package):
    encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
    save_encoder(package / "plain", encoder, {"stage": {"method": "asdc"}, "saw_labels": False})
    save_encoder(package / "taught", encoder, {"stage": {"method": "asdc"}, "saw_labels": True})
    plain, taught = CliRunner().invoke(app, ["models"]).output.splitlines()[1:3]
    assert "asdc, labels seen" in taught
    assert "labels seen" not in plain
    listed = json.loads(CliRunner().invoke(app, ["models", "--json"]).output)
    assert [card["saw_labels"] for card in listed] == [False, True]


def test_only_results_of_the_own_feature_are_in_the_table(package):
    encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
    own = encoder.spec.pooling
    results = card_entries(
        toy_result(accuracy, feature=Feature(pooling=pooling, dim=8))
        for pooling, accuracy in ((own, 0.61), ("other", 0.52))
    )
    save_encoder(package / "light", encoder, {"results": results})
    output = CliRunner().invoke(app, ["models"]).output
    assert "linear 61.0 %" in output
    assert "52.0" not in output


def test_numbers_made_with_mirror_images_are_told_apart(package):
    encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
    model = ExpressionModel(encoder, Classifier(encoder.feature_dim, 7), EXPRESSIONS)

    def card(kind: str, accuracy: float, tta: str) -> list[dict[str, object]]:
        protocol = Protocol(trained_on="mean feature", reported_on="PrivateTest", tta=tta)
        found = toy_result(accuracy, kind=kind, protocol=protocol, feature=None)
        return card_entries([found])

    save_encoder(
        package / "mirrored",
        encoder,
        {"results": card("knn", 0.5, "none") + card("linear", 0.61, "features")},
    )
    save_encoder(package / "plain", encoder, {"results": card("linear", 0.61, "none")})
    save_model(
        package / "tuned",
        model,
        {"tta": True, "results": card("finetune", 0.7, "probabilities")},
    )
    save_model(
        package / "unflipped", model, {"tta": True, "results": card("evaluate", 0.61, "none")}
    )
    lines = CliRunner().invoke(app, ["models"]).output.splitlines()
    mirrored, plain, tuned, unflipped = (
        next(line for line in lines if line.startswith(name))
        for name in ("mirrored", "plain", "tuned", "unflipped")
    )
    assert "knn 50.0 %, linear 61.0 % (mirror)" in mirrored
    assert "finetune 70.0 % (flip)" in tuned
    assert "(" not in plain
    assert "(" not in unflipped
    assert [line.split()[0] for line in lines[-2:]] == [
        "(mirror)",
        "(flip)",
    ]
    assert "mean feature of face and mirror image" in lines[-2]
    listed = {
        card["name"]: card["measured"]
        for card in json.loads(CliRunner().invoke(app, ["models", "--json"]).output)
    }
    assert [(r["kind"], r["tta"]) for r in listed["mirrored"]] == [
        ("knn", "none"),
        ("linear", "features"),
    ]
    assert listed["mirrored"][1]["protocol"].startswith("mean feature, mean feature of image")
    assert [r["tta"] for r in listed["tuned"]] == ["probabilities"]


def test_each_label_set_is_listed_by_what_was_measured_under_its_own_labels(package):
    encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
    heads = []
    for labels, names, right in (
        ("ferplus", EXPRESSIONS_WITH_CONTEMPT, {"private": 0.56, "ferplus": 0.82}),
        ("fer2013", EXPRESSIONS, {"private": 0.65, "ferplus": 0.73}),
    ):
        found = [
            toy_result(accuracy, kind="evaluate", evaluated_on=test_set, feature=None)
            for test_set, accuracy in right.items()
        ]
        card = {"labels": labels, "results": card_entries(found)}
        classifier = Classifier(encoder.feature_dim, len(names))
        heads.append(ExpressionModel(encoder, classifier, names, card=card))
    save_model(package / "light", heads[0], others=heads[1:])
    output = CliRunner().invoke(app, ["models"]).output
    assert "8 or 7" in output
    assert "ferplus 82.0 %, fer2013 65.0 %" in output
    assert "56.0" not in output
    assert "73.0" not in output


def test_the_shipped_cards_say_it_of_themselves():
    output = CliRunner().invoke(app, ["models"], env={"COLUMNS": "200"}).output
    assert "(flip)" in output
    assert "ferplus" in output
    assert "nano" in output


def test_a_broken_card_is_one_clear_error(package):
    save_encoder(
        package / "light", build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25})), {}
    )
    (package / "light.json").write_text("{")
    assert isinstance(CliRunner().invoke(app, ["models"]).exception, WeightsError)


@pytest.mark.slow
def test_listing_reads_cards_without_torch(package):
    code = (
        "import sys; from asdcfer.cli.models import models; models(); "
        "assert 'torch' not in sys.modules, 'torch was imported'"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        ).stderr
        == ""
    )
