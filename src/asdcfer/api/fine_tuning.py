"""`finetune`: an encoder and a classifier trained on labels."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asdcfer.api.data_inputs import DataLike, PathLike, open_data, votes_of
from asdcfer.api.model_inputs import EncoderLike, ModelLike, encoder_of, model_of
from asdcfer.devices import resolve_device
from asdcfer.errors import RecipeError
from asdcfer.evaluation.probes.features import repooled
from asdcfer.evaluation.result import Result
from asdcfer.models.cards import read_card
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.find_weights import find_model
from asdcfer.output_lock import OutputLock
from asdcfer.progress import SILENT, Progress
from asdcfer.training.engine.hardware import Hardware, is_first_process, settle
from asdcfer.training.engine.trainer import ANYWHERE, Workplace
from asdcfer.training.finetune.context import FinetuneContext
from asdcfer.training.finetune.finetune import MODEL, STATE
from asdcfer.training.finetune.finetune import finetune as train
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.validation import validate_options


@dataclass(frozen=True)
class FinetuneSettings:
    """What a fine-tuning is given beside encoder, data and training options.

    Attributes:
        teachers: fine-tuned models whose mean opinion is blended with the labels.
        pooling: another pooling than the encoder's own.
        pooling_arguments: of that pooling.
        votes: file of FER+ votes, to report FER+ as well, unless it lies beside the data.
        float16: save the weights in 16 bits.
        hardware: what to train on.
    """

    teachers: Sequence[ModelLike] = ()
    pooling: str | None = None
    pooling_arguments: Mapping[str, Any] | None = None
    votes: PathLike | None = None
    float16: bool = False
    hardware: Hardware = ANYWHERE


@dataclass(frozen=True)
class FinetuneResult:
    """A fine-tuned model: its file, and the results on images that chose nothing."""

    weights: Path
    results: list[Result]


def finetune(
    encoder: EncoderLike | ExpressionModel,
    data: DataLike = "sample",
    out: PathLike = "runs/finetune",
    options: FinetuneOptions | Mapping[str, Any] | None = None,
    settings: FinetuneSettings | None = None,
    *,
    resume: bool = False,
    force: bool = False,
    progress: Progress = SILENT,
) -> FinetuneResult:
    """Train an encoder and a classifier on labels, and measure the saved model.

    The validation split chooses the epoch; the test split is touched once, with the saved file.

    Args:
        encoder: where to start. A model with a classifier goes on with that classifier where
            `options.classifier_start` is "own"; an encoder object is trained in place.
        data: labeled faces.
        out: folder for the model, its log and its results.
        options: of the training, as an object or as values by name.
        settings: what else there is to say.
        resume: continue an interrupted run in the folder.
        force: replace a model that is there.
        progress: is told of each step and epoch.

    Raises:
        RecipeError: an option that cannot be, or the folder holds a model.
        WeightsError: there are no such weights.
        DataError: the data is missing, unlabeled or lacks a split.
        TrainingError: training cannot go on.
        AsdcferError: another run writes to `out`.
        MissingPackageError: lightning is not installed (raised where the function is looked up).
        KeyboardInterrupt: after Ctrl-C, once the checkpoint is written.
    """
    settings = settings or FinetuneSettings()
    settle(settings.hardware)
    resolve_device(settings.hardware.device)
    if not isinstance(options, FinetuneOptions):
        options = validate_options(FinetuneOptions, dict(options or {}))
    place = Workplace(Path(out), hardware=settings.hardware, resume=resume, progress=progress)
    # The other processes of a run have their first one to hold it.
    with OutputLock(out) if is_first_process() else contextlib.nullcontext():
        _check_free(place, force)
        try:
            return _finetuned(encoder, data, place, options, settings)
        except KeyboardInterrupt:
            place.heard.message(
                f"{place.folder}: interrupted; continue with the same and `resume=True`"
            )
            raise


def _check_free(place: Workplace, force: bool) -> None:
    folder = place.folder
    there = (folder / f"{MODEL}.safetensors").exists() or (folder / STATE).exists()
    if there and not place.resume and not force:
        raise RecipeError(
            f"{folder} holds a fine-tuned model or an unfinished one; use `resume=True`, "
            "`force=True`, or another `out`"
        )


def _finetuned(
    encoder: EncoderLike | ExpressionModel,
    data: DataLike,
    place: Workplace,
    options: FinetuneOptions,
    settings: FinetuneSettings,
) -> FinetuneResult:
    begun, start, card = _beginning(encoder, options, place.progress)
    start = repooled(start, settings.pooling, settings.pooling_arguments)
    teachers = [model_of(teacher, SILENT) for teacher in settings.teachers]
    place.progress.message(_told(options, resolve_device(settings.hardware.device)))
    with open_data(data, start.preprocessing.size, place.progress) as pack:
        context = FinetuneContext(
            begun=begun,
            teachers=teachers,
            votes=votes_of(settings.votes, data),
            float16=settings.float16,
            recipe=card.get("recipe"),
        )
        weights = place.folder / f"{MODEL}.safetensors"
        return FinetuneResult(weights, train(start, pack, place, options, context))


def _told(options: FinetuneOptions, device: str) -> str:
    """Return the line of the options that are not the defaults, and of what "auto" comes to."""
    usual = FinetuneOptions().model_dump()
    values = options.effective(device).model_dump()
    words = ", ".join(f"{name}={value}" for name, value in values.items() if value != usual[name])
    return f"options: {words} (the model's card will hold all {len(values)})"


def options_of(model: PathLike) -> dict[str, Any]:
    """Return the options that a fine-tuned model was trained with, from its card.

    Raises:
        WeightsError: there is no such model.
        RecipeError: it was not fine-tuned.
    """
    options = read_card(find_model(model)).get("finetune")
    if not options:
        raise RecipeError(
            f"{model}: its card names no options of fine-tuning; give a model made by: "
            "asdcfer finetune"
        )
    return dict(options)


def _beginning(
    given: EncoderLike | ExpressionModel, options: FinetuneOptions, progress: Progress
) -> tuple[ExpressionModel | None, Encoder, dict[str, Any]]:
    """Return the model to go on from, where it is one, the encoder to start from, and its card."""
    own = options.classifier_start == "own"
    if isinstance(given, ExpressionModel) or (own and not isinstance(given, Encoder)):
        model = model_of(given, progress)
        return (model if own else None, *encoder_of(model.encoder, progress))
    return (None, *encoder_of(given, progress))
