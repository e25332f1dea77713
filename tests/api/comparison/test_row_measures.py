from dataclasses import replace

import numpy as np
import pytest

from asdcfer.api.comparison.row_measures import RowMeasures, faces_of
from asdcfer.api.comparison.training_row import TrainedRow
from asdcfer.data.sample import sample_pack
from asdcfer.errors import DataError
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.linear import LinearProbe
from asdcfer.reporting.comparison_summary import scores
from tests.api.comparison.standin import QUICK
from tests.evaluation.standin import toy_encoder, toy_pack
from tests.evaluation.test_subgroups import grouped_pack
from tests.factories import Heard
from tests.reporting.comparison_rows import row as row_of


def measured(pack, folder, **changes):
    measures = replace(QUICK, **changes)
    row = TrainedRow(toy_encoder(), None, None, "")
    work = RowMeasures(faces_of(pack, measures), measures, folder, "cpu", Heard())
    return work.of(row, 0)


@pytest.mark.slow
def test_every_probe_is_made_of_the_same_two_features(pack, tmp_path) -> None:
    found, transfers = measured(pack, tmp_path, shares=(0.5,), draws=2)
    keys = [key for key, *_ in scores(row_of("a", 0.5, results=found, transfers=transfers))]
    assert set(keys) == {
        *("knn", "linear", "linear_global", "linear_flattened", "each:2", "share:0.5"),
    }
    assert keys.count("share:0.5") == 2
    assert not (tmp_path / "features").exists(), "features are large, and are not kept"
    grid = next(r for r in found if r.kind == "linear")
    context = ProbeContext(
        encoder=toy_encoder(),
        pack=pack,
        pooling={"pooling": "grid", "arguments": grid.feature.arguments},
        cache=None,
    )
    again = next(iter(LinearProbe().run(context)))
    assert (again.accuracy, again.feature.dim) == (grid.accuracy, grid.feature.dim)


@pytest.mark.slow
def test_axes_other_data_and_fine_tuning_are_measured_on_request(tmp_path) -> None:
    grouped, other = grouped_pack(tmp_path / "p"), toy_pack(tmp_path / "other", seed=5)
    found, transfers = measured(
        grouped,
        tmp_path / "row",
        robustness_images=12,
        finetune_epochs=1,
        without_twins=True,
        transfer=(other.path,),
    )
    kinds = {r.kind for r in found}
    assert {"robustness", "subgroups", "finetune"} <= kinds
    assert any(r.twins_removed is not None for r in found)
    assert set(transfers) == {"other"}
    assert transfers["other"].images == 24
    assert all(np.isfinite(r.accuracy) for r in found)


def test_votes_beside_the_sample_give_ferplus() -> None:
    faces = faces_of(sample_pack(), QUICK)
    assert faces.ferplus is not None
    assert faces.twins is None


def test_unlabeled_faces_cannot_be_compared_on(tmp_path) -> None:
    with pytest.raises(DataError, match="has no labels"):
        faces_of(toy_pack(tmp_path / "p", labeled=False), QUICK)
