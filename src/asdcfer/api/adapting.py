"""`adapt`: from faces of one's own and few labels to a model, chosen by cross-validation."""

from pathlib import Path

from asdcfer.adaptation.folds import fold_count, without_single_faces
from asdcfer.adaptation.given_labels import GivenLabels, given_labels, labels_of_pack
from asdcfer.adaptation.label_list import read_labels
from asdcfer.adaptation.start_model import StartModel, start_model
from asdcfer.api.adapting_record import AdaptingRecord
from asdcfer.api.adapting_run import Adapted, AdaptingRun
from asdcfer.api.data_inputs import DataLike, PathLike, name_of, pack_of
from asdcfer.api.settings import AdaptSettings
from asdcfer.data.pack import Pack
from asdcfer.devices import resolve_device
from asdcfer.errors import DataError, RecipeError
from asdcfer.output_lock import OutputLock
from asdcfer.progress import SILENT, Progress
from asdcfer.training.pretrain.budget import seconds_of

OWN_LABELS = "pack"
"""Stands for the labels that the pack holds itself."""


def adapt(
    data: DataLike,
    out: PathLike,
    labels: PathLike | None = None,
    settings: AdaptSettings | None = None,
    *,
    resume: bool = False,
    force: bool = False,
    progress: Progress = SILENT,
) -> Adapted:
    r"""Adapt a model to faces of one's own: without labels the encoder, with few labels all of it.

    The encoder takes its batch statistics from the faces, then learns from them by ASDC under
    itself. On it, and on the shipped one, classifiers are made from the labels. What each is worth
    is said by cross-validation, in whose folds no person or video appears twice. The most accurate
    one that learnt no labels is kept, which may be the shipped model as it is, unless one that
    learnt from labels is better by more than a standard error.

    Args:
        data: a pack, its path or its name.
        out: folder for the model.
        labels: list with the columns file (or id) and label, folder that `pick` made, folder with
            a subfolder for each class, or "pack" for the labels that the pack holds; None adapts
            the encoder alone.
        settings: what is adapted, how long, and how it is chosen.
        resume: go on with what is in `out`; finished stages are kept. Labels may be new.
        force: replace what is in `out`.
        progress: is told how far it is.

    Raises:
        RecipeError: `out` holds a model, or was begun with other settings, or a setting cannot be.
        WeightsError: there is no such model.
        DataError: labels name no face, are of one class, contradict each other or are too few.
        TrainingError: training cannot go on.
        AsdcferError: another run writes to `out`.
        KeyboardInterrupt: after Ctrl-C, once the checkpoint is written.

    Example:
        >>> import tempfile
        >>> ids, out = pack_of("sample").ids, tempfile.mkdtemp() + "/mine"
        >>> said = [f"{name},{('tired', 'happy')[i % 2]}" for i, name in enumerate(ids[:20])]
        >>> _ = Path(out + ".csv").write_text("\n".join(["id,label", *said]))
        >>> settings = AdaptSettings(model="nano", epochs=0, finetune=False, splits=["private"])
        >>> adapted = adapt("sample", out, out + ".csv", settings)
        >>> adapted.weights.name, adapted.results[0].encoder, adapted.results[0].images
        ('model.safetensors', 'shipped_answers', 20)
    """
    settings, folder = settings or AdaptSettings(), Path(out)
    _check(settings)
    pack, start = pack_of(data), start_model(settings.model)
    given = _given(pack, labels, progress)
    count = 0
    if given is not None:
        _tell_lost_classes(start, given, progress)
        given = without_single_faces(given, progress)
        count = fold_count(given, settings.folds, progress)
    if given is None and (pack.labels >= 0).any():
        progress.message(f'{name_of(data)} holds labels; use them by `labels="pack"`')
    with OutputLock(folder):
        record = AdaptingRecord.opened(folder, settings, start, pack, resume=resume, force=force)
        run = AdaptingRun(pack, start, given, count, settings, record, progress)
        encoders = run.encoders()
        return run.encoder_alone(encoders) if given is None else run.model(encoders, given)


def _given(pack: Pack, labels: PathLike | None, progress: Progress) -> GivenLabels | None:
    if labels is None:
        return None
    if str(labels) == OWN_LABELS:
        return labels_of_pack(pack)
    return given_labels(pack, read_labels(Path(labels)), progress)


def _tell_lost_classes(start: StartModel, given: GivenLabels, progress: Progress) -> None:
    """Say which classes of the shipped model no label names: whatever is kept will lack them."""
    lost = start.others(given.names)
    if lost:
        progress.message(
            f"no label says {', '.join(lost)}: the model will not know "
            f"{'it' if len(lost) == 1 else 'them'}, even where the shipped classifier is kept; "
            "label faces of each to keep it"
        )


def _check(settings: AdaptSettings) -> None:
    try:
        seconds_of(settings.budget)
    except ValueError as error:
        raise RecipeError(f"budget: {error}") from error
    if settings.folds < 2:
        raise DataError(f"folds {settings.folds}: expected 2 or more")
    for name in ("epochs", "images"):
        value = getattr(settings, name)
        if value is not None and value < 0:
            raise DataError(f"{name} {value}: expected 0 or more")
    resolve_device(settings.device)
