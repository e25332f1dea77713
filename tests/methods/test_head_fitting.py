"""Fitted heads: against NumPy's least squares, and by what they predict."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from asdcfer.augmentation.views import Views
from asdcfer.methods import head_fitting
from asdcfer.methods.asdc import Asdc
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.distillation_heads import FeatureHead, MapHead, QueryHead
from asdcfer.methods.head_fitting import (
    Moments,
    fit_feature_head,
    fit_map_head,
    fit_query_head,
    ridge_regression,
)
from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.heads import Projector
from asdcfer.models.registry import build_encoder


def mobile(width=0.25, seed=0):
    torch.manual_seed(seed)
    return build_encoder(EncoderSpec(name="mobile", arguments={"width": width}))


def faces(count=40):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 48, 48), dtype=torch.uint8, generator=generator)


def asking(teacher):
    return lambda rows, images: teacher(teacher.encoder.preprocessing.batch(images))


def test_moments_agree_with_least_squares_on_all_rows_at_once():
    rng = np.random.default_rng(0)
    x, y = rng.normal(3, 2, (60, 5)), rng.normal(-1, 1, (60, 2))
    moments = Moments(5, 2, torch.device("cpu"))
    for part in (slice(0, 7), slice(7, 60)):
        moments.add(torch.from_numpy(x[part]), torch.from_numpy(y[part]))
    weight, bias = moments.solve(ridge=0.0)
    wanted, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(60)]), y, rcond=None)
    np.testing.assert_allclose(weight.numpy().T, wanted[:-1], atol=1e-5)
    np.testing.assert_allclose(bias.numpy(), wanted[-1], atol=1e-5)


def test_a_penalty_is_that_of_ridge_regression():
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (50, 4)), rng.normal(0, 1, (50, 1))
    moments = Moments(4, 1, torch.device("cpu"))
    moments.add(torch.from_numpy(x), torch.from_numpy(y))
    weight, _ = moments.solve(ridge=0.5)
    centered = x - x.mean(0)
    penalty = 0.5 * centered.var(0).mean() * 50 * np.eye(4)
    wanted = np.linalg.solve(centered.T @ centered + penalty, centered.T @ (y - y.mean(0)))
    np.testing.assert_allclose(weight.numpy().T, wanted, atol=1e-5)


def test_ridge_regression_is_the_same_by_rows_as_by_inputs():
    rng = np.random.default_rng(0)
    x, y = torch.from_numpy(rng.normal(2, 1, (9, 20))), torch.from_numpy(rng.normal(0, 1, (9, 3)))
    moments = Moments(20, 3, torch.device("cpu"))
    moments.add(x, y)
    by_inputs, by_rows = moments.solve(ridge=0.3), ridge_regression(x.float(), y.float(), 0.3)
    torch.testing.assert_close(by_rows[0], by_inputs[0], atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(by_rows[1], by_inputs[1], atol=1e-4, rtol=1e-3)


def test_a_constant_input_gives_a_finite_head():
    moments = Moments(2, 1, torch.device("cpu"))
    moments.add(torch.ones(5, 2), torch.arange(5.0)[:, None])
    weight, bias = moments.solve()
    assert torch.isfinite(weight).all()
    assert (weight.sum() + bias).item() == pytest.approx(2.0)


def test_the_map_head_of_a_student_with_its_teachers_weights_predicts_the_maps():
    """A student with its teacher's weights says the scaled maps, but for the penalty."""
    student, teacher = mobile(), Teacher(mobile())
    student.eval()
    head = MapHead(student, teacher, (-2, -1), (-2, -1))
    images = faces()
    fit_map_head(student, asking(teacher), head, images)
    head.eval()
    x = student.preprocessing.batch(images)
    with torch.no_grad():
        layers = head(student.forward_maps(x), teacher(x))
    for layer in layers:
        error = (layer.aligned - layer.target).square().mean() / layer.target.square().mean()
        assert error < 0.1


def test_fitting_changes_the_heads_alone_and_leaves_modes_as_they_were():
    student, teacher = mobile(), Teacher(mobile(0.5, seed=1))
    student.train()
    head = MapHead(student, teacher, (-1,), (-1,))
    before = {name: value.clone() for name, value in student.state_dict().items()}
    aligned = head.align[0].weight.clone()
    fit_map_head(student, asking(teacher), head, faces())
    assert student.training
    assert head.training
    assert all(torch.equal(value, before[name]) for name, value in student.state_dict().items())
    assert not torch.equal(aligned, head.align[0].weight)


def test_a_fitted_query_head_explains_more_than_a_random_one():
    student, teacher_encoder = mobile(), mobile(0.5, seed=1)
    teacher = Teacher(teacher_encoder, Projector(teacher_encoder.feature_dim, 1, 6, layers=1))
    head = QueryHead(student.feature_dim, 8, teacher, 6, 8, 16, own=True, layers=1)
    images, x = faces(), student.preprocessing.batch(faces())

    def error():
        with torch.no_grad():
            feature = student.eval()(x)
            return float((head.student(feature, feature) - teacher(x).query).square().mean())

    before = error()
    fit_query_head(student, asking(teacher), head, images)
    assert error() < 0.2 * before


