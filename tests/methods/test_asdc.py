"""The student: its terms, its frozen teacher, its options and its refusals."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from asdcfer.errors import TrainingError
from asdcfer.losses.attention import channel_attention, spatial_attention
from asdcfer.losses.facial_key_feature import (
    attention_disagreement,
    key_cosine_distance,
    key_positions,
)
from asdcfer.losses.joint_feature import (
    joint_feature,
    joint_feature_distance,
    weighted_map_distance,
)
from asdcfer.losses.query_distillation import squared_query_distillation
from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder
from tests.factories import small_asdc as asdc
from tests.factories import small_teacher as teacher
from tests.factories import some_views
from tests.reference import losses as slow


def unit(x):
    return F.normalize(x.detach().double(), dim=-1)


VARIANTS = {
    "default": {},
    "map only": {"joint_form": "map", "w_query": 0},
    "vector only": {"joint_form": "vector"},
    "distribution": {"query_form": "distribution"},
    "both queries": {"query_form": "both", "query_projector": "own"},
    "reconstruct": {"key_form": "reconstruct"},
    "match and reconstruct": {"key_form": "both", "key_attention": False, "key_fraction": 0.5},
    "raw teacher": {"standardize_teacher": False},
    "transfer": {"w_attention_transfer": 1.0, "w_joint": 0, "w_query": 0, "w_key": 0},
    "feature": {"w_feature": 1.0, "w_joint": 0, "w_query": 0, "w_key": 0},
    "feature cosine alone": {
        "w_feature": 1.0,
        "feature_form": "cosine",
        "w_joint": 0,
        "w_query": 0,
        "w_key": 0,
        "w_contrastive": 0,
    },
    "first view alone": {"student_views": "first"},
    "regression of what the mirror mean says": {
        "query_form": "regression",
        "query_projector": "own",
        "query_layers": 1,
        "teacher_mirror": True,
        "joint_cells": 2,
    },
    "neighbors ignored": {"neighbors_ignored": 0.2},
    "other maps": {"student_maps": (1, 2, -1), "teacher_maps": (-3, -2, -1)},
}


class FeatureOnly(Encoder):
    """A teacher that is no network: fixed numbers of an image, and no maps."""

    feature_dim = 40

    def __init__(self):
        super().__init__()
        self.spec = EncoderSpec(name="patches", preprocessing=Preprocessing(size=32))
        self.register_buffer(
            "matrix", torch.randn(1024, 40, generator=torch.Generator().manual_seed(0)) / 32
        )

    def forward(self, x):
        return (x.flatten(1) @ self.matrix).abs()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "width"),
    [
        *((name, 16) for name in VARIANTS),
        *((name, width) for name in ("default", "both queries") for width in (24, None)),
    ],
)
def test_every_variant_learns_and_leaves_its_teacher_alone(name, width):
    """Trap 2: the teacher's parameters and buffers are bit for bit what they were, after training
    in training mode.
    """
    method, views = asdc(teacher(width), **VARIANTS[name]), some_views(warp_negatives=1)
    before = {n: t.clone() for n, t in method.teacher.state_dict().items()}
    trained = {n: p for n, p in method.named_parameters() if p.requires_grad}
    assert not any(n.startswith("teacher") for n in trained)
    optimizer = torch.optim.SGD(trained.values(), lr=0.02, momentum=0.9)
    losses = []
    for step in range(5):
        result = method.train().training_step(views)
        optimizer.zero_grad()
        result.loss.backward()
        assert [n for n, p in trained.items() if p.grad is None] == []
        optimizer.step()
        method.after_step(step / 5)
        if method.contrast.queue is not None:
            method.contrast.queue.clear()
        losses.append(result.loss.item())
    assert min(losses[2:]) < losses[0]
    after = method.teacher.state_dict()
    assert any("running_var" in n for n in before)
    assert all(torch.equal(before[n], after[n]) for n in before)
    method.check()


def test_the_loss_is_the_weighted_sum_of_its_parts():
    weights = dict(
        w_contrastive=0.5,
        w_joint=2.0,
        w_query=3.0,
        w_key=0.25,
        w_attention_transfer=1.5,
        w_feature=0.75,
        w_dense=0.1,
    )
    result = asdc(**weights, query_form="both").training_step(some_views(warp_negatives=1))
    expected = sum(weight * result.parts[name[2:]] for name, weight in weights.items())
    assert result.loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert {"target_entropy", "positive_similarity", "warp_similarity"} < result.parts.keys()


def test_the_terms_of_a_step_are_those_of_the_formulas():
    """One step taken apart by hand, with another order of operations than the method's."""
    method, views = asdc(standardize_teacher=False), some_views()
    parts = method.training_step(views).parts
    fresh = asdc(standardize_teacher=False)
    joint, query, key = [], [], []
    for crop in views.crops:
        embeddings, taught = fresh.contrast.network(crop), fresh.teacher(crop)
        query.append(squared_query_distillation(embeddings.projection, taught.query))
        for i, index in enumerate((-2, -1)):
            aligned = fresh.maps.align[i](embeddings.maps[index])
            target = nn.functional.adaptive_avg_pool2d(taught.maps[index], aligned.shape[-2:])
            spatial = spatial_attention(target)
            key.append(
                key_cosine_distance(aligned, target, key_positions(spatial, 0.25))
                + attention_disagreement(spatial_attention(embeddings.maps[index]), spatial)
            )
            vectors = (
                joint_feature(m, spatial, q)
                for m, q in ((aligned, embeddings.projection), (target, taught.query))
            )
            joint.append(
                weighted_map_distance(aligned, target, spatial, channel_attention(target))
                + joint_feature_distance(*vectors)
            )
    for name, values in (("joint", joint), ("query", query), ("key", key)):
        assert parts[name].item() == pytest.approx(torch.stack(values).mean().item(), rel=1e-5)


