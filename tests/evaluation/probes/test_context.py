import numpy as np
import pytest
from pydantic import ValidationError

from asdcfer.evaluation.probes.context import PoolingChoice
from asdcfer.evaluation.probes.features import embed, repooled
from tests.evaluation.standin import toy_context, toy_encoder, toy_pack


def test_pooling_changes_the_feature_and_nothing_else(tmp_path) -> None:
    pack = toy_pack(tmp_path / "pack")
    context = toy_context(pack, pooling="global")
    assert context.pooling == PoolingChoice(pooling="global")
    rows = pack.rows("public")
    expected = embed(pack.images[rows], repooled(toy_encoder(), "global"))
    np.testing.assert_allclose(context.features(rows), expected, atol=1e-6)
    assert context.feature.pooling == "global"
    assert context.feature.dim == expected.shape[1]
    own = context.updated(pooling=None)
    assert own.feature.pooling == "grid"
    assert own.pack is pack
    assert own.encoder is context.encoder


def test_roles_are_the_packs_unless_a_task_is_given(tmp_path) -> None:
    pack = toy_pack(tmp_path / "pack")
    context = toy_context(pack)
    assert context.roles.test_name == "private"
    few = context.roles.with_train(pack.rows("train")[:6])
    assert context.updated(task=few).roles is few


def test_what_is_no_encoder_is_refused(tmp_path) -> None:
    with pytest.raises(ValidationError, match="encoder"):
        toy_context(toy_pack(tmp_path / "pack"), encoder="light")
