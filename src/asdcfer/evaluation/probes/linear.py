"""Linear probe: a linear classifier on frozen features, solved to convergence; the headline
measure.
"""

import time
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task, task_of
from asdcfer.evaluation.probes.features import described, extract, repooled
from asdcfer.evaluation.probes.linear_selection import (
    PENALTIES,
    LinearFit,
    Report,
    Scaling,
    fit_linear,
    refit_linear,
)
from asdcfer.evaluation.protocol import evaluate_splits
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import weights_hash

Tta = Literal["none", "features", "logits"]
TTA_NOTES = {
    "none": "",
    "features": ", mean feature of image and mirror image, in training and test",
    "logits": ", mirrored training images added, mean logits of image and mirror image",
}
"""How each mirror option is named in the protocol of a result."""


def linear_probe(
    encoder: Encoder,
    pack: Pack,
    *,
    task: Task | None = None,
    pooling: str | None = None,
    pooling_arguments: dict[str, Any] | None = None,
    tta: Tta | bool = "none",
    scalings: Sequence[Scaling] = ("each",),
    penalties: Sequence[float] = PENALTIES,
    recipe: str | None = None,
    seed: int = 0,
    target: str = "",
    twins: np.ndarray | None = None,
    cache: Any = "default",
    report: Report | None = None,
    **extraction: Any,
) -> list[dict[str, Any]]:
    """Return the results of the linear probe: multinomial logistic regression on standardized
    frozen features.

    The penalty is chosen on PublicTest only; PrivateTest is touched once, with the classifier that
    was chosen.

    Args:
        encoder: frozen.
        pack: labeled, with a training and a test split.
        task: rows and labels; by default what the pack's splits say.
        pooling, pooling_arguments: as in `features.extract`; "flattened" is the un-pooled variant.
        tta: "none"; "features" averages the features of image and mirror image; "logits" (also
            True) trains on both and averages logits.
        scalings: of features, to choose from on PublicTest; see `fit_linear`.
        penalties: to choose from.
        recipe, seed: written into the results.
        target, twins: as in `outcomes.results_on`.
        cache: folder of cached features, or None.
        report: told of every penalty tried.
        **extraction: further arguments of `features.extract`.

    Returns:
        The results, as `metrics.result` makes them: the test split, the union where FER-2013 has
        one; each again without twins where they are given.

    Raises:
        DataError: the pack is unlabeled, or lacks a split.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> pack = sample_pack()
        >>> few = task_of(pack).with_train(pack.rows("train")[::10])
        >>> private, union = linear_probe(encoder, pack, task=few, cache=None)
        >>> private["evaluated_on"], private["images"], union["images"], 0 <= private["accuracy"] <= 1
        ('private', 250, 500, True)
    """
    start = time.perf_counter()
    task = task or task_of(pack)
    encoder = repooled(encoder, pooling, pooling_arguments)
    tta = checked_tta(tta)
    train, validation, test = (
        tta_blocks(encoder, pack, rows, tta, cache=cache, **extraction)
        for rows in (task.train, task.validation, task.test)
    )
    about = {
        "feature": described(encoder, pooling),
        "weights_hash": weights_hash(encoder),
        "recipe": recipe,
        "seed": seed,
        "target": target,
        "twins": twins,
    }
    return probe_blocks(
        task,
        train,
        validation,
        test,
        tta=tta,
        scalings=scalings,
        penalties=penalties,
        report=report,
        start=start,
        kind="linear",
        **about,
    )


def probe_blocks(
    task: Task,
    train: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    test: Sequence[np.ndarray],
    *,
    tta: Tta = "none",
    scalings: Sequence[Scaling] = ("each",),
    penalties: Sequence[float] = PENALTIES,
    report: Report | None = None,
    start: float | None = None,
    labels_note: str = "",
    **about: Any,
) -> list[dict[str, Any]]:
    """Return the results of a linear probe on features that are there already.

    Args:
        task: rows and labels of the features.
        train, validation, test: blocks of features, one row for each row of the task's three lists;
            see `tta_blocks`.
        tta: how the blocks were made.
        scalings, penalties, report: as in `fit_linear`.
        start: `time.perf_counter()` when the work began.
        labels_note: what the protocol says about the choice of labels.
        **about: further arguments of `evaluate_splits`; `kind`, and `feature` with its `dim`, are
            needed.
    """
    start = time.perf_counter() if start is None else start
    classes = len(task.expressions)
    fitted = fit_linear(
        train,
        task.labels[task.train],
        validation,
        task.labels[task.validation],
        classes,
        penalties=penalties,
        scalings=scalings,
        report=report,
    )
    chosen_probabilities = probabilities_of(fitted, validation)
    rows = task.train
    final = fitted
    if task.refit:
        rows = np.concatenate([task.train, task.validation])
        final = refit_linear(
            [np.concatenate(pair) for pair in zip(train, validation, strict=True)],
            task.labels[rows],
            classes,
            fitted,
        )
    return evaluate_splits(
        task,
        chosen_probabilities,
        probabilities_of(final, test),
        protocol=(
            f"frozen encoder in evaluation mode, {about['feature']['dim']:,}-dimensional feature, "
            f"linear classifier (logistic regression, L2) on {len(rows):,} "
            f"labeled training images{labels_note}{TTA_NOTES[tta]}; penalty chosen on "
            f"{task.validation_name}"
        ),
        hyperparameters={**fitted.hyperparameters, "tta": tta},
        seconds=time.perf_counter() - start,
        training_images=len(rows),
        penalties=fitted.curve,
        **about,
    )


def checked_tta(tta: Tta | bool) -> Tta:
    """Return the mirror option by name; True is "logits".

    Raises:
        ValueError: there is no such option.
    """
    name = {True: "logits", False: "none"}[tta] if isinstance(tta, bool) else tta
    if name not in TTA_NOTES:
        raise ValueError(f"tta must be {', '.join(TTA_NOTES)}, not {name!r}")
    return name


def tta_blocks(
    encoder: Encoder, pack: Pack, rows: np.ndarray, tta: str, **extraction: Any
) -> list[np.ndarray]:
    """Return the blocks of features that a mirror option wants: one, their mean, or both."""
    plain = extract(encoder, pack, rows, **extraction)
    if tta == "none":
        return [plain]
    mirrored = extract(encoder, pack, rows, hflip=True, **extraction)
    return [(plain + mirrored) / 2] if tta == "features" else [plain, mirrored]


def probabilities_of(fitted: LinearFit, blocks: Sequence[np.ndarray]) -> np.ndarray:
    """Return float64 (N,C): the softmax of the mean logits of the blocks."""
    logits = np.mean([fitted.logits(block) for block in blocks], axis=0, dtype=np.float64)
    logits -= logits.max(1, keepdims=True)
    exponents = np.exp(logits)
    return exponents / exponents.sum(1, keepdims=True)
