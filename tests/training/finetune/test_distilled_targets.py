"""Soft labels against a slow reference, and what fine-tuning does with them."""

import numpy as np
import pytest
import torch

from asdcfer.data.splits import task_of
from asdcfer.errors import TrainingError, WeightsError
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.weights import load_model
from asdcfer.training.finetune.distilled_targets import distilled_targets
from asdcfer.training.finetune.objectives import SupervisedObjective
from asdcfer.training.finetune.options import FinetuneOptions
from tests.evaluation.standin import NAMES, toy_encoder
from tests.training.standin import finetuned

QUICK = FinetuneOptions(batch_size=20, epochs=2, precision="32", ema=0.5)


def teacher(seed: int, expressions=NAMES) -> ExpressionModel:
    torch.manual_seed(seed)
    encoder = toy_encoder()
    return ExpressionModel(
        encoder, Classifier(encoder.feature_dim, len(expressions)), expressions
    ).eval()


@pytest.mark.slow
def test_every_target_is_the_label_blended_with_the_mean_of_all_teachers_over_face_and_mirror_image(
    pack,
) -> None:
    task, teachers, weight, temperature = task_of(pack), [teacher(1), teacher(2)], 0.3, 2.0
    found = distilled_targets(teachers, pack, task, weight, temperature)
    for row in task.train[::7]:
        said = []
        for model in teachers:
            for image in (pack.images[row], pack.images[row][:, ::-1]):
                with torch.inference_mode():
                    scores = (
                        model(model.encoder.preprocessing.batch(np.ascontiguousarray(image)[None]))[
                            0
                        ]
                        .double()
                        .numpy()
                        / temperature
                    )
                said.append(np.exp(scores) / np.exp(scores).sum())
        expected = weight * np.mean(said, axis=0)
        expected[task.labels[row]] += 1 - weight
        assert np.allclose(found[row], expected, atol=1e-5)
    assert torch.allclose(found[task.train].sum(1), torch.ones(len(task.train)))


def test_no_word_about_faces_of_other_splits(pack) -> None:
    task = task_of(pack)
    others = np.setdiff1d(np.arange(len(pack.images)), task.train)
    assert len(others)
    assert not distilled_targets([teacher(1)], pack, task, 0.5)[others].any()


def test_with_weight_0_the_objective_is_that_of_the_labels_bit_for_bit(pack) -> None:
    losses = []
    for targets in (None, distilled_targets([teacher(1)], pack, task_of(pack), 0.0)):
        objective = SupervisedObjective(teacher(3).train(), pack, task_of(pack), QUICK, targets)
        objective.begin(0)
        losses.append(objective.loss(0, 48).loss.item())
    assert losses[0] == losses[1]


def test_a_teacher_of_other_expressions_is_refused(pack) -> None:
    with pytest.raises(WeightsError, match="the teacher knows the expressions good, bad"):
        distilled_targets([teacher(1, ("good", "bad"))], pack, task_of(pack), 0.5)


@pytest.mark.slow
def test_the_run_says_that_it_had_teachers_and_is_not_taken_up_without_them(pack, tmp_path) -> None:
    results = finetuned(toy_encoder(), pack, tmp_path / "taught", QUICK, teachers=[teacher(1)])
    finetuned(toy_encoder(), pack, tmp_path / "alone", QUICK)
    assert "softened by 1 fine-tuned teacher," in str(results[0].protocol)
    taught, alone = (
        load_model(tmp_path / "taught" / "model"),
        load_model(tmp_path / "alone" / "model"),
    )
    assert len(taught.card["teachers"]) == 1
    assert "teachers" not in alone.card
    assert not torch.equal(taught.classifier.linear.weight, alone.classifier.linear.weight)
    for folder, teachers in (("alone", [teacher(1)]), ("taught", [])):
        with pytest.raises(TrainingError, match="of another run: teachers differ"):
            finetuned(toy_encoder(), pack, tmp_path / folder, QUICK, teachers=teachers, resume=True)
