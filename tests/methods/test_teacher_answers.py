"""What a teacher makes of views and of faces, looked at or read from what it kept."""

import pytest
import torch

from asdcfer.augmentation.views import Partners, ViewMaker, ViewOptions, Views
from asdcfer.errors import TrainingError
from asdcfer.methods.teacher_answers import TeacherAnswers
from tests.factories import small_asdc
from tests.methods.test_teacher_bank import kept


@pytest.mark.parametrize("mirror_mean", [False, True])
def test_of_untouched_faces_both_ways_say_the_same(mirror_mean):
    _, teacher, images = kept(mirror_mean)
    rows = torch.tensor([4, 1])
    found = []
    for how in ("computed", "sampled"):
        answers = TeacherAnswers(teacher, teacher.encoder.preprocessing, (-3, -2), how)
        answers.prepare(images)
        found.append(answers.of_faces(rows, images[rows]))
    computed, sampled = found
    for number in (1, 2):
        # Kept in 16 bits.
        torch.testing.assert_close(
            sampled.maps[number], computed.maps[number], rtol=1e-2, atol=1e-2
        )
    torch.testing.assert_close(sampled.query, computed.query, rtol=1e-4, atol=1e-4)


def test_no_maps_are_made_where_none_are_asked_for():
    _, teacher, images = kept()
    answers = TeacherAnswers(teacher, teacher.encoder.preprocessing, ())
    (taught,) = answers.of_views(Views([teacher.encoder.preprocessing.batch(images)]))
    assert taught.maps == []
    assert len(taught.query) == len(images)


def test_a_view_of_a_partner_is_taught_what_the_teacher_makes_of_the_partner():
    _, teacher, images = kept()
    method = small_asdc(teacher, teacher_views="sampled")
    method.prepare(images)
    index, partner = torch.arange(3), torch.tensor([4, 1, 5])
    make = ViewMaker(ViewOptions(size=32, temporal=1))
    views = make(
        images[index],
        method.encoder.preprocessing,
        torch.Generator().manual_seed(0),
        index,
        Partners(images[partner], partner),
    )
    found = method.answers.of_views(views)
    for rows, geometry, taught in zip((index, partner), views.geometry, found, strict=True):
        assert torch.equal(taught.query, method.answers.bank(rows, geometry).query)


def test_views_of_unknown_faces_are_refused_where_the_teacher_is_kept():
    _, teacher, images = kept()
    method = small_asdc(teacher, teacher_views="sampled")
    method.prepare(images)
    views = ViewMaker(ViewOptions(views=2))(images, teacher.encoder.preprocessing)
    with pytest.raises(TrainingError, match="know their faces and their geometry"):
        method.training_step(views)
