import numpy as np
import pytest

from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.probed_model import probed_model
from asdcfer.evaluation.probes.context import PoolingChoice
from asdcfer.evaluation.probes.linear import LinearProbe
from tests.evaluation.standin import few_labeled, toy_context, toy_pack


@pytest.mark.parametrize("counts", [None, {"train": 90, "test": 30}])
def test_the_model_answers_as_the_probe_did(tmp_path, counts) -> None:
    """With a list that chooses, and with a tenth of training that chooses and is fitted again."""
    pack = toy_pack(tmp_path / "p", counts)
    pooling = PoolingChoice(pooling="grid", arguments={"maps": [0, 1], "cells": [2, 2]})
    context = toy_context(pack, pooling=pooling)
    assert context.roles.refit is (counts is not None)
    chosen = next(iter(LinearProbe().run(context)))
    model = probed_model(context, chosen)
    assert model.encoder.spec.pooling_arguments == {"maps": [0, 1], "cells": [2, 2]}
    found = evaluate_model(EvaluationContext(model=model, pack=pack))[0]
    np.testing.assert_allclose(found.confusion, chosen.confusion)


def test_an_average_over_mirror_images_is_no_model(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    context = toy_context(pack)
    chosen = next(iter(LinearProbe().run(context)))
    with pytest.raises(ValueError, match="tta=features"):
        probed_model(context.updated(tta="features"), chosen)


def test_nor_is_an_answer_for_another_mix(tmp_path) -> None:
    context = toy_context(pack := toy_pack(tmp_path / "p"), task=few_labeled(pack))
    chosen = next(iter(LinearProbe(prior="estimated").run(context)))
    with pytest.raises(ValueError, match="prior=estimated"):
        probed_model(context, chosen)
