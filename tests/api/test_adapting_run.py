"""One adaptation: the faces it learns from, and what is said of the model that is kept."""

import numpy as np
import pytest

from asdcfer import api
from asdcfer.adaptation.candidate import Candidate, Difference, kept_of, scored
from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.api.adapting_record import AdaptingRecord
from asdcfer.api.adapting_run import AdaptingRun, _note, _passed_over
from asdcfer.progress import SILENT
from tests.evaluation.standin import toy_pack


def test_a_candidate_that_is_passed_over_for_want_of_proof_is_told():
    labels = np.arange(40) % 2
    given = GivenLabels(np.arange(40), labels, ("a", "b"), np.arange(40), "")

    def made(name, wrong, learnt):
        said = np.where(np.isin(np.arange(40), wrong), 1 - labels, labels)
        return scored(Candidate(name, name, np.eye(2)[said] * 3.0, "shipped", None, learnt), given)

    shipped = made("shipped", range(10), False)
    lucky, better = made("linear", range(5, 14), True), made("linear", range(5), True)
    assert _passed_over([shipped, lucky], kept_of([shipped, lucky], given.groups)) == (
        "; linear had 2.5 points more on these labels, from which it learnt: within a standard "
        "error, that may be luck"
    )
    assert _passed_over([shipped, better], kept_of([shipped, better], given.groups)) == ""


def test_what_is_kept_is_told_with_its_interval_and_its_doubt():
    labels = np.arange(8) % 2
    given = GivenLabels(np.arange(8), labels, ("a", "b"), np.arange(8), "")

    def made(name):
        return scored(Candidate(name, f"the {name} one", np.eye(2)[labels], "x", None, True), given)

    plain, best = made("shipped"), made("tuned")
    assert _note(plain, plain, None) == (
        "nothing proved better on these labels than the shipped one: it is kept"
    )
    sure = "kept: the tuned one; +12.5 points (+2.0 to +20.0) beside the shipped one"
    assert _note(best, plain, Difference(0.125, (0.02, 0.2))) == sure
    assert _note(best, plain, Difference(0.125, (-0.02, 0.2))) == (
        "kept: the tuned one; +12.5 points (-2.0 to +20.0) beside the shipped one; that may be "
        "chance: label more faces to be sure"
    )


@pytest.mark.parametrize(
    ("counts", "asked", "splits"),
    [
        ({"train": 6, "private": 3}, (), ["train"]),
        ({"train": 6, "private": 3}, ["private"], ["private"]),
        ({"public": 6, "private": 3}, (), ["public", "private"]),
    ],
)
def test_held_out_faces_are_learnt_from_where_they_are_named_or_all(
    tmp_path, counts, asked, splits
):
    pack = toy_pack(tmp_path / "toy", counts)
    settings = api.AdaptSettings(splits=asked)
    run = AdaptingRun(pack, None, None, 0, settings, AdaptingRecord(tmp_path), SILENT)
    assert sorted(run.splits) == sorted(splits)
    assert run.rows.tolist() == pack.rows(*splits).tolist()
