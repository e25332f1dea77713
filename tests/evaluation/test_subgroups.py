import numpy as np
import pytest
from scipy.stats import binom

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import DataError
from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.result import read_result, write_result
from asdcfer.evaluation.subgroups import Subgroups, gap, group_scores, groups_of, wilson
from tests.evaluation.standin import NAMES, toy_model, toy_pack


def grouped_pack(path, groups=("a", "b", None)):
    """Return the toy pack with a column of groups."""
    plain = toy_pack(path.with_name("plain"))
    items = [
        PackItem(
            np.asarray(plain.images[row]),
            plain.ids[row],
            str(plain.split[row]),
            int(plain.labels[row]),
            more={} if (group := groups[row % len(groups)]) is None else {"group": group},
        )
        for row in range(len(plain))
    ]
    write_pack(path, items, expressions=NAMES, source={"kind": "tree", "name": "toy"})
    return load_pack(path)


def test_each_group_is_counted_by_itself(tmp_path) -> None:
    pack, model = grouped_pack(tmp_path / "p"), toy_model()
    context = EvaluationContext(model=model, pack=pack)
    (found,) = Subgroups(least_images=1).run(context)
    assert found.kind == "subgroups"
    assert set(found.groups) == {"a", "b", "(no group)"}
    assert found.accuracy == evaluate_model(context)[0].accuracy
    rows = pack.rows("private")
    for name, group in found.groups.items():
        members = [r for r in rows if groups_of(pack)[r] == name]
        answers = model.probabilities(np.asarray(pack.images[members])).argmax(1).numpy()
        assert group.images == len(members)
        assert group.accuracy == pytest.approx((answers == pack.labels[members]).mean())
    ordered = [group.accuracy for group in found.groups.values()]
    assert ordered == sorted(ordered)
    assert gap(found.groups) == pytest.approx(ordered[-1] - ordered[0])
    assert read_result(write_result(tmp_path / "r.json", found)) == found


def test_small_groups_are_counted_together() -> None:
    groups = ["a"] * 30 + ["b"] * 3 + ["c"] * 2
    found = group_scores(groups, np.ones(35, bool), 20)
    assert {name: group.images for name, group in found.items()} == {"a": 30, "(small groups)": 5}
    alone = group_scores(["a"] * 30 + ["b"], np.ones(31, bool), 20)
    assert set(alone) == {"a", "b"}, "one small group keeps its name"


@pytest.mark.parametrize(("right", "images"), [(0, 9), (9, 9), (40, 100), (1, 3)])
def test_wilsons_interval_is_where_a_test_of_the_share_does_not_reject(right, images) -> None:
    low, high = wilson(right, images)
    share = right / images
    for end in (low, high):
        if 0 < end < 1:
            # By definition the end is as far from the share as 1.96 deviations at that end.
            deviation = (end * (1 - end) / images) ** 0.5
            assert abs(share - end) == pytest.approx(1.959964 * deviation)
    assert low <= share <= high
    assert binom.cdf(right, images, low) > 0.8


def test_a_pack_without_groups_is_refused(tmp_path) -> None:
    context = EvaluationContext(model=toy_model(), pack=toy_pack(tmp_path / "p"))
    with pytest.raises(DataError, match=r"does not say which group .* column 'group'"):
        list(Subgroups().run(context))
    assert gap({}) == 0
