"""Principal queries: against a whole singular value decomposition, and through a kept teacher."""

import numpy as np
import pytest
import torch

from asdcfer import api
from asdcfer.errors import RecipeError, TrainingError
from asdcfer.methods.feature_distillation import FeatureDistillation, FeatureDistillationOptions
from asdcfer.methods.principal_projector import (
    PrincipalQueryOptions,
    principal_projector,
    principal_queries,
)
from asdcfer.methods.teacher import Teacher
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_teacher, save_encoder
from asdcfer.training.pretrain.recipe_files import checked
from tests.training.standin import CPU, SPEC, faces, stage


def features(count: int = 200, dim: int = 12) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    widths = torch.logspace(1, -1, dim)
    mixed = torch.linalg.qr(torch.randn(dim, dim, generator=generator))[0]
    return torch.randn(count, dim, generator=generator) * widths @ mixed + 3


@pytest.mark.parametrize("whitening", [0.0, 0.5, 1.0])
def test_against_a_whole_decomposition(whitening):
    x = features()
    found = principal_projector(x, 5, whitening)(x).detach().numpy()
    centered = x.double().numpy() - x.double().numpy().mean(0)
    _, singular, directions = np.linalg.svd(centered, full_matrices=False)
    variances = singular[:5] ** 2 / len(x)
    slow = centered @ directions[:5].T * variances ** (-whitening / 2)
    slow /= np.sqrt(np.mean(slow**2))
    # A direction may point either way.
    signs = np.sign((found * slow).sum(0))
    np.testing.assert_allclose(found * signs, slow, atol=2e-4)


def test_random_numbers_stay_as_they_were():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    one = principal_projector(features(), 4)
    assert torch.equal(torch.rand(4), expected)
    assert torch.equal(one.network[0].weight, principal_projector(features(), 4).network[0].weight)


def test_more_directions_than_there_are_become_those_that_are():
    assert principal_projector(features(6, 12), 100).out_dim == 6


def test_the_mirrored_mean_is_the_same_for_a_face_and_its_mirror_image():
    encoder, images = build_encoder(SPEC), faces(40)
    projector = principal_queries(encoder, images, PrincipalQueryOptions(query_dims=8))
    teacher = Teacher(encoder, projector, mirror_mean=True)
    x = encoder.preprocessing.batch(images[:4])
    query, mirrored = teacher(x).query, teacher(x.flip(-1)).query
    torch.testing.assert_close(query, mirrored, atol=1e-4, rtol=1e-4)


def test_distillation_aims_at_query_vectors_where_asked():
    encoder, images = build_encoder(SPEC), faces(40)
    projector = principal_queries(encoder, images, PrincipalQueryOptions(query_dims=8))
    options = FeatureDistillationOptions(target="query", teacher_mirror=True)
    method = FeatureDistillation(build_encoder(SPEC), Teacher(encoder, projector), options)
    method.prepare(images)
    assert method.targets.shape == (40, 8)
    assert method.teacher.mirror_mean
    with pytest.raises(TrainingError, match="has no projector"):
        FeatureDistillation(build_encoder(SPEC), Teacher(build_encoder(SPEC)), options)


def recipe(tmp_path, **teacher):
    save_encoder(tmp_path / "known", build_encoder(SPEC), {})
    kept = stage(method="keep", start=str(tmp_path / "known"), options=teacher)
    student = stage(
        method="feature_distillation",
        options={"target": "query"},
        epochs=1,
        encoder=SPEC,
        views={"size": 16},
    )
    tree = {
        "name": "toy",
        "data": {"pack": "sample", "images": 32},
        "teacher": kept.model_dump(mode="json"),
        "student": student.model_dump(mode="json"),
        "baseline": student.model_dump(mode="json"),
        "probes": {"encoders": ["random", "student", "baseline"], "kinds": ["knn"]},
    }
    return checked(tree, "toy")


@pytest.mark.slow
def test_a_kept_teacher_gets_query_vectors_that_student_and_baseline_learn(tmp_path):
    run = api.run(recipe(tmp_path, query_dims=6), out=tmp_path / "run", hardware=CPU)
    assert [one.section for one in run.stages] == ["teacher", "student", "baseline"]
    _, projector = load_teacher(tmp_path / "run/teacher/encoder.safetensors")
    assert projector.out_dim == 6
    assert {"student", "baseline", "random"} == {r.encoder for r in run.results}
    page = run.report.read_text()
    assert "Did it learn?" in page
    assert "baseline (feature_distillation)" in page


def test_without_query_vectors_the_student_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(TrainingError, match="query_dims"):
        api.run(recipe(tmp_path), out=tmp_path / "run", hardware=CPU)
    assert not (tmp_path / "run").exists()
    with pytest.raises(RecipeError, match="did you mean"):
        recipe(tmp_path, query_dim=6)
