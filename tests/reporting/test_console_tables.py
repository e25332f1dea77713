import pytest

from asdcfer.evaluation.result import Curve, Feature, LabelsUsed
from asdcfer.reporting.console_tables import label_of, print_curves, print_table
from tests.evaluation.standin import toy_result


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"feature": Feature(pooling="global", dim=5120)}, "linear, global 5,120-d"),
        ({"encoder": "student", "kind": "knn"}, "student: knn, grid 8-d"),
        ({"feature": None, "kind": "evaluate"}, "evaluate"),
        (
            {"labels_used": LabelsUsed(share=0.05, draw=0, images=9)},
            "linear, 5% of labels, grid 8-d",
        ),
        (
            {"labels_used": LabelsUsed(per_class=4, draw=0, images=9)},
            "linear, 4 labels a class, grid 8-d",
        ),
        (
            {
                "labels_used": LabelsUsed(per_class=1, draw=0, images=3),
                "hyperparameters": {"penalty": 1.0, "prior": {"angry": 0.5}},
            },
            "linear, 1 label a class, grid 8-d, prior estimated",
        ),
    ],
)
def test_label_names_what_tells_results_apart(changes, label) -> None:
    assert label_of(toy_result(**changes)) == label


def test_test_time_flip_of_a_probe_is_in_its_label() -> None:
    plain = toy_result()
    for tta, words in (("features", ", tta features"), ("probabilities", ""), ("none", "")):
        protocol = plain.protocol.model_copy(update={"tta": tta})
        assert label_of(toy_result(protocol=protocol), dim=False) == f"linear, grid{words}"


def test_tables_say_each_protocol_once(capsys) -> None:
    print_table([toy_result(0.25), toy_result(0.75, evaluated_on="union")], "toy")
    printed = capsys.readouterr().out
    assert "25.00" in printed
    assert "union" in printed
    assert printed.count("linear classifier; penalty chosen on public") == 1
    curve = Curve(unit="degrees", levels=[0.0, 10.0], accuracy=[0.5, 0.25])
    print_curves(toy_result(kind="robustness", curves={"rotation": curve}))
    assert "10: 25.0" in capsys.readouterr().out
