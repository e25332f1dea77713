"""Heads of a distillation: what cannot be compared is refused before training."""

import pytest
import torch

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.methods.asdc import Asdc
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.distillation_heads import QueryHead
from asdcfer.methods.teacher import Teacher
from asdcfer.models.heads import Projector
from tests.factories import SMALL, small_encoder, small_teacher_encoder
from tests.factories import small_asdc as asdc
from tests.factories import small_teacher as teacher


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"teacher_maps": (-9, -1)},
            r"the teacher's maps cannot be aligned: it has 4 maps, but teacher_maps asks for "
            r"\[-9, -1\]",
        ),
        ({"student_maps": (-9, -1)}, "the student's maps cannot be aligned"),
        ({"student_maps": (-1,)}, "the same number of maps"),
    ],
)
def test_maps_that_do_not_exist_are_refused_before_training(options, words):
    with pytest.raises(TrainingError, match=words):
        asdc(**options)


def test_a_map_without_layout_is_refused_before_training():
    class Vector(type(small_teacher_encoder())):
        def forward_maps(self, x):
            return [m.mean((2, 3), keepdim=True) for m in super().forward_maps(x)]

    encoder = small_teacher_encoder()
    encoder.__class__ = Vector
    with pytest.raises(TrainingError, match="cannot be aligned: 1x1 has no layout"):
        asdc(Teacher(encoder))


def test_the_trial_of_maps_changes_nothing():
    torch.manual_seed(1)
    encoder = small_encoder().train()
    before = {n: t.clone() for n, t in encoder.state_dict().items()}
    Asdc(encoder, teacher(), AsdcOptions(**SMALL))
    assert encoder.training
    assert all(torch.equal(before[n], t) for n, t in encoder.state_dict().items())


def test_a_projector_of_another_training_is_refused():
    with pytest.raises(TrainingError, match="projector does not take its feature"):
        asdc(Teacher(small_teacher_encoder(), Projector(99, 8, 16)))


@pytest.mark.parametrize("projector", [True, False])
def test_a_query_is_scaled_to_unit_length_where_it_is_asked_to_be(projector):
    encoder = small_teacher_encoder()
    width = encoder.feature_dim
    own = Teacher(encoder, Projector(width, 8, 12, layers=1) if projector else None)
    head = QueryHead(32, 16, own, 12 if projector else None, sketch_dim=12, hidden_dim=8).eval()
    with torch.no_grad():
        taught = own(torch.randn(40, 1, 32, 32))
    if head.statistics is not None:
        head.statistics.observe(taught.feature)
    plain, unit = head.teacher(taught, unit=False), head.teacher(taught)
    torch.testing.assert_close(unit, torch.nn.functional.normalize(plain, dim=1))
    assert not torch.allclose(plain.norm(dim=1), torch.ones(40))
    if not projector:
        # Standardized features under a random projection that keeps lengths.
        assert 0.3 < plain.square().mean().item() < 3


def test_heads_that_start_as_the_teacher_leave_a_student_with_its_weights_alone():
    """A student of the teacher's own weights has nothing to learn from the view that both see."""
    encoder = small_encoder().eval()
    projector = Projector(encoder.feature_dim, 32, 12, layers=1).eval()
    options = AsdcOptions(
        **SMALL,
        w_contrastive=0.0,
        w_key=0.0,
        query_form="regression",
        query_projector="own",
        query_layers=1,
        joint_form="map",
        standardize_teacher=False,
        heads_start="teacher",
    )
    method = Asdc(encoder, Teacher(encoder, projector), options).eval()
    parts = method.training_step(Views([torch.randn(4, 1, 32, 32)] * 2)).parts
    assert float(parts["query"]) < 1e-6
    assert float(parts["joint"]) < 1e-6
    random = Asdc(
        encoder,
        Teacher(encoder, projector),
        options.model_copy(update={"heads_start": "random"}),
    ).eval()
    assert float(random.training_step(Views([torch.randn(4, 1, 32, 32)] * 2)).parts["query"]) > 1e-3
