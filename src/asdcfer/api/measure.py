"""`probe` and `evaluate`: a frozen encoder, or a model with its classifier, measured on labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from asdcfer.api.data_inputs import DataLike, PathLike, Stages, opened, votes_of
from asdcfer.api.model_inputs import EncoderLike, ModelLike, encoder_of, model_of
from asdcfer.api.settings import EvaluateSettings, ProbeSettings
from asdcfer.data.splits import task_of
from asdcfer.devices import resolve_device
from asdcfer.errors import AsdcferError
from asdcfer.evaluation.evaluate_model import compare_with_card, evaluate_model
from asdcfer.evaluation.metrics import write_result
from asdcfer.evaluation.probes.linear import TTA_NOTES
from asdcfer.evaluation.probes.run import file_name, run_probes, twin_rows
from asdcfer.evaluation.robustness import robustness
from asdcfer.files import make_folder, write_json
from asdcfer.progress import SILENT, Progress

Result: TypeAlias = dict[str, Any]
"""One measurement with its protocol, as `evaluation.metrics.result` makes it."""


def probe(
    encoder: EncoderLike,
    data: DataLike = "sample",
    settings: ProbeSettings | None = None,
    *,
    out: PathLike | None = None,
    progress: Progress = SILENT,
) -> list[Result]:
    """Measure a frozen encoder with labels that it never saw: kNN, linear probe, label fractions.

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
    """
    settings = settings or ProbeSettings()
    scalings = _scalings(settings)
    if settings.tta not in TTA_NOTES:
        raise AsdcferError(f"--tta {settings.tta}: expected {', '.join(TTA_NOTES)}")
    if not settings.kinds:
        raise AsdcferError(
            "--kinds names no probe; expected some of knn, linear, flattened, fractions"
        )
    measured, card = encoder_of(encoder, progress)
    stages = Stages(progress)
    with opened(data, measured.preprocessing.size, progress) as pack:
        return run_probes(
            measured,
            pack,
            kinds=settings.kinds,
            out=None if out is None else make_folder(Path(out)),
            name=card.get("section", ""),
            pooling=settings.pooling,
            pooling_arguments=dict(settings.pooling_arguments)
            if settings.pooling_arguments
            else None,
            tta=settings.tta,
            scalings=scalings,
            shares=settings.shares,
            per_class=settings.labels_per_class,
            draws=range(settings.draws),
            votes=votes_of(settings.votes, data),
            without_twins=settings.without_twins,
            tell=stages.begin,
            seed=settings.seed,
            recipe=card.get("recipe"),
            progress=stages.images,
        )


def _scalings(settings: ProbeSettings) -> Sequence[Literal["each", "whole"]]:
    if settings.scaling == "both":
        return ("each", "whole")
    if settings.scaling not in ("each", "whole"):
        raise AsdcferError(f"--scaling {settings.scaling}: expected each, whole or both")
    return (settings.scaling,)


@dataclass(frozen=True)
class Evaluation:
    """A model measured as it is.

    Attributes:
        results: one for each list of images; `matches_card` says whether its card states the same.
        robustness: accuracy under growing damage; None where it was not asked for.
    """

    results: list[Result]
    robustness: Result | None


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
    measured = model_of(model, progress)
    card, usual = getattr(measured, "card", None) or {}, measured.tta
    measured = measured.to("cuda" if settings.device == "cuda" else "cpu")
    tta = usual if settings.tta is None else settings.tta
    stages, curves = Stages(progress), None
    with opened(data, measured.encoder.preprocessing.size, progress) as pack:
        stages.begin("measuring")
        results = evaluate_model(
            measured,
            pack,
            tta=tta,
            split=settings.split,
            votes=votes_of(settings.votes, data),
            twins=twin_rows(pack, task_of(pack)) if settings.without_twins else None,
            recipe=card.get("recipe"),
            seed=settings.seed,
            progress=stages.images,
        )
        compare_with_card(results, card)
        if settings.robustness:
            stages.begin("robustness")
            curves = robustness(
                measured,
                pack,
                split=settings.split,
                tta=tta,
                images=settings.robustness_images,
                seed=settings.seed,
                progress=stages.images,
            )
    found = Evaluation(results, curves)
    if out is not None:
        # Measured in another way than the card's numbers are, it lies beside those.
        _write(found, Path(out), "" if tta == usual else "-tta" if tta else "-no-tta")
    return found


def _write(found: Evaluation, out: Path, suffix: str) -> None:
    for value in found.results:
        write_result(out / f"{file_name(value)}{suffix}.json", value)
    if found.robustness is not None:
        write_json(out / f"robustness{suffix}.json", found.robustness)
