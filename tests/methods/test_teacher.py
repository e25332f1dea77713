"""A frozen teacher: the views it wants, and its mirror image."""

import pytest
import torch

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.methods.teacher import Teacher
from asdcfer.models.preprocessing import Preprocessing
from tests.factories import small_asdc as asdc
from tests.factories import small_teacher_encoder, some_views


def test_a_teacher_that_wants_other_pixels_gets_them():
    views, student = some_views(), Preprocessing(size=32)
    assert Teacher(small_teacher_encoder()).wanted(views, student) is views.crops
    other = Teacher(
        small_teacher_encoder(preprocessing=Preprocessing(size=48, normalize="dataset"))
    )
    crops = other.wanted(views, student)
    assert crops[0].shape == (8, 1, 48, 48)
    assert abs(crops[0].std() - views.crops[0].std()) > 0.01
    color = Teacher(small_teacher_encoder(preprocessing=Preprocessing(size=32, channels=3)))
    assert color.wanted(views, student)[0].shape == (8, 3, 32, 32)
    assert asdc(other).training_step(views).loss.isfinite()
    with pytest.raises(TrainingError, match="hold no pixels"):
        other.wanted(Views(views.crops), student)


def test_a_teacher_can_be_shown_small_views_as_they_are():
    views, student = some_views(), Preprocessing(size=32)
    large = Teacher(small_teacher_encoder(preprocessing=Preprocessing(size=48)))
    assert large.wanted(views, student)[0].shape[-1] == 48
    assert large.wanted(views, student, "view") is views.crops
    other = Teacher(
        small_teacher_encoder(preprocessing=Preprocessing(size=48, normalize="dataset"))
    )
    crops = other.wanted(views, student, "view")
    torch.testing.assert_close(
        crops[0],
        (views.pixels[0] - other.encoder.preprocessing.mean) / other.encoder.preprocessing.std,
    )
    assert asdc(large, teacher_side="view").training_step(views).loss.isfinite()


def test_a_teacher_with_its_mirror_image_answers_alike_for_both():
    frozen = Teacher(small_teacher_encoder(), mirror_mean=True)
    face = torch.randn(2, 1, 48, 48)
    one, other = frozen(face), frozen(face.flip(-1))
    torch.testing.assert_close(one.feature, other.feature)
    for a, b in zip(one.maps, other.maps, strict=True):
        torch.testing.assert_close(a, b)
