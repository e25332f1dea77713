import numpy as np
import pytest
import torch

from asdcfer.models.heads import Predictor, Projector

FACES = np.random.default_rng(0).integers(0, 256, (5, 60, 40), np.uint8)


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_projector_has_that_many_linear_layers_and_makes_itself_again(layers):
    projector = Projector(12, 8, 6, layers)
    assert sum(isinstance(m, torch.nn.Linear) for m in projector.modules()) == layers
    assert sum(isinstance(m, torch.nn.BatchNorm1d) for m in projector.modules()) == layers - 1
    again = Projector(**projector.arguments)
    again.load_state_dict(projector.state_dict())
    x = torch.randn(5, 12)
    assert torch.equal(again.eval()(x), projector.eval()(x))


def test_projector_equals_its_formula():
    projector, x = Projector(6, 5, 4).double().eval(), torch.randn(3, 6, dtype=torch.float64)
    hidden, norm, _, last = projector.network
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    h = x @ hidden.weight.T
    h = ((h - norm.running_mean) / (norm.running_var + norm.eps).sqrt()).clamp_min(0)
    torch.testing.assert_close(projector(x), h @ last.weight.T + last.bias)


def test_a_projector_without_layers_is_refused():
    with pytest.raises(ValueError, match="one layer"):
        Projector(4, layers=0)


def test_predictor_keeps_the_width():
    assert Predictor(6, 3)(torch.randn(4, 6)).shape == (4, 6)