@pytest.mark.slow
def test_a_term_that_is_off_builds_and_costs_nothing():
    method = asdc(w_joint=0, w_query=0, w_key=0)
    assert (
        method.maps
        is method.queries
        is method.features
        is method.teacher_queue
        is method.generators
        is None
    )
    result = method.training_step(some_views())
    assert result.loss.item() == result.parts["contrastive"].item()
    assert sorted(asdc(w_joint=0, w_key=0).training_step(some_views()).parts) == [
        "contrastive",
        "positive_similarity",
        "query",
    ]
    assert asdc(query_form="both").teacher_queue is not None
    assert asdc(w_query=0, query_form="both").teacher_queue is None


def test_the_teacher_stays_in_evaluation_mode_whatever_happens():
    method = asdc()
    method.train()
    assert not any(m.training for m in method.teacher.modules())
    assert method.contrast.network.training
    method.teacher.encoder.train()  # behind the method's back
    before = {n: t.clone() for n, t in method.teacher.state_dict().items()}
    method.training_step(some_views())
    assert all(torch.equal(before[n], t) for n, t in method.teacher.state_dict().items())
    assert not any(m.training for m in method.teacher.modules())


def test_a_changed_teacher_is_found():
    method = asdc()
    method.check()
    buffer = next(b for n, b in method.teacher.named_buffers() if n.endswith("running_mean"))
    buffer[0] = torch.nextafter(buffer[0], torch.tensor(1e9))
    with pytest.raises(TrainingError, match="frozen teacher has changed"):
        method.check()


def test_a_teacher_without_maps_teaches_by_its_feature():
    method = asdc(Teacher(FeatureOnly()), w_joint=0, w_key=0, w_query=1, w_feature=1)
    first = method.training_step(some_views())
    assert {"feature", "query"} < first.parts.keys()
    assert method.queries.dim == 256
    assert method.features.linear.out_features == 40
    assert first.parts["feature"].item() == pytest.approx(1, abs=0.6)
    with pytest.raises(TrainingError, match=r"cannot be aligned: it has no maps.*w_joint"):
        asdc(Teacher(FeatureOnly()))


def test_kmeans_patches_can_teach():
    patches = build_encoder(
        EncoderSpec(
            name="patches",
            arguments={"centroids": 12, "grid": 4, "patch": 6},
            pooling="grid",
            pooling_arguments={"cells": 4},
            preprocessing=Preprocessing(size=32),
        )
    )
    from asdcfer.data.sample import sample_pack

    patches.fit(sample_pack().images[:64], patches=500, rounds=2)
    method = asdc(Teacher(patches), w_feature=1.0, student_maps=(-2,), teacher_maps=(-1,))
    result = method.training_step(some_views())
    result.loss.backward()
    method.check()
    assert result.loss.isfinite()
    assert method.features.linear.out_features == 24 * 16