def test_a_student_with_its_teachers_weights_gets_its_teachers_own_projector():
    """Against the answer that is known: the fitted head says what the teacher's projector says."""
    teacher_encoder = mobile()
    teacher = Teacher(teacher_encoder, Projector(teacher_encoder.feature_dim, 1, 6, layers=1))
    student = mobile()
    head = QueryHead(student.feature_dim, 8, teacher, 6, 8, 16, own=True, layers=1)
    fit_query_head(student, asking(teacher), head, faces())
    unseen = torch.randint(0, 256, (20, 48, 48), dtype=torch.uint8)
    with torch.no_grad():
        feature = student.eval()(student.preprocessing.batch(unseen))
        wanted = teacher.projector(feature)
        error = (head.student(feature, feature) - wanted).square().mean()
    assert error < 0.3 * (wanted - wanted.mean(0)).square().mean()


def test_a_teacher_without_projector_is_standardized_before_it_is_imitated():
    student, teacher = mobile(), Teacher(mobile(0.5, seed=1))
    head = QueryHead(student.feature_dim, 8, teacher, None, 8, 16, own=True, layers=1)
    fit_query_head(student, asking(teacher), head, faces())
    assert head.statistics.count == len(faces())
    assert head.training
    wanted = head.eval().teacher(asking(teacher)(None, faces()), unit=False)
    with torch.no_grad():
        feature = student.eval()(student.preprocessing.batch(faces()))
        error = (head.student(feature, feature) - wanted).square().mean()
    assert error < wanted.var(0).mean()


def test_the_feature_head_predicts_the_standardized_feature():
    student, teacher = mobile(), Teacher(mobile())
    head = FeatureHead(student.feature_dim, teacher.encoder.feature_dim)
    fit_feature_head(student, asking(teacher), head, faces())
    with torch.no_grad():
        feature = student.eval()(student.preprocessing.batch(faces()))
        predicted, wanted = head.eval()(feature, asking(teacher)(None, faces()))
    assert (predicted - wanted).square().mean() < 0.2


def test_a_query_head_that_is_not_linear_is_refused_with_advice():
    with pytest.raises(ValidationError, match="query_layers=1"):
        AsdcOptions(heads_start="fitted")
    assert AsdcOptions(heads_start="fitted", w_query=0, joint_form="map")


def test_large_means_cost_no_precision():
    rng = np.random.default_rng(0)
    x = rng.normal(1000, 1, (300, 3))
    y = x @ np.array([[1.0], [-2.0], [0.5]])
    moments = Moments(3, 1, torch.device("cpu"))
    moments.add(torch.from_numpy(x), torch.from_numpy(y))
    weight, _ = moments.solve(ridge=1e-9)
    np.testing.assert_allclose(weight.numpy()[0], [1.0, -2.0, 0.5], atol=1e-3)


def test_many_faces_are_looked_at_evenly(monkeypatch):
    monkeypatch.setattr(head_fitting, "MOST", 10)
    seen = []
    teacher = Teacher(mobile())
    for x, _ in head_fitting.untouched_faces(mobile(), asking(teacher), faces(95)):
        seen.append(len(x))
    assert sum(seen) == 10


def test_asdc_starts_with_fitted_heads_where_it_is_asked_to():
    options = AsdcOptions(
        projector_hidden=16,
        projector_dim=8,
        queue_size=8,
        query_form="regression",
        query_projector="own",
        query_layers=1,
    )

    def loss(start):
        teacher = mobile(0.5, seed=1)
        projector = Projector(teacher.feature_dim, 1, 6, layers=1)
        changed = options.model_copy(update={"heads_start": start})
        method = Asdc(mobile(), Teacher(teacher, projector), changed)
        method.prepare(faces())
        method.fit_heads(faces())
        x = method.encoder.preprocessing.batch(faces())
        return method.training_step(Views([x, x.flip(-1)])).parts

    fitted, random = loss("fitted"), loss("random")
    assert fitted["joint"] < random["joint"]
    assert fitted["key"] < random["key"]
    assert fitted["query"] < random["query"]


def test_what_the_bank_holds_is_not_asked_again(monkeypatch):
    options = AsdcOptions(
        projector_hidden=16,
        projector_dim=8,
        queue_size=8,
        teacher_views="sampled",
        heads_start="fitted",
        query_projector="own",
        query_layers=1,
    )
    method = Asdc(mobile(), Teacher(mobile(0.5, seed=1)), options)
    asked = []
    look = method.teacher.look
    monkeypatch.setattr(method.teacher, "look", lambda x, *rest: (asked.append(len(x)), look(x))[1])
    method.prepare(faces())
    method.fit_heads(faces())
    assert sum(asked) == 2 * len(faces())
