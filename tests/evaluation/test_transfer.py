import numpy as np
import pytest

from asdcfer.errors import DataError
from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.transfer import Transfer, reconcile_labels, relabel, restrict_to
from tests.evaluation.standin import toy_model, toy_pack


def test_under_the_same_expressions_it_is_the_accuracy_of_evaluate(tmp_path) -> None:
    context = EvaluationContext(model=toy_model(), pack=toy_pack(tmp_path / "p"))
    (found,) = Transfer().run(context)
    whole = evaluate_model(context)[0]
    assert (found.kind, found.accuracy, found.confusion) == (
        "transfer",
        whole.accuracy,
        whole.confusion,
    )


def test_labels_are_reconciled_by_what_they_mean(tmp_path) -> None:
    """A model of (angry, happy, sad) on faces of (Happiness, calm, Anger)."""
    model = toy_model()
    pack = toy_pack(tmp_path / "p", names=("Happiness", "calm", "Anger"))
    (found,) = Transfer().run(EvaluationContext(model=model, pack=pack))
    assert found.expressions == ["happy", "angry"]
    rows = [r for r in pack.rows("private") if pack.labels[r] != 1]
    assert found.images == len(rows)
    answers = model.probabilities(np.asarray(pack.images[rows]))[:, [1, 0]].argmax(1).numpy()
    truth = np.array([{0: 0, 2: 1}[int(pack.labels[r])] for r in rows])
    assert found.accuracy == pytest.approx((answers == truth).mean())
    assert "without calm" in str(found.protocol)
    assert not found.protocol.notes


def test_fewer_images_are_taken_evenly(tmp_path) -> None:
    context = EvaluationContext(model=toy_model(), pack=toy_pack(tmp_path / "p"))
    (found,) = Transfer(images=6).run(context)
    assert found.images == 6


def test_nothing_in_common_is_one_line(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p", names=("happy", "bored", "tired"))
    with pytest.raises(DataError, match="share fewer than two expressions"):
        list(Transfer().run(EvaluationContext(model=toy_model(), pack=pack)))


def test_a_name_that_two_labels_share_is_neither() -> None:
    assert reconcile_labels(("happy", "sad"), ("joy", "happiness", "Sadness")) == {2: 1}
    assert relabel(np.array([2, 1]), [2]).tolist() == [0, -1]
    assert restrict_to(np.array([[0.0, 0.0, 1.0]]), [0, 1]).tolist() == [[0.5, 0.5]]
