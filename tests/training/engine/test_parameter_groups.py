"""Layer-wise decay: which share of the learning rate each block of an encoder gets."""

import pytest
from torch import nn

from asdcfer.models.encoder import Encoder
from asdcfer.training.engine.optimizer import OptimizerOptions, build_optimizer
from asdcfer.training.engine.parameter_groups import rated_parameters


class Blocks(Encoder):
    """A stem and a list of two stages."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Linear(3, 4)
        self.stages = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])


class Network(nn.Module):
    """An encoder, and a head above it."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Blocks()
        self.head = nn.Linear(4, 2)


def test_each_block_learns_more_slowly_than_the_one_above_it() -> None:
    network = Network()
    rated = rated_parameters(network, network.encoder, layer_decay=0.5, encoder_share=0.8)
    assert [each.share for each in rated] == pytest.approx([0.2, 0.4, 0.8, 1.0])
    found = [p for each in rated for p in each.parameters]
    assert len(found) == len({id(p) for p in found}) == sum(1 for _ in network.parameters())
    optimizer = build_optimizer(rated, OptimizerOptions(weight_decay=0.1), 2.0)
    peaks = {id(p): group["peak"] for group in optimizer.param_groups for p in group["params"]}
    assert peaks[id(network.encoder.stem.weight)] == pytest.approx(0.4)
    assert peaks[id(network.head.bias)] == 2.0


def test_without_decay_all_parameters_are_one_part_in_their_own_order() -> None:
    network = Network()
    network.encoder.stem.weight.requires_grad_(False)
    (everything,) = rated_parameters(network, network.encoder)
    trained = [p for p in network.parameters() if p.requires_grad]
    assert all(one is two for one, two in zip(everything.parameters, trained, strict=True))


def test_frozen_blocks_are_left_out() -> None:
    network = Network()
    network.encoder.stem.requires_grad_(False)
    rated = rated_parameters(network, network.encoder, layer_decay=0.5)
    assert [each.share for each in rated] == [0.5, 1.0, 1.0]
