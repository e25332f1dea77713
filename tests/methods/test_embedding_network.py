"""The dense head, and networks without one."""

import pytest
import torch
from torch import nn

from asdcfer.methods.embedding_network import DenseHead, EmbeddingNetwork
from tests.factories import small_encoder


def test_cells_of_a_dense_head_lie_where_they_should():
    maps = [torch.zeros(1, 4, 6, 6)]
    maps[0][0, :, 4:, :2] = torch.arange(1.0, 5.0)[:, None, None]
    features, cells = DenseHead([4], map=-1, kind="grid", side=3, dim=2)(maps)
    assert features[0, 6].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert features[0].count_nonzero() == 4
    assert cells.shape == (1, 9, 2)
    parts = DenseHead([4], map=-1, kind="parts", dim=2)
    assert parts(maps)[0].shape == (1, parts.count, 4)
    left, right = (parts.parts.names.index(f"{side} corner") for side in ("left", "right"))
    assert parts(maps)[0][0, left].sum() > 5 * parts(maps)[0][0, right].sum()


def test_a_network_without_a_dense_head_has_no_cells():
    encoder = small_encoder().eval()
    output = EmbeddingNetwork(encoder, nn.Linear(encoder.feature_dim, 4))(torch.zeros(2, 1, 32, 32))
    assert torch.equal(output.feature, encoder(torch.zeros(2, 1, 32, 32)))
    with pytest.raises(ValueError, match="dense head"):
        output.dense()
