"""One run of `adapt`, step by step: encoders, candidates on them, the one that is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.adaptation.candidate import Difference, Scored, best_of, difference, kept_of, scored
from asdcfer.adaptation.folds import folds_of
from asdcfer.adaptation.frozen_candidates import frozen_candidates
from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.adaptation.kept_model import (
    AdaptedOn,
    model_of_candidate,
    result_of,
    write_encoder,
    write_model,
)
from asdcfer.adaptation.stage_store import StageStore
from asdcfer.adaptation.start_model import StartModel
from asdcfer.adaptation.tuned_candidates import TuningJob, tuned_candidates
from asdcfer.api.adapted_encoder import EncoderJob, adapted_encoders
from asdcfer.api.adapting_record import AdaptingRecord
from asdcfer.api.settings import AdaptSettings
from asdcfer.data.pack import Pack
from asdcfer.data.splits import HELD_OUT_SPLITS
from asdcfer.devices import resolve_device
from asdcfer.evaluation.result import Result, write_result
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import weights_hash
from asdcfer.progress import Progress
from asdcfer.training.pretrain.budget import seconds_of

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


@dataclass(frozen=True)
class AdaptingRun:
    """One adaptation, whose inputs are known to be sound.

    Attributes:
        pack: the faces.
        start: the model that is adapted.
        given: its labels; None adapts the encoder alone.
        count: of folds.
        settings: what is adapted, how long, and how it is chosen.
        record: of the folder.
        progress: is told how far it is.
    """

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
            saw_labels=self.start.saw_labels,
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
