import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.training.finetune.options import UnlabeledOptions
from asdcfer.training.finetune.pseudo_labels import PseudoLabels


def predictions(rng: np.random.Generator, rows: int, classes: int = 3) -> np.ndarray:
    scores = np.exp(2 * rng.normal(size=(rows, classes)))
    return scores / scores.sum(1, keepdims=True)


def reference(options, prior, steps, start=None, count=7):
    """The same bookkeeping, one number after the other."""
    running, confidence, means = list(prior), 1 / 3, [1 / 3] * 3
    remembered = [None] * count if start is None else [list(row) for row in start]
    new = 1 - options.threshold_memory
    for index, p in steps:
        mean = p.mean(0)
        running = [(1 - new) * r + new * m for r, m in zip(running, mean, strict=True)]
        labels = []
        for i, row in zip(index, p, strict=True):
            label = list(row)
            if options.alignment != "none":
                label = [row[c] * prior[c] / running[c] for c in range(3)]
                label = [value / sum(label) for value in label]
            if remembered[i] is not None:
                label = [
                    options.label_memory * old + (1 - options.label_memory) * now
                    for old, now in zip(remembered[i], label, strict=True)
                ]
            remembered[i] = label
            labels.append(label)
        confidence = (1 - new) * confidence + new * np.mean([max(label) for label in labels])
        means = [
            (1 - new) * means[c] + new * np.mean([label[c] for label in labels]) for c in range(3)
        ]
        targets, weights = [], []
        for label in labels:
            winner = label.index(max(label))
            bar = (
                options.threshold
                if options.threshold_rule == "fixed"
                else confidence * means[winner] / max(means)
            )
            weights.append(float(label[winner] >= bar))
            sharp = [value ** (1 / options.sharpen) for value in label]
            targets.append(
                [float(c == winner) for c in range(3)]
                if options.pseudo_labels == "hard"
                else [value / sum(sharp) for value in sharp]
            )
    return targets, weights


@settings(max_examples=40)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["adaptive", "fixed"]),
    st.sampled_from(["estimated", "labeled", "none"]),
    st.sampled_from(["soft", "hard"]),
    st.sampled_from([0.0, 0.7]),
    st.booleans(),
)
def test_labels_follow_the_slow_reference(seed, rule, alignment, kind, memory, started) -> None:
    rng = np.random.default_rng(seed)
    options = UnlabeledOptions(
        threshold_rule=rule,
        threshold=0.6,
        alignment=alignment,
        pseudo_labels=kind,
        label_memory=memory,
        threshold_memory=0.9,
    )
    prior, start = predictions(rng, 1)[0], predictions(rng, 7) if started else None
    labels = PseudoLabels(7, torch.full((3,), 1 / 3), options)
    labels.begin(torch.from_numpy(prior), None if start is None else torch.from_numpy(start))
    steps = [(rng.permutation(7)[:4], predictions(rng, 4)) for _ in range(5)]
    for index, p in steps:
        target, weight = labels.assign(torch.from_numpy(index), torch.from_numpy(p).float())
    targets, weights = reference(options, prior, steps, start)
    assert np.allclose(target.numpy(), targets, atol=1e-4)
    assert weight.tolist() == weights


def test_all_of_it_is_in_the_state() -> None:
    rng, options = np.random.default_rng(0), UnlabeledOptions()
    one, two = (PseudoLabels(5, torch.full((3,), 1 / 3), options) for _ in range(2))
    one.begin(torch.tensor([0.5, 0.3, 0.2]))
    one.assign(torch.arange(5), torch.from_numpy(predictions(rng, 5)).float())
    two.load_state_dict(one.state_dict())
    p = torch.from_numpy(predictions(rng, 5)).float()
    assert all(
        torch.equal(a, b)
        for a, b in zip(one.assign(torch.arange(5), p), two.assign(torch.arange(5), p), strict=True)
    )


def test_correction_turns_one_mix_into_the_other() -> None:
    labels = PseudoLabels(1, torch.tensor([0.5, 0.25, 0.25]), UnlabeledOptions())
    assert labels.correction.abs().max() == 0
    labels.begin(torch.tensor([0.2, 0.4, 0.4]))
    assert torch.allclose(
        torch.tensor([0.2, 0.4, 0.4]).log() + labels.correction,
        torch.tensor([0.5, 0.25, 0.25]).log(),
    )
