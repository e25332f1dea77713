from dataclasses import replace

import numpy as np
import pytest

from asdcfer.data.sample import sample_pack
from asdcfer.data.splits import HELD_OUT_NAME
from asdcfer.errors import DataError
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.few_labels import FewLabelsProbe, draw_labels
from asdcfer.evaluation.probes.linear import LinearProbe
from asdcfer.evaluation.probes.linear_folds import FOLDS_NAME
from asdcfer.evaluation.probes.run import run_probes
from asdcfer.models.weights import load_encoder
from tests.evaluation.standin import toy_context, toy_pack


def test_drawn_labels_are_stratified_nested_and_repeat() -> None:
    labels = np.repeat([0, 1, 2], [100, 50, 3])
    rows = np.arange(len(labels))
    small, large = (draw_labels(labels, rows, share=share, seed=4) for share in (0.05, 0.25))
    assert np.bincount(labels[small]).tolist() == [5, 2, 1]
    assert np.bincount(labels[large]).tolist() == [25, 12, 1]
    assert set(small) <= set(large)
    assert np.array_equal(small, draw_labels(labels, rows, share=0.05, seed=4))
    assert not np.array_equal(small, draw_labels(labels, rows, share=0.05, seed=5))
    assert np.bincount(labels[draw_labels(labels, rows, per_class=10)]).tolist() == [10, 10, 3]
    with pytest.raises(ValueError, match="either"):
        draw_labels(labels, rows)
    with pytest.raises(ValueError, match="lie in"):
        draw_labels(labels, rows, share=0.0)


@pytest.mark.slow
def test_results_say_which_labels_they_used(tmp_path) -> None:
    pack = toy_pack(tmp_path / "pack")
    probe = FewLabelsProbe(shares=(0.1, 0.5), per_class=(3,), draws=(0, 1))
    private = [r for r in probe.run(toy_context(pack)) if r.evaluated_on == "private"]
    assert [r.labels_used.images for r in private] == [6, 6, 30, 30, 9, 9]
    assert all(
        r.protocol.chosen_on == "public" and r.training_images == r.labels_used.images
        for r in private
    )
    assert "10% of them" in str(private[0].protocol)
    assert "3 of each expression" in str(private[-1].protocol)
    assert {r.kind for r in private} == {"few_labels"}


@pytest.mark.parametrize(("few", "each"), [(0, 5), (4000, 5), (4000, 1)])
def test_without_a_choosing_split_no_label_beside_the_drawn_ones_is_learnt(
    tmp_path, monkeypatch, few, each
) -> None:
    monkeypatch.setattr("asdcfer.evaluation.probes.linear_folds.FEW", few)
    pack = toy_pack(tmp_path / "pack", {"train": 90, "test": 30})
    context = toy_context(pack)
    probe = FewLabelsProbe(shares=(), per_class=(each,))
    by_folds = few > 0 and each > 1
    task = context.roles
    pool = np.concatenate([task.train, task.validation]) if by_folds else task.train
    drawn = draw_labels(task.labels, np.sort(pool), per_class=each)
    honest = next(probe.run(context))
    assert honest.training_images == honest.labels_used.images == 3 * each
    assert honest.protocol.chosen_on == (FOLDS_NAME if by_folds else HELD_OUT_NAME)
    # With the labels of all other training faces turned round, the answers stay as they are.
    labels = pack.labels.copy()
    others = np.setdiff1d(pool, drawn)
    labels[others] = (labels[others] + 1) % 3
    task = replace(task, labels=labels)
    monkeypatch.setattr("asdcfer.evaluation.probes.few_labels.draw_labels", lambda *a, **k: drawn)
    other = next(probe.run(toy_context(pack, task=task)))
    assert other.confusion == honest.confusion


def test_without_a_choosing_split_every_label_can_be_drawn(tmp_path) -> None:
    context = toy_context(toy_pack(tmp_path / "pack", {"train": 60, "test": 30}))
    found = list(FewLabelsProbe(shares=(0.5,), per_class=(20,)).run(context))
    assert [result.labels_used.images for result in found] == [30, 60]
    assert [result.training_images for result in found] == [30, 60]


