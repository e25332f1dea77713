"""Prototypes: cosines with unit directions."""

import torch
import torch.nn.functional as F

from asdcfer.models.prototypes import Prototypes


def test_the_output_is_the_cosine_with_each_direction():
    prototypes, z = Prototypes(6, 4), torch.randn(5, 6)
    expected = F.cosine_similarity(z[:, None], prototypes.weight[None], dim=2)
    assert torch.allclose(prototypes(z), expected, atol=1e-6)


def test_neither_the_length_of_an_embedding_nor_of_a_row_matters():
    prototypes, z = Prototypes(6, 4), torch.randn(5, 6)
    before = prototypes(z)
    with torch.no_grad():
        prototypes.weight.mul_(7)
    assert torch.allclose(prototypes(3 * z), before, atol=1e-6)


def test_prototypes_that_stand_still_get_no_gradient_and_the_embedding_does():
    prototypes, z = Prototypes(6, 4), torch.randn(5, 6, requires_grad=True)
    learnt, still = prototypes(z), prototypes(z, learnt=False)
    assert torch.equal(learnt, still)
    still[:, 0].sum().backward()
    assert torch.equal(prototypes.weight.grad, torch.zeros(4, 6))
    assert z.grad.abs().sum() > 0
    learnt[:, 0].sum().backward()
    assert prototypes.weight.grad.abs().sum() > 0
