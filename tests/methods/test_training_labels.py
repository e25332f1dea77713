"""Labels of the training faces: looked up by index, checked, and not saved."""

import pytest
import torch

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.methods.training_labels import TrainingLabels


def views(*index):
    return Views([torch.zeros(len(index), 1, 8, 8)], index=torch.tensor(index))


def test_a_batch_gets_the_labels_of_its_rows():
    labels = TrainingLabels()
    labels.take(torch.tensor([5, -1, 2, 0]))
    assert labels.of(views(2, 0, 1, 2)).tolist() == [2, 5, -1, 2]
    assert labels.state_dict() == {}


def test_more_expressions_than_are_expected_are_refused_with_the_way_out():
    with pytest.raises(TrainingError, match=r"8 expressions .* expects 7; set options\.expr.*=8"):
        TrainingLabels().take(torch.tensor([0, 7]), expressions=7)
    TrainingLabels().take(torch.tensor([0, 6, -1]), expressions=7)


def test_without_labels_or_index_it_says_what_is_missing():
    labels = TrainingLabels()
    with pytest.raises(TrainingError, match="take_labels"):
        labels.of(views(0))
    labels.take(torch.tensor([1]))
    with pytest.raises(TrainingError, match="index"):
        labels.of(Views([torch.zeros(1, 1, 8, 8)]))
