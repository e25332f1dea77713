import numpy as np

from asdcfer.evaluation.probes import features
from asdcfer.evaluation.probes.features import extract, repooled
from asdcfer.evaluation.probes.pooled_together import pool_together
from tests.evaluation.standin import toy_encoder, toy_pack

LIMIT = 2**30


def encoders():
    encoder = toy_encoder()
    return [
        repooled(encoder, "grid", {"maps": [0, 1], "cells": [2, 1]}),
        repooled(encoder, "global"),
        repooled(encoder, "flattened"),
    ]


def test_one_pass_leaves_what_each_pooling_would_have_given(tmp_path, monkeypatch) -> None:
    pack = toy_pack(tmp_path / "p")
    lists = [pack.rows("train"), pack.rows("private"), pack.rows("train")[::3]]
    alone = [[extract(e, pack, rows, cache=None) for rows in lists] for e in encoders()]
    seen = []
    assert pool_together(
        encoders(), pack, lists, tmp_path / "c", limit=LIMIT, progress=lambda *n: seen.append(n)
    )
    assert seen[-1] == (84, 84), "each face once, however many lists it is on"
    monkeypatch.setattr(features, "_computed", None)
    for encoder, wanted in zip(encoders(), alone, strict=True):
        for rows, feature in zip(lists, wanted, strict=True):
            found = extract(encoder, pack, rows, cache=tmp_path / "c")
            np.testing.assert_allclose(found, feature, atol=1e-5)


def test_features_that_do_not_fit_are_left_to_the_probes(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p")
    assert not pool_together(encoders(), pack, [pack.rows("train")], tmp_path / "c", limit=1000)
    assert not (tmp_path / "c").exists()
