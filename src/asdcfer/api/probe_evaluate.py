"""`probe` and `evaluate`: a frozen encoder, or a model with its classifier, measured on labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from asdcfer.api.data_inputs import DataLike, PathLike, open_data, votes_of
from asdcfer.api.model_inputs import EncoderLike, ModelLike, encoder_of, model_of
from asdcfer.api.settings import EvaluateSettings, ProbeSettings
from asdcfer.data.pack import Pack
from asdcfer.data.splits import task_of
from asdcfer.devices import resolve_device
from asdcfer.errors import AsdcferError
from asdcfer.evaluation.axes import build_axes
from asdcfer.evaluation.card_results import compare_with_card
from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.probes.context import PoolingChoice, ProbeContext
from asdcfer.evaluation.probes.registry import PROBES, build_probes, settings_of
from asdcfer.evaluation.probes.run import run_probes, twin_rows
from asdcfer.evaluation.result import Result, write_result
from asdcfer.files import make_folder
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.progress import SILENT, Progress


def probe(
    encoder: EncoderLike,
    data: DataLike = "sample",
    settings: ProbeSettings | None = None,
    *,
    out: PathLike | None = None,
    progress: Progress = SILENT,
) -> list[Result]:
    """Measure a frozen encoder with labels that it never saw: kNN, linear probe, few labels.

    Whatever is chosen is chosen on the validation split; the test split is touched once.

    Args:
        encoder: what is measured.
        data: labeled faces.
        settings: which probes, and how.
        out: folder for one JSON file a result; None writes nothing.
        progress: is told of each probe and the images that it has looked at.

    Returns:
        One result for each probe and list of images.

    Raises:
        WeightsError: there is no such encoder.
        DataError: the data is missing, unlabeled or lacks a split; an unknown kind of probe.
        AsdcferError: a setting is unknown, or none of the probes reads it.
    """
    settings = settings or ProbeSettings()
    if settings.tta not in ("none", "features", "logits"):
        raise AsdcferError(f"`tta={settings.tta}`: expected none, features or logits")
    if settings.prior not in ("labeled", "estimated"):
        raise AsdcferError(f"`prior={settings.prior}`: expected labeled or estimated")
    if not settings.kinds:
        raise AsdcferError(f"`kinds` names no probe; expected some of {', '.join(PROBES)}")
    probes = build_probes(
        settings.kinds,
        scalings=tuple(_scalings(settings)),
        shares=tuple(settings.shares),
        per_class=tuple(settings.labels_per_class),
        draws=tuple(range(settings.draws)),
        prior=settings.prior,
    )
    _refuse_unread(settings)
    measured, card = encoder_of(encoder, progress)
    with open_data(data, measured.preprocessing.size, progress) as pack:
        context = ProbeContext(
            encoder=measured,
            pack=pack,
            pooling=_pooling(settings, measured),
            tta=settings.tta,
            recipe=card.get("recipe"),
            seed=settings.seed,
            progress=progress,
        )
        return run_probes(
            context,
            probes,
            name=card.get("section", ""),
            out=None if out is None else make_folder(Path(out)),
            votes=votes_of(settings.votes, data),
            without_twins=settings.without_twins,
        )


READ_BY = {
    "scaling": "scalings",
    "shares": "shares",
    "labels_per_class": "per_class",
    "draws": "draws",
    "prior": "prior",
}
"""Setting -> the field of the probes that read it."""


def _refuse_unread(settings: ProbeSettings) -> None:
    """Refuse a setting that was changed and that none of the probes reads."""
    usual = ProbeSettings()
    kinds = [kind for kind in settings.kinds if kind in PROBES]
    for name, field in READ_BY.items():
        value, before = getattr(settings, name), getattr(usual, name)
        same = value == before if isinstance(before, str | int) else tuple(value) == tuple(before)
        if same or any(field in settings_of(kind) for kind in kinds):
            continue
        readers = [kind for kind in PROBES if field in settings_of(kind)]
        raise _unread(name, readers)
    if settings.tta != usual.tta and not any(_mirrors(kind) for kind in kinds):
        raise _unread("tta", [kind for kind in PROBES if _mirrors(kind)])


def _mirrors(kind: str) -> bool:
    return getattr(PROBES[kind], "reads_tta", True)


def _unread(name: str, readers: Sequence[str]) -> AsdcferError:
    return AsdcferError(f"`{name}` is read by {', '.join(readers)}, none of which `kinds` names")


def _pooling(settings: ProbeSettings, encoder: Encoder) -> PoolingChoice | None:
    arguments = dict(settings.pooling_arguments or {})
    if settings.pooling is None and not arguments:
        return None
    return PoolingChoice(pooling=settings.pooling or encoder.spec.pooling, arguments=arguments)


def _scalings(settings: ProbeSettings) -> Sequence[Literal["each", "whole"]]:
    if settings.scaling == "both":
        return ("each", "whole")
    if settings.scaling not in ("each", "whole"):
        raise AsdcferError(f"`scaling={settings.scaling}`: expected each, whole or both")
    return (settings.scaling,)


@dataclass(frozen=True)
class Evaluation:
    """A model measured as it is.

    Attributes:
        results: one for each list of images; `matches_card` says whether its card states the same.
        axes: results along the axes that were asked for, in their order.
    """

    results: list[Result]
    axes: list[Result]


def evaluate(
    model: ModelLike = "default",
    data: DataLike = "sample",
    settings: EvaluateSettings | None = None,
    *,
    out: PathLike | None = None,
    progress: Progress = SILENT,
) -> Evaluation:
    """Measure a model as it is, and compare with what its card states for the same images.

    Args:
        model: with a classifier.
        data: labeled faces.
        settings: on what, and how.
        out: folder for one JSON file a result; None writes nothing.
        progress: is told of the images that were looked at.

    Raises:
        WeightsError: there is no such model, or it has no classifier.
        DataError: the data is missing, unlabeled or lacks the split.
        RecipeError: CUDA was asked for and is not there.
    """
    settings = settings or EvaluateSettings()
    resolve_device(settings.device)
    axes = build_axes(settings.axes, settings.axis_images)
    measured = model_of(model, progress)
    card, usual = getattr(measured, "card", None) or {}, measured.tta
    measured = measured.to("cuda" if settings.device == "cuda" else "cpu")
    tta = usual if settings.tta is None else settings.tta
    with open_data(data, measured.encoder.preprocessing.size, progress) as pack:
        context = EvaluationContext(
            model=measured,
            pack=pack,
            tta=tta,
            split=settings.split,
            votes=votes_of(settings.votes, data),
            twins=twin_rows(pack, task_of(pack)) if settings.without_twins else None,
            recipe=card.get("recipe"),
            seed=settings.seed,
            progress=progress,
        )
        if other := _other_labels(measured, pack):
            progress.message(other)
        results = compare_with_card(evaluate_model(context), card)
        along = [result for axis in axes for result in axis.run(context)]
    if out is not None:
        # Measured in another way than the card's numbers are, it lies beside those.
        suffix = "" if tta == usual else "-tta" if tta else "-no-tta"
        for result in [*results, *along]:
            write_result(Path(out) / f"{result.file_name}{suffix}.json", result)
    return Evaluation(results, along)


def _other_labels(model: ExpressionModel, pack: Pack) -> str:
    """Return a hint where another label set of a model fits the faces' labels; "" elsewhere."""
    sets = model.card.get("label_sets") or {}
    fitting = [
        name for name, head in sets.items() if tuple(head["expressions"]) == pack.expressions
    ]
    if not fitting or model.expressions == pack.expressions:
        return ""
    return (
        f"the model answers as {model.labels}, in {len(model.expressions)} expressions, and the "
        f"faces are labeled with {len(pack.expressions)}: `labels={fitting[0]}` answers in "
        "those"
    )
