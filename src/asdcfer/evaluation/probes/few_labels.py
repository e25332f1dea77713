"""Label fractions: the linear probe with few labels."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task, task_of
from asdcfer.evaluation.probes.features import described, repooled
from asdcfer.evaluation.probes.linear import Tta, checked_tta, probe_blocks, tta_blocks
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import weights_hash

SHARES = (0.01, 0.05, 0.10, 0.25)


def draw_labels(
    labels: np.ndarray,
    rows: np.ndarray,
    *,
    share: float | None = None,
    per_class: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return a stratified random part of rows, sorted; the same seed draws nested parts: 5 % holds
    the 1 %.

    Args:
        labels: int (N,), of the whole pack.
        rows: int, to draw from.
        share: in 0..1, of every expression, at least one image each.
        per_class: images of every expression; all of those that have fewer.
        seed: of the draw.

    Example:
        >>> draw_labels(np.array([0] * 50 + [1] * 10), np.arange(60), share=0.1).size
        6
    """
    if (share is None) == (per_class is None):
        raise ValueError("give either share or per_class")
    if (share is not None and not 0 < share <= 1) or (per_class is not None and per_class < 1):
        raise ValueError("share must lie in 0..1 and per_class be at least 1")
    chosen = []
    for label in np.unique(labels[rows]):
        own = np.random.default_rng([seed, int(label)]).permutation(rows[labels[rows] == label])
        chosen.append(own[: max(1, round(share * len(own))) if share is not None else per_class])
    return np.sort(np.concatenate(chosen))


def described_part(
    labels: np.ndarray, rows: np.ndarray, share: float | None = None, per_class: int | None = None
) -> str:
    """Return what a protocol says of a drawn part.

    Example:
        >>> described_part(np.array([0, 0, 0, 1]), np.array([0, 1, 3]), per_class=2)
        '2 of each expression, all of those that have fewer'
    """
    if share is not None:
        return f"{100 * share:g}% of them, stratified"
    fewer = np.unique(labels[rows], return_counts=True)[1].min() < (per_class or 0)
    return f"{per_class} of each expression{', all of those that have fewer' if fewer else ''}"


def fraction_probe(
    encoder: Encoder,
    pack: Pack,
    *,
    shares: Sequence[float] = SHARES,
    per_class: Sequence[int] = (),
    seeds: Sequence[int] = (0,),
    task: Task | None = None,
    pooling: str | None = None,
    pooling_arguments: dict[str, Any] | None = None,
    tta: Tta | bool = "none",
    recipe: str | None = None,
    target: str = "",
    twins: np.ndarray | None = None,
    cache: Any = "default",
    **extraction: Any,
) -> list[dict[str, Any]]:
    """Return the results of linear probes that see a part of the training labels only;
    hyper-parameters are still chosen on PublicTest.

    Args:
        encoder: frozen.
        pack: labeled.
        shares: parts of the training labels.
        per_class: numbers of labels of each expression.
        seeds: draws of each part.
        task, pooling, pooling_arguments, tta, recipe, target, twins, cache: as in
            `linear_probe`.
        **extraction: further arguments of `features.extract`.

    Returns:
        The results of every part and draw, each with `labels_used` = {"share" or "per_class",
        "draw", "images"}.
    """
    task = task or task_of(pack)
    encoder = repooled(encoder, pooling, pooling_arguments)
    tta = checked_tta(tta)
    train, validation, test = (
        tta_blocks(encoder, pack, rows, tta, cache=cache, **extraction)
        for rows in (task.train, task.validation, task.test)
    )
    feature, weights = described(encoder, pooling), weights_hash(encoder)
    found = []
    for part in [{"share": share} for share in shares] + [
        {"per_class": count} for count in per_class
    ]:
        for seed in seeds:
            start = time.perf_counter()
            rows = draw_labels(task.labels, task.train, seed=seed, **part)
            place = np.searchsorted(task.train, rows)
            note = f" ({described_part(task.labels, rows, **part)}, draw {seed})"
            found += probe_blocks(
                task.with_train(rows),
                [block[place] for block in train],
                validation,
                test,
                tta=tta,
                start=start,
                kind="fraction",
                labels_note=note,
                feature=feature,
                weights_hash=weights,
                recipe=recipe,
                seed=seed,
                target=target,
                twins=twins,
                labels_used={**part, "draw": seed, "images": len(rows)},
            )
    return found