def test_the_teachers_queue_is_filled_once_with_its_own_queries():
    method, views = asdc(query_form="distribution"), some_views()
    method.training_step(views)
    rows = method.teacher_queue.negatives()
    assert torch.allclose(
        rows, nn.functional.normalize(method.teacher(views.crops[0]).query, dim=1), atol=1e-6
    )
    method.training_step(views)
    assert method.teacher_queue.filled == 16


def test_the_standardizer_counts_every_image_once():
    method = asdc(teacher(None), w_feature=1.0)
    method.training_step(some_views(count=8, views=3))
    assert method.queries.statistics.count == method.features.statistics.count == 24
    side = method.contrast.network(some_views().crops[0]).maps[-1].shape[-1]
    assert method.maps.statistics[-1].count == 24 * side * side
    method.eval().training_step(some_views())
    assert method.features.statistics.count == 24


@pytest.mark.slow
def test_a_saved_student_goes_on_bit_for_bit():
    options = dict(query_form="both", key_form="both", w_feature=1.0, w_dense=0.5)

    def steps(method, seeds):
        optimizer = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=0.05)
        for seed in seeds:
            optimizer.zero_grad()
            method.training_step(some_views(count=4, seed=seed)).loss.backward()
            optimizer.step()
            method.after_step(seed / 4)
        return {name: tensor.clone() for name, tensor in method.state_dict().items()}

    whole = steps(asdc(**options), [0, 1, 2, 3])
    saved = steps(asdc(**options), [0, 1])
    other = asdc(**options)
    other.load_state_dict(saved)
    resumed = steps(other, [2, 3])
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.slow
def test_bfloat16_gives_a_finite_float32_loss():
    method, views = asdc(query_form="both", key_form="both", w_feature=1.0), some_views()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = method.training_step(views).loss
    full = asdc(query_form="both", key_form="both", w_feature=1.0).training_step(views).loss
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(full.item(), rel=0.05)


def test_the_contrast_rises_along_its_schedule():
    method, views = asdc(contrast_rise=(0.2, 0.6)), some_views(warp_negatives=0)
    shares = []
    for progress in (0.0, 0.2, 0.4, 0.6, 1.0):
        method.after_step(progress)
        shares.append(round(float(method.contrast_share), 3))
    assert shares == [0.0, 0.0, 0.5, 1.0, 1.0]
    method.after_step(0.0)
    result = method.train().training_step(views)
    weights = {**method.weights, "contrastive": 0.0}
    expected = sum(weights[name] * part for name, part in result.parts.items() if name in weights)
    torch.testing.assert_close(result.loss.detach(), expected)


def test_the_first_view_alone_asks_and_finds_the_others_keys():
    """One query against a loop: the keys of the second and third view, none of its own."""
    method, views = asdc(student_views="first"), some_views(views=3)
    method.training_step(some_views(seed=1))
    embeddings = method.contrast.embed(views, first_only=True)
    assert (len(embeddings.queries), len(embeddings.keys)) == (1, 2)
    query = embeddings.queries[0].projection.detach().double()
    queue = method.contrast.queue.negatives().tolist()
    slow_terms = [
        slow.info_nce(
            unit(query).tolist(),
            unit(method.contrast.momentum_network(crop).projection).tolist(),
            queue,
        )
        for crop in views.crops[1:]
    ]
    found = method.contrast.terms(embeddings)["contrastive"].item()
    assert found == pytest.approx(sum(slow_terms) / 2, rel=1e-5)


def test_a_step_with_the_first_view_alone_compares_that_view_with_the_teacher():
    method, views = asdc(student_views="first"), some_views(views=2)
    seen = []
    compute = method.compare
    method.compare = lambda *view: (seen.append(view[0].feature.detach()), compute(*view))[1]
    method.training_step(views)
    assert len(seen) == 1
    assert torch.equal(seen[0], method.contrast.network(views.crops[0]).feature.detach())
