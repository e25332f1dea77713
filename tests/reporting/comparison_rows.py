"""Rows of a comparison as a run of it leaves them: two methods, a reference and a failure."""

from asdcfer.evaluation.comparison_row import ComparisonRow, TrainingFacts
from asdcfer.evaluation.result import Curve, Feature, LabelsUsed, Result
from tests.evaluation.standin import toy_result

GRID, GLOBAL = Feature(pooling="grid", dim=1088), Feature(pooling="global", dim=64)
FLAT = Feature(pooling="flattened", dim=576)


def results(accuracy: float) -> list[Result]:
    """Return what probes and axes say of one encoder."""
    few = [
        toy_result(
            accuracy - 0.2 + 0.02 * draw,
            kind="few_shot",
            feature=GRID,
            hyperparameters={"classifier": classifier},
            labels_used=LabelsUsed(per_class=5, draw=0, images=35),
        )
        for draw, classifier in ((0, "linear"), (1, "knn"))
    ]
    part = LabelsUsed(share=0.1, draw=0, images=98)
    curves = {
        "blur": Curve(unit="side", levels=[0.0, 0.1], accuracy=[accuracy, accuracy - 0.1]),
        "resolution": Curve(unit="side", levels=[1.0, 0.5], accuracy=[accuracy, accuracy - 0.3]),
    }
    return [
        toy_result(accuracy - 0.05, kind="knn", feature=GRID),
        toy_result(accuracy, feature=GRID, training_images=1000),
        toy_result(0.9, feature=GRID, evaluated_on="union"),
        toy_result(accuracy - 0.01, feature=GRID, twins_removed=3),
        toy_result(accuracy + 0.2, feature=GRID, evaluated_on="ferplus"),
        toy_result(accuracy - 0.1, feature=GLOBAL),
        toy_result(accuracy + 0.01, feature=FLAT),
        *few,
        toy_result(accuracy - 0.1, kind="few_labels", feature=GRID, labels_used=part),
        toy_result(accuracy, kind="robustness", feature=GRID, curves=curves),
    ]


def row(name: str, accuracy: float, seed: int = 0, **changes: object) -> ComparisonRow:
    """Return a row of a method that was trained for a quarter of an hour."""
    training = TrainingFacts(
        method=name,
        steps=900,
        epochs=8,
        images_per_second=250.0,
        minutes=14.5,
        teacher="resnet18, its own training not counted",
        curve=[(5.0, accuracy - 0.2), (14.0, accuracy - 0.1)],
    )
    values = {
        "kind": "trained",
        "key": "k",
        "status": "finished",
        "parameters": 1_500_000,
        "training": training,
        "results": results(accuracy),
        "transfers": {"other": toy_result(accuracy - 0.15, kind="transfer", feature=GRID)},
    }
    return ComparisonRow.model_validate({"name": name, "seed": seed, **values, **changes})


def rows() -> list[ComparisonRow]:
    """Return a whole comparison."""
    reference = {"kind": "as it is", "training": None, "about": "trained before"}
    broken = {"status": "failed", "reason": "the loss is <not> finite", "results": []}
    return [
        row("moco", 0.40, 0),
        row("moco", 0.44, 1),
        row("asdc", 0.50, 0),
        row("asdc", 0.52, 1),
        row("light_encoder", 0.6, **reference),
        row("mine:Own", 0.0, **broken),
    ]
