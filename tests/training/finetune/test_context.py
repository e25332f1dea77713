"""Context of a fine-tuning: classifiers that cannot be gone on from."""

import pytest

from asdcfer.data.splits import task_of
from asdcfer.errors import WeightsError
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.training.finetune.context import check_begun
from asdcfer.training.finetune.options import FinetuneOptions
from tests.evaluation.standin import NAMES, toy_encoder
from tests.training.standin import finetuned


def test_a_classifier_of_the_same_kind_is_gone_on_from(pack) -> None:
    encoder = toy_encoder()
    begun = ExpressionModel(encoder, Classifier(encoder.feature_dim, 3), NAMES)
    check_begun(begun, encoder, task_of(pack))


def test_a_classifier_that_cannot_be_gone_on_from_is_refused(pack, tmp_path) -> None:
    task, encoder, narrow = task_of(pack), toy_encoder(), toy_encoder(pooling="global")
    own = FinetuneOptions(classifier_start="own")
    with pytest.raises(WeightsError, match="an encoder's alone; use classifier_start=probe"):
        finetuned(encoder, pack, tmp_path / "out", own)
    assert not (tmp_path / "out").exists()
    other = ExpressionModel(encoder, Classifier(encoder.feature_dim, 2), ("good", "bad"))
    with pytest.raises(WeightsError, match="knows the expressions good, bad; the faces are labele"):
        check_begun(other, encoder, task)
    begun = ExpressionModel(encoder, Classifier(encoder.feature_dim, 3), NAMES)
    sizes = f"takes {encoder.feature_dim} numbers and this pooling gives {narrow.feature_dim}"
    with pytest.raises(WeightsError, match=sizes):
        check_begun(begun, narrow, task)
