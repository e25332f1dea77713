import numpy as np
import pytest

from asdcfer.data.sample import sample_pack
from asdcfer.evaluation.probes.few_labels import FewLabelsProbe, draw_labels
from asdcfer.evaluation.probes.run import run_probes
from tests.evaluation.standin import toy_context, toy_pack


def test_drawn_labels_are_stratified_nested_and_repeat() -> None:
    labels = np.repeat([0, 1, 2], [100, 50, 3])
    rows = np.arange(len(labels))
    small, large = (draw_labels(labels, rows, share=share, seed=4) for share in (0.05, 0.25))
    assert np.bincount(labels[small]).tolist() == [5, 2, 1]
    assert np.bincount(labels[large]).tolist() == [25, 12, 1]
    assert set(small) <= set(large)
    assert np.array_equal(small, draw_labels(labels, rows, share=0.05, seed=4))
    assert not np.array_equal(small, draw_labels(labels, rows, share=0.05, seed=5))
    assert np.bincount(labels[draw_labels(labels, rows, per_class=10)]).tolist() == [10, 10, 3]
    with pytest.raises(ValueError, match="either"):
        draw_labels(labels, rows)
    with pytest.raises(ValueError, match="lie in"):
        draw_labels(labels, rows, share=0.0)


@pytest.mark.slow
def test_results_say_which_labels_they_used(tmp_path) -> None:
    pack = toy_pack(tmp_path / "pack")
    probe = FewLabelsProbe(shares=(0.1, 0.5), per_class=(3,), draws=(0, 1))
    private = [r for r in probe.run(toy_context(pack)) if r.evaluated_on == "private"]
    assert [r.labels_used.images for r in private] == [6, 6, 30, 30, 9, 9]
    assert all(
        r.protocol.chosen_on == "public" and r.training_images == r.labels_used.images
        for r in private
    )
    assert "10% of them" in str(private[0].protocol)
    assert "3 of each expression" in str(private[-1].protocol)
    assert {r.kind for r in private} == {"few_labels"}


@pytest.mark.slow
def test_parts_are_made_of_ferplus_labels_where_votes_are_known() -> None:
    probe = FewLabelsProbe(shares=(0.1,), per_class=(4,))
    found = run_probes(toy_context(sample_pack()), [probe])
    on = [(r.evaluated_on, len(r.expressions)) for r in found if r.evaluated_on != "union"]
    assert on == [("private", 7), ("private", 7), ("ferplus", 8), ("ferplus", 8)]
    assert all(
        "FER+ majority labels" in str(r.protocol) for r in found if r.evaluated_on == "ferplus"
    )
    assert len({r.file_name for r in found}) == len(found)
