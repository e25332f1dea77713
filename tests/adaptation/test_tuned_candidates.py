"""Fine-tuned candidates: only where labels and time are enough, and from the best frozen one."""

import dataclasses

import numpy as np
import pytest

from asdcfer.adaptation.candidate import scored
from asdcfer.adaptation.folds import folds_of
from asdcfer.adaptation.frozen_candidates import frozen_candidates
from asdcfer.adaptation.stage_store import StageStore
from asdcfer.adaptation.tuned_candidates import TuningJob, tuned_candidates
from asdcfer.training.finetune.options import FinetuneOptions
from tests.adaptation.standin import toy_labels, toy_start
from tests.factories import Heard


@pytest.fixture
def job(tmp_path):
    pack, given = toy_labels(tmp_path / "pack", 45)
    start = toy_start()
    return TuningJob(
        start=start,
        encoders={"shipped": start.encoder},
        pack=pack,
        given=given,
        folds=folds_of(given.labels, given.groups, 2),
        unlabeled=np.zeros(0, np.int64),
        folder=tmp_path / "stages",
        seconds=0.0,
        look=0.001,
        passes=None,
        device="cpu",
        progress=Heard(),
    )


def bases(job, tmp_path):
    store = StageStore(tmp_path / "heads", {})
    found = frozen_candidates(job.start, job.encoders, job.pack, job.given, job.folds, store)
    return [scored(each, job.given) for each in found]


def test_no_time_and_few_labels_are_told(job, tmp_path):
    base = bases(job, tmp_path)[0]
    assert tuned_candidates(job, base) == []
    assert [line.split(":")[0] for line in job.progress.lines] == ["finetuned", "semi_supervised"]
    few = dataclasses.replace(
        job, given=dataclasses.replace(job.given, rows=job.given.rows[:10]), progress=Heard()
    )
    assert tuned_candidates(few, base) == []
    assert "10 labels are too few to fine-tune on" in few.progress.lines[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [0, 1, 2])
def test_each_kind_of_head_can_be_begun_with(job, tmp_path, monkeypatch, kind):
    quick = FinetuneOptions(epochs=1, batch_size=10, classifier_start="own")
    monkeypatch.setattr("asdcfer.adaptation.finetuned._options", lambda labels, epochs: quick)
    job = dataclasses.replace(job, passes=1)
    base = bases(job, tmp_path)[kind]
    (found,) = tuned_candidates(job, base)
    assert (found.name, found.learnt, found.head) == ("finetuned", True, None)
    assert found.logits.shape == (45, 3)
    assert base.candidate.words in found.words
    assert job.progress.stages.keys() == {
        f"finetuned, {which}" for which in ("fold 1 of 2", "fold 2 of 2", "all labels")
    }
    assert not any("epoch" in line for line in job.progress.lines)
