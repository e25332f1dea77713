"""TermBalance: equal pull on the encoder, measured once, kept by a checkpoint."""

import pytest
import torch

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.methods.asdc import Asdc
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.term_balance import TermBalance
from asdcfer.models.registry import build_encoder
from tests.training.standin import SMALL, SPEC


def norm(loss: torch.Tensor, encoder: torch.nn.Module) -> float:
    parameters = [p for p in encoder.parameters() if p.requires_grad]
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return float(sum(g.square().sum() for g in found if g is not None) ** 0.5)


def test_scaled_terms_pull_equally():
    encoder = torch.nn.Linear(4, 3)
    out = encoder(torch.randn(8, 4))
    losses = {"a": 100 * out.square().mean(), "b": out.abs().mean(), "other": out.sum()}
    balance = TermBalance(["a", "b"], step=1)
    scales = balance(losses, list(encoder.parameters()))
    assert set(scales) == {"a", "b"}
    pulls = [norm(scales[name] * losses[name], encoder) for name in scales]
    assert pulls[0] == pytest.approx(pulls[1], rel=1e-4)
    raw = [norm(losses[name], encoder) for name in scales]
    assert sum(pulls) == pytest.approx(sum(raw), rel=1e-4), "the mean pull stays"


def test_scales_are_measured_in_their_step_and_never_again():
    weight = torch.nn.Parameter(torch.ones(1))
    balance = TermBalance(["a", "b"], step=3)
    seen = []
    for factor in (1.0, 2.0, 4.0, 8.0):
        losses = {"a": factor * weight.sum(), "b": weight.sum()}
        seen.append([float(scale) for scale in balance(losses, [weight]).values()])
    assert seen[:2] == [[1, 1], [1, 1]]
    assert seen[2] == pytest.approx([2.5 / 4, 2.5])
    assert seen[3] == seen[2]
    resumed = TermBalance(["a", "b"], step=3)
    resumed.load_state_dict(balance.state_dict())
    losses = {"a": 50 * weight.sum(), "b": weight.sum()}
    assert [float(s) for s in resumed(losses, [weight]).values()] == seen[2]


def test_a_term_without_gradient_is_named():
    weight = torch.nn.Parameter(torch.ones(1))
    balance = TermBalance(["a", "still"], step=1)
    with pytest.raises(TrainingError, match=r"'still': 0\.0"):
        balance({"a": weight.sum(), "still": torch.zeros(())}, [weight])


@pytest.mark.parametrize("more", [{}, {"w_dense": 1.0, "dense_kind": "grid", "dense_side": 2}])
def test_asdc_balances_all_its_terms(more):
    torch.manual_seed(0)
    options = AsdcOptions(**SMALL, **more, balance_step=2)
    method = Asdc(build_encoder(SPEC), build_encoder(SPEC), options)
    views = Views([torch.randn(8, 1, 16, 16), torch.randn(8, 1, 16, 16)])
    names = ("contrastive", "joint", "query", "key", *(["dense"] if more else []))
    first, second = method.training_step(views), method.training_step(views)
    assert all(float(first.parts[f"scale_{name}"]) == 1 for name in names)
    scales = {name: float(second.parts[f"scale_{name}"]) for name in names}
    assert len(set(scales.values())) == len(names)
    weighed = sum(scales[name] * float(second.parts[name]) for name in names)
    assert float(second.loss.detach()) == pytest.approx(weighed, rel=1e-4)
