import numpy as np
import pytest

from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.evaluation.label_shift import estimate_label_shift


def faces(counts: list[int], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return points around one corner a class, and their classes."""
    labels = np.repeat(np.arange(len(counts)), counts)
    return np.eye(len(counts))[labels] * 1.5 + rng.normal(size=(len(labels), len(counts))), labels


def logits_of(x: np.ndarray, heat: float = 1.0) -> np.ndarray:
    """Return what is right for classes that are equally common, times a fault of the classifier."""
    return 1.5 * x * heat


@pytest.mark.parametrize("heat", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("held", [[400, 400, 400], [900, 200, 50]])
def test_the_mix_is_found_whatever_the_heat_and_the_mix_of_who_tells_it(heat, held) -> None:
    rng = np.random.default_rng(1)
    x, y = faces([3000, 900, 100], rng)
    known, truth = faces(held, rng)
    shift = estimate_label_shift(logits_of(x, heat), np.full(3, 900), logits_of(known, heat), truth)
    assert shift.temperature == pytest.approx(heat, rel=0.15)
    assert shift.prior == pytest.approx([0.75, 0.225, 0.025], abs=0.03)
    before = (logits_of(x, heat).argmax(1) == y).mean()
    after = (shift.moved(logits_of(x, heat)).argmax(1) == y).mean()
    # Against the slow way: Bayes' rule with the true mix.
    best = ((logits_of(x) + np.log([0.75, 0.225, 0.025])).argmax(1) == y).mean()
    assert after > before + 0.02
    assert after == pytest.approx(best, abs=0.005)


def test_a_class_that_nobody_labeled_takes_no_part() -> None:
    rng = np.random.default_rng(2)
    x, _ = faces([500, 500, 0], rng)
    known, truth = faces([100, 100, 0], rng)
    shift = estimate_label_shift(logits_of(x), np.array([900, 900, 0]), logits_of(known), truth)
    assert shift.prior[2] < 1e-4
    assert np.isfinite(shift.offset).all()
    assert shift.prior.sum() == pytest.approx(1)


def test_the_temperature_with_an_offset_is_the_likeliest() -> None:
    rng = np.random.default_rng(3)
    logits, offset = rng.normal(size=(500, 4)) * 3, np.log([0.6, 0.2, 0.15, 0.05])
    labels = (logits / 2 + offset + rng.gumbel(size=logits.shape)).argmax(1)

    def likelihood(temperature: float) -> float:
        return sum(
            z[label] - np.log(np.exp(z).sum())
            for z, label in zip(logits / temperature + offset, labels, strict=True)
        )

    found = fit_temperature(logits, labels, offset=offset)
    assert found == pytest.approx(2.0, rel=0.2)
    assert likelihood(found) >= max(likelihood(found * k) for k in (0.97, 0.99, 1.01, 1.03))
    assert found != pytest.approx(fit_temperature(logits, labels), rel=0.05)


def test_a_class_that_was_not_learnt_never_wins_and_spoils_nothing() -> None:
    rng = np.random.default_rng(4)
    x, _ = faces([500, 300, 0], rng)
    known, truth = faces([100, 100, 0], rng)
    learnt = np.array([900, 900, 0])
    right = estimate_label_shift(logits_of(x), learnt, logits_of(known), truth)
    # Faces of which the classifier says the third alone, and some in the list that tells the heat.
    sure = np.array([[0.0, 0.0, 1e4]] * 20)
    told = np.concatenate([logits_of(known), logits_of(faces([0, 0, 30], rng)[0])])
    found = estimate_label_shift(
        np.concatenate([logits_of(x), sure]), learnt, told, np.concatenate([truth, [2] * 30])
    )
    assert found.temperature == pytest.approx(right.temperature)
    assert found.prior == pytest.approx(right.prior, abs=0.02)
    assert (found.moved(logits_of(x)).argmax(1) < 2).mean() > 0.99


def test_certain_answers_stay_finite() -> None:
    truth = np.repeat([0, 1], 20)
    logits = 1e4 * np.eye(2)[truth]
    shift = estimate_label_shift(logits[:30], np.array([900, 900]), logits, truth)
    assert shift.prior == pytest.approx([2 / 3, 1 / 3], abs=0.01)
    assert np.isfinite(shift.moved(logits)).all()
    alone = estimate_label_shift(logits[:1], np.array([900, 900]), logits, truth)
    assert alone.prior.sum() == pytest.approx(1)


def test_few_labels_move_the_mix_little_and_never_to_one_class() -> None:
    rng = np.random.default_rng(6)
    known, truth = faces([200, 200, 200], rng)
    x, _ = faces([1000, 1000, 1000], rng)
    # A classifier of little use that prefers one class, as those of a few labels do.
    blurred, asked = (0.1 * z + [0.5, 0.0, 0.0] for z in (logits_of(known), logits_of(x)))
    found = [
        estimate_label_shift(asked, np.full(3, count), blurred, truth).prior
        for count in (5, 50, 1000)
    ]
    distances = [np.abs(prior - 1 / 3).sum() for prior in found]
    assert distances == sorted(distances)
    assert found[0].max() < 0.5
    assert found[2].max() > 0.6


def test_what_a_classifier_of_few_labels_says_of_all_faces_does_not_become_the_mix() -> None:
    # As of 173 labels of the bundled faces: unsure of everything, and mistaken in the same way.
    rng = np.random.default_rng(7)
    counts = np.array([25, 23, 25, 25, 25, 25, 25])
    z = rng.normal(size=(900, 7)) * 0.4
    z[:, 1] += 0.8
    labels = rng.integers(7, size=200)
    few = estimate_label_shift(z, counts, z[:200], labels)
    many = estimate_label_shift(z, counts * 100, z[:200], labels)
    learnt = counts / counts.sum()
    assert np.abs(few.prior - learnt).max() < 0.1
    assert many.prior[1] > 0.5
