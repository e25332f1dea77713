"""What joint embeddings share: network, momentum copy, and the views they need."""

import torch

from asdcfer.methods.joint_embedding import (
    JointEmbedding,
    MomentumEmbedding,
    MomentumOptions,
    ProjectorOptions,
    projector_of,
)
from tests.factories import small_encoder, some_views
from tests.methods.any_method import HEADS


def test_views_are_embedded_one_by_one():
    method = JointEmbedding(small_encoder(), ProjectorOptions(**HEADS)).eval()
    views = some_views(count=3, views=3)
    embedded = method.embed(views)
    assert [z.shape for z in embedded] == [(3, 16)] * 3
    projection = method.network.projector(method.encoder(views.crops[1]))
    assert torch.equal(embedded[1], projection)


def test_another_projector_takes_the_place_of_the_usual_one():
    encoder = small_encoder()
    head = torch.nn.Linear(encoder.feature_dim, 3)
    method = JointEmbedding(encoder, ProjectorOptions(**HEADS), head)
    assert method.projector is head
    assert projector_of(encoder, ProjectorOptions(projector_layers=1)).layers == 1


def test_at_the_start_both_networks_are_equal_and_share_nothing():
    """Trap 4: momentum copies that forget the projector or the buffers."""
    method = MomentumEmbedding(small_encoder(), MomentumOptions(**HEADS))
    mine = method.network.state_dict(keep_vars=True)
    copy = method.momentum_network.network.state_dict(keep_vars=True)
    assert mine.keys() == copy.keys()
    assert any(name.startswith("projector") for name in mine)
    for name, tensor in mine.items():
        assert torch.equal(tensor, copy[name])
        assert tensor.data_ptr() != copy[name].data_ptr()
        assert not copy[name].requires_grad


def test_the_copy_follows_along_half_a_cosine():
    options = MomentumOptions(**HEADS, momentum_start=0.8, momentum_end=1.0)
    method = MomentumEmbedding(small_encoder(), options)
    weight = method.network.projector.network[0].weight
    copy = method.momentum_network.network.projector.network[0].weight
    with torch.no_grad():
        weight.add_(1.0)
    for progress, moved in ((0.0, 0.2), (0.5, 0.1), (1.0, 0.0)):
        apart = weight - copy
        method.after_step(progress)
        assert torch.allclose(weight - copy, (1 - moved) * apart, atol=1e-6)
    assert all(key.requires_grad is False for key in method.keys(some_views(count=2)))
