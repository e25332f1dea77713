"""`adapt`: from faces of one's own and few labels to a model, chosen by cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.adaptation.candidate import Difference, Scored, best_of, difference, kept_of, scored
from asdcfer.adaptation.folds import fold_count, folds_of, without_single_faces
from asdcfer.adaptation.frozen_candidates import frozen_candidates
from asdcfer.adaptation.given_labels import GivenLabels, given_labels, labels_of_pack
from asdcfer.adaptation.kept_model import (
    AdaptedOn,
    model_of_candidate,
    result_of,
    write_encoder,
    write_model,
)
from asdcfer.adaptation.label_list import read_labels
from asdcfer.adaptation.stage_store import StageStore
from asdcfer.adaptation.start_model import StartModel, start_model
from asdcfer.adaptation.tuned_candidates import TuningJob, tuned_candidates
from asdcfer.api.adapted_encoder import EncoderJob, adapted_encoders
from asdcfer.api.adapting_record import AdaptingRecord
from asdcfer.api.data_inputs import DataLike, PathLike, name_of, pack_of
from asdcfer.api.settings import AdaptSettings
from asdcfer.data.pack import Pack
from asdcfer.data.splits import HELD_OUT_SPLITS
from asdcfer.devices import resolve_device
from asdcfer.errors import DataError, RecipeError
from asdcfer.evaluation.result import Result, write_result
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import weights_hash
from asdcfer.output_lock import OutputLock
from asdcfer.progress import SILENT, Progress
from asdcfer.training.pretrain.budget import seconds_of

OWN_LABELS = "pack"
"""Stands for the labels that the pack holds itself."""
MODEL, ENCODER = "model", "encoder"
ENCODER_SHARE = 0.6
"""Part of the budget that the encoder takes where fine-tuned models are tried as well."""
PLAINEST = ("shipped", "shipped_linear")
"""What the kept model is compared with: the first of these that there is."""


@dataclass(frozen=True)
class Adapted:
    """An adapted model, or an adapted encoder where no labels were given.

    Attributes:
        out: its folder.
        weights: model.safetensors, or encoder.safetensors; its card lies beside it.
        kept: the name of the candidate that is the model; "" without labels.
        results: cross-validated accuracy of each candidate on the labeled faces, the plainest
            first; `encoder` holds its name.
        better: how much more accurate the kept one is than the shipped model or, where that does
            not know the classes, than a linear head on the shipped encoder; None where it is that
            one, and without labels.
        note: what follows, for people.
    """

    out: Path
    weights: Path
    kept: str
    results: Sequence[Result]
    better: Difference | None
    note: str


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
        run = _Run(pack, start, given, count, settings, record, progress)
        encoders = run.encoders()
        return run.encoder_alone(encoders) if given is None else run.model(encoders, given)


@dataclass(frozen=True)
class _Run:
    """One adaptation, whose inputs are known to be sound."""

    pack: Pack
    start: StartModel
    given: GivenLabels | None
    count: int
    settings: AdaptSettings
    record: AdaptingRecord
    progress: Progress

    @property
    def rows(self) -> np.ndarray:
        """The faces that are learnt from."""
        return self.pack.rows(*self.splits)

    @property
    def splits(self) -> list[str]:
        """Their splits; a pack whose every split is held out has no other faces to give."""
        if self.settings.splits:
            return list(self.settings.splits)
        open_ones = [name for name in self.pack.splits if name not in HELD_OUT_SPLITS]
        return open_ones or list(self.pack.splits)

    @property
    def about(self) -> AdaptedOn:
        """What cards say of the faces."""
        unlabeled = self.record.values.get("images", len(self.rows))
        return AdaptedOn(
            self.start, self.pack, self.given, self.count, unlabeled, self.settings.seed
        )

    @property
    def seconds(self) -> float:
        """The whole budget."""
        return seconds_of(self.settings.budget)

    @property
    def tunes(self) -> bool:
        """Whether fine-tuned models are tried."""
        return self.settings.finetune and self.given is not None

    def encoders(self) -> dict[str, Encoder]:
        """Return the encoders that models may stand on."""
        settings = self.settings
        job = EncoderJob(
            pack=self.pack,
            rows=self.rows,
            splits=self.splits,
            folder=self.record.folder / "stages",
            # Not by `tunes`: a run without labels that is resumed with them keeps its encoder.
            seconds=self.seconds * (ENCODER_SHARE if settings.finetune else 0.9),
            epochs=settings.epochs,
            images=settings.images,
            seed=settings.seed,
            device=settings.device,
            progress=self.progress,
        )
        found = adapted_encoders(self.start.encoder, job, self.record.values, self.record.note)
        device = resolve_device(settings.device)
        return {name: encoder.to(device) for name, encoder in found.items()}

    def encoder_alone(self, encoders: dict[str, Encoder]) -> Adapted:
        """Write the adapted encoder, and say what to label."""
        name, encoder = list(encoders.items())[-1]
        weights = write_encoder(
            self.record.folder / ENCODER, encoder.cpu(), self.about, f"the {name} encoder"
        )
        note = (
            "the encoder alone, as no labels were given. Pick faces to label: asdcfer pick "
            f"{self.pack.path} --encoder {weights} --out to_label; then run adapt again with "
            "`labels` and `resume=True`: the encoder is kept"
        )
        self.record.note(status="encoder", kept=name)
        return Adapted(self.record.folder, weights, "", [], None, note)

    def model(self, encoders: dict[str, Encoder], given: GivenLabels) -> Adapted:
        """Make the candidates, and write the one that is kept."""
        folds = folds_of(given.labels, given.groups, self.count, self.settings.seed)
        found = self._candidates(encoders, given, folds)
        best = kept_of(found, given.groups)
        plainest = next(
            (each for name in PLAINEST for each in found if each.candidate.name == name), found[0]
        )
        better = None
        if best is not plainest:
            better = difference(best, plainest, given.groups, self.settings.seed)
        results = [result_of(each, self.about, len(found)) for each in found]
        for result in results:
            write_result(self.record.folder / "results" / f"{result.file_name}.json", result)
        model = model_of_candidate(best, encoders, given.names).cpu()
        kept = results[found.index(best)]
        weights = write_model(self.record.folder / MODEL, model, self.about, kept, results)
        for suffix in (".safetensors", ".json"):
            (self.record.folder / f"{ENCODER}{suffix}").unlink(missing_ok=True)
        name = best.candidate.name
        self.record.note(status="finished", kept=name, classes=list(given.names))
        note = _note(best, plainest, better) + _passed_over(found, best)
        if self.start.others(given.names):
            note += f"; it knows {', '.join(given.names)}, and no other classes"
        return Adapted(self.record.folder, weights, name, results, better, note)

    def _candidates(
        self, encoders: dict[str, Encoder], given: GivenLabels, folds: np.ndarray
    ) -> list[Scored]:
        made_from: dict[str, Any] = {
            "encoders": {name: weights_hash(encoder) for name, encoder in encoders.items()},
            "classifiers": [weights_hash(each) for each in self.start.classifiers],
            "names": given.names,
            "faces": [array.tolist() for array in (given.rows, given.labels, given.groups, folds)],
        }
        stages = self.record.folder / "stages"
        frozen = frozen_candidates(
            self.start,
            encoders,
            self.pack,
            given,
            folds,
            StageStore(stages / "heads", made_from),
            self.progress,
        )
        found = [scored(each, given, self.settings.seed) for each in frozen]
        if self.tunes:
            job = TuningJob(
                start=self.start,
                encoders=encoders,
                pack=self.pack,
                given=given,
                folds=folds,
                unlabeled=np.setdiff1d(self.rows, given.rows),
                folder=stages,
                seconds=self.seconds * (1 - ENCODER_SHARE),
                look=float(self.record.values.get("look", 0.001)),
                passes=self.settings.epochs,
                device=self.settings.device,
                progress=self.progress,
            )
            tuned = tuned_candidates(job, best_of(found))
            found += [scored(each, given, self.settings.seed) for each in tuned]
        return found


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


def _passed_over(found: Sequence[Scored], kept: Scored) -> str:
    """Say which candidate was more accurate on the labels, and why it is not kept; "" for none."""
    best = best_of(found)
    more = best.scores.accuracy - kept.scores.accuracy
    if more <= 0:
        return ""
    return (
        f"; {best.candidate.name} had {100 * more:.1f} points more on these labels, from which it "
        "learnt: within a standard error, that may be luck"
    )


def _note(best: Scored, plainest: Scored, better: Difference | None) -> str:
    shipped = plainest.candidate.words
    if better is None:
        return f"nothing proved better on these labels than {shipped}: it is kept"
    low, high = (100 * end for end in better.interval)
    sure = "" if better.sure else "; that may be chance: label more faces to be sure"
    return (
        f"kept: {best.candidate.words}; {100 * better.accuracy:+.1f} points ({low:+.1f} to "
        f"{high:+.1f}) beside {shipped}{sure}"
    )