def test_answers_are_given_for_the_estimated_mix_of_the_others(tmp_path) -> None:
    pack = toy_pack(tmp_path / "pack", {"train": 120, "public": 30, "private": 60})
    context = toy_context(pack)
    (plain, *_), (moved, *_) = (
        list(FewLabelsProbe(shares=(), per_class=(6,), prior=prior).run(context))
        for prior in ("labeled", "estimated")
    )
    prior = moved.hyperparameters["prior"]
    assert set(prior) == set(pack.expressions)
    assert sum(prior.values()) == pytest.approx(1, abs=1e-3)
    assert "prior" not in plain.hyperparameters
    assert (
        ", answering for the mix of expressions estimated on 102 training images without their "
        "labels; penalty and temperature chosen on public"
    ) in str(moved.protocol)
    assert "penalty chosen on public" in str(plain.protocol)
    assert moved.hyperparameters["temperature"] > 0
    assert plain.file_name != moved.file_name


def test_no_face_is_looked_at_again_for_the_mix(tmp_path, monkeypatch) -> None:
    pack = toy_pack(tmp_path / "pack", {"train": 60, "test": 30})
    looked: list[int] = []
    features = ProbeContext.features

    def heard(self, rows, **options):
        looked.extend(rows.tolist())
        return features(self, rows, **options)

    monkeypatch.setattr(ProbeContext, "features", heard)
    probe = FewLabelsProbe(shares=(), per_class=(2, 4), draws=(0, 1), prior="estimated")
    assert len(list(probe.run(toy_context(pack)))) == 4
    assert sorted(looked) == list(range(90))


def test_no_mix_can_be_estimated_where_every_label_is_used(tmp_path) -> None:
    context = toy_context(toy_pack(tmp_path / "pack"))
    looked: list[str] = []
    heard = context.updated(progress=lambda *about: looked.append(about[0]))
    with pytest.raises(DataError, match="leave `prior=estimated` out"):
        next(LinearProbe(prior="estimated").run(heard))
    assert not looked, "no feature is computed in vain"
    with pytest.raises(DataError, match="leave `prior=estimated` out"):
        next(FewLabelsProbe(shares=(1.0,), prior="estimated").run(context))


def test_features_of_the_others_are_those_of_the_pack(tmp_path) -> None:
    """Known features and computed ones lead to one estimate, also where only a part is known."""
    pack = toy_pack(tmp_path / "pack", {"train": 90, "public": 30, "private": 30})
    context = toy_context(pack)
    probe = FewLabelsProbe(shares=(), per_class=(6,), prior="estimated")
    known = next(probe.run(context)).hyperparameters["prior"]
    task = context.roles.with_train(draw_labels(pack.labels, context.roles.train, per_class=6))
    own = next(LinearProbe(prior="estimated").run(context.updated(task=task)))
    assert own.hyperparameters["prior"] == pytest.approx(known, abs=1e-3)


@pytest.mark.slow
def test_an_estimated_mix_costs_little_where_the_mix_is_that_of_ten_labels() -> None:
    """The bundled faces are of an even mix, as labels of so many an expression are."""
    context = toy_context(sample_pack(), encoder=load_encoder("nano"))
    context = context.updated(task=context.roles)
    plain, moved = (
        [one.accuracy for one in FewLabelsProbe(**drawn, prior=prior).run(context)]
        for drawn in [{"shares": (), "per_class": (10,), "draws": (0, 1, 2)}]
        for prior in ("labeled", "estimated")
    )
    assert np.subtract(moved, plain).min() > -0.05


@pytest.mark.slow
def test_parts_are_made_of_ferplus_labels_where_votes_are_known() -> None:
    probe = FewLabelsProbe(shares=(0.1,), per_class=(4,))
    found = run_probes(toy_context(sample_pack()), [probe])
    on = [(r.evaluated_on, len(r.expressions)) for r in found if r.evaluated_on != "union"]
    assert on == [("private", 7), ("private", 7), ("ferplus", 8), ("ferplus", 8)]
    assert all(
        "FER+ majority labels" in str(r.protocol) for r in found if r.evaluated_on == "ferplus"
    )
    assert len({r.file_name for r in found}) == len(found)
