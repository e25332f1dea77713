"""Explained variance on faces held out: against scikit-learn, and without a trace in training."""

import torch
from sklearn.metrics import r2_score

from asdcfer.methods.asdc import Asdc
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.explained_variance import explained_variance
from asdcfer.methods.feature_distillation import FeatureDistillation, FeatureDistillationOptions
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.methods.principal_projector import PrincipalQueryOptions, principal_queries
from asdcfer.methods.teacher import Teacher
from asdcfer.models.registry import build_encoder
from tests.training.standin import SMALL, SPEC, faces


def test_against_scikit_learn():
    generator = torch.Generator().manual_seed(1)
    target = torch.randn(50, 6, generator=generator) * torch.arange(1, 7)
    predicted = target + torch.randn(50, 6, generator=generator)
    slow = r2_score(target.numpy(), predicted.numpy(), multioutput="variance_weighted")
    assert abs(explained_variance(predicted, target) - slow) < 1e-6


def test_a_student_that_is_the_teacher_explains_everything():
    encoder, images = build_encoder(SPEC).eval(), faces(40)
    plain = PrincipalQueryOptions(query_dims=8, mirror=False)
    projector = principal_queries(encoder, images, plain)
    options = FeatureDistillationOptions(target="query")
    method = FeatureDistillation(encoder, Teacher(encoder, projector), options)
    method.prepare(images)
    assert method.held_out_explained(images[:20]) < 0.9
    method.head.load_state_dict(projector.state_dict())
    assert method.held_out_explained(images[:20]) > 0.99


def test_asking_leaves_modes_statistics_and_random_numbers_alone():
    teacher, images = build_encoder(SPEC), faces(40)
    projector = principal_queries(teacher, images, PrincipalQueryOptions(query_dims=8))
    options = AsdcOptions(**SMALL, query_form="regression", query_projector="own", query_layers=1)
    method = Asdc(build_encoder(SPEC), Teacher(teacher, projector), options).train()
    before = {name: value.clone() for name, value in method.state_dict().items()}
    modes = [module.training for module in method.modules()]
    state = torch.get_rng_state()
    assert method.held_out_explained(images[:20]) < 1
    assert torch.equal(torch.get_rng_state(), state)
    assert [module.training for module in method.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in method.state_dict().items())


def test_methods_that_predict_no_answers_say_none():
    images = faces(8)
    assert Moco(build_encoder(SPEC), MocoOptions(**SMALL)).held_out_explained(images) is None
    squared = Asdc(build_encoder(SPEC), build_encoder(SPEC), AsdcOptions(**SMALL))
    assert squared.held_out_explained(images) is None
