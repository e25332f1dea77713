"""The recorded step: the same updates as a plain loop, and on a GPU no wait inside a step."""

import contextlib
import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from asdcfer.methods.method import StepResult
from asdcfer.training.captured_step import CapturedStep

ROWS = [torch.tensor([0, 2, 1]), torch.tensor([3, 1, 0]), torch.tensor([2, 3, 3])]


def data(device: str = "cpu") -> torch.Tensor:
    return torch.randn(4, 5, generator=torch.Generator().manual_seed(0)).to(device)


def test_on_a_cpu_it_is_the_plain_loop_with_the_gradient_clipped():
    network = nn.Linear(5, 1)
    twin = copy.deepcopy(network)
    x = data()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    step = CapturedStep(
        lambda rows: StepResult(network(x[rows]).square().mean()),
        optimizer,
        list(network.parameters()),
        clip_norm=0.1,
    )
    other = torch.optim.SGD(twin.parameters(), lr=0.5)
    for rows in ROWS:
        result = step(rows)
        loss = twin(x[rows]).square().mean()
        other.zero_grad()
        loss.backward()
        norm = torch.sqrt(sum(p.grad.square().sum() for p in twin.parameters()))
        for p in twin.parameters():
            p.grad.mul_(min(1.0, 0.1 / float(norm + 1e-6)))
        other.step()
        torch.testing.assert_close(result.loss, loss.detach())
        assert not result.loss.requires_grad
        for a, b in zip(network.parameters(), twin.parameters(), strict=True):
            torch.testing.assert_close(a, b)
    assert step.graph is None


def test_the_call_that_records_returns_what_was_computed(monkeypatch):
    """On a pretended device, whose recording computes nothing."""
    recording = []

    @contextlib.contextmanager
    def graph(*_, **__):
        recording.append(True)
        yield
        recording.clear()

    stream = SimpleNamespace(wait_stream=lambda _: None)
    pretended = {
        "Stream": lambda: stream,
        "stream": lambda _: contextlib.nullcontext(),
        "current_stream": lambda: stream,
        "synchronize": lambda: None,
        "CUDAGraph": SimpleNamespace,
        "graph": graph,
    }
    for name, value in pretended.items():
        monkeypatch.setattr(torch.cuda, name, value)
    network, x = nn.Linear(5, 1), data()

    def loss_of(rows):
        loss = network(x[rows]).square().mean()
        return StepResult(loss * float("nan") if recording else loss)

    optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
    step = CapturedStep(loss_of, optimizer, list(network.parameters()))
    expected = network(x[ROWS[0]]).square().mean().item()
    assert step._record(ROWS[0]).loss.item() == pytest.approx(expected)
    assert step.graph is not None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_replays_follow_new_rows_and_never_wait_for_the_device():
    torch.manual_seed(0)
    network = nn.Linear(5, 1).cuda()
    x = data("cuda")
    rate = torch.tensor(0.01, device="cuda")
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, fused=True, capturable=True)
    step = CapturedStep(
        lambda rows: StepResult(network(x[rows]).square().mean()),
        optimizer,
        list(network.parameters()),
    )
    rows = [one.cuda() for one in ROWS]
    first = step(rows[0]).loss
    assert step.graph is not None
    assert torch.isfinite(first)
    before = network.weight.detach().clone()
    torch.cuda.set_sync_debug_mode("error")
    try:
        losses = [step(one).loss.clone() for one in rows]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert not torch.equal(network.weight, before)
    assert len({round(float(loss), 6) for loss in losses}) == len(rows)
