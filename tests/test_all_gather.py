"""Two processes fill their queues with the same rows, in the order of their ranks."""

import multiprocessing
import socket

import pytest
import torch
import torch.distributed as dist

from asdcfer.all_gather import all_gather_rows, keys_of_all_processes
from asdcfer.methods.running_scaler import RunningScaler


def data():
    return torch.randn(6, 2, generator=torch.Generator().manual_seed(0))


def _take_part(rank, port, results):
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    rows = all_gather_rows(torch.full((2, 3), float(rank)).requires_grad_())
    scaler = RunningScaler(2)
    scaler.observe(data()[3 * rank : 3 * rank + 3])
    keys, own = keys_of_all_processes(torch.full((2, 3), float(rank)))
    assert keys.equal(rows)
    assert own.nonzero().tolist() == [[0, 2 * rank], [1, 2 * rank + 1]]
    results.put(
        (
            rank,
            rows.requires_grad,
            rows[:, 0].tolist(),
            scaler.mean.tolist(),
            scaler.variance.tolist(),
            scaler.count.item(),
        )
    )
    dist.destroy_process_group()


def test_one_process_gathers_its_own_rows():
    rows = torch.randn(3, 2)
    assert all_gather_rows(rows) is rows
    assert keys_of_all_processes(rows) == (None, None)


@pytest.mark.slow
def test_two_processes_gather_the_same_rows_and_statistics():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=_take_part, args=(rank, port, results)) for rank in range(2)]
    for worker in workers:
        worker.start()
    answers = sorted(results.get(timeout=120) for _ in workers)
    for worker in workers:
        worker.join(60)
    assert [answer[:3] for answer in answers] == [
        (0, False, [0.0, 0.0, 1.0, 1.0]),
        (1, False, [0.0, 0.0, 1.0, 1.0]),
    ]
    assert answers[0][3:] == answers[1][3:]
    mean, variance, count = (torch.tensor(value, dtype=torch.float64) for value in answers[0][3:])
    torch.testing.assert_close(mean.float(), data().mean(0))
    torch.testing.assert_close(variance.float(), data().var(0, correction=0))
    assert count == 6
